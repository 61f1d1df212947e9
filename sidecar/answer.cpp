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
                   std::string_view request_id, std::string_view limit) {
  std::string body = "{\"error\":{\"code\":";
  AppendJsonString(body, code);
  body += ",\"message\":";
  AppendJsonString(body, message);
  body += ",\"request_id\":";
  AppendJsonString(body, request_id);
  if (!limit.empty()) {
    body += ",\"limit\":";
    AppendJsonString(body, limit);
  }
  body += "}}";
  return JsonAnswer(status, std::move(body));
}

Answer UnavailableAnswer(std::string_view request_id) {
  return ErrorAnswer(503, "unavailable", "the database is not available; send the same events again later",
                     request_id);
}

Answer OverloadedAnswer(Bound reached, std::string_view request_id) {
  Answer answer = ErrorAnswer(503, "overloaded",
                              "too many requests are waiting; send the same events again later", request_id);
  answer.reached = reached;
  return answer;
}

Answer RateLimitedAnswer(std::string_view limit, std::chrono::nanoseconds wait, std::string_view request_id) {
  const std::string message =
      "too many requests of one " + std::string(limit) + "; send the same events later";
  Answer answer = ErrorAnswer(429, "rate_limited", message, request_id, limit);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  answer.headers.emplace_back(http::field::retry_after, std::to_string(seconds));
  return answer;
}

Answer TooLargeAnswer(long long limit_bytes, std::string_view request_id) {
  Answer answer = ErrorAnswer(
      413, "body_too_large",
      "the body is larger than " + std::to_string(limit_bytes) + " bytes; send fewer events a request",
      request_id);
  answer.reached = Bound::kMaxBodyBytes;
  return answer;
}

}  // namespace productgraph::sidecar
