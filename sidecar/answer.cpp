#include "answer.hpp"

#include "json_text.hpp"

namespace productgraph::sidecar {

Answer JsonAnswer(unsigned status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

Answer ErrorAnswer(unsigned status, std::string_view code, std::string_view message,
                   std::string_view request_id) {
  std::string body = "{\"error\":{\"code\":";
  AppendJsonString(body, code);
  body += ",\"message\":";
  AppendJsonString(body, message);
  body += ",\"request_id\":";
  AppendJsonString(body, request_id);
  body += "}}";
  return JsonAnswer(status, std::move(body));
}

Answer UnavailableAnswer(std::string_view request_id) {
  return ErrorAnswer(503, "unavailable", "the database is not available; send the same events again later",
                     request_id);
}

Answer OverloadedAnswer(std::string_view request_id) {
  return ErrorAnswer(503, "overloaded", "too many requests are waiting; send the same events again later",
                     request_id);
}

Answer TooLargeAnswer(long long limit_bytes, std::string_view request_id) {
  return ErrorAnswer(
      413, "body_too_large",
      "the body is larger than " + std::to_string(limit_bytes) + " bytes; send fewer events a request",
      request_id);
}

}  // namespace productgraph::sidecar
