#include "head_error.hpp"

#include <boost/beast/http/error.hpp>

#include <string>

namespace productgraph::sidecar {
namespace {

Answer Describe(const boost::system::error_code& error, std::int64_t max_header_bytes, std::string_view id) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    Answer answer = ErrorAnswer(
        431, "headers_too_large",
        "request line and headers are larger than " + std::to_string(max_header_bytes) + " bytes", id);
    answer.reached = Bound::kMaxHeaderBytes;
    return answer;
  }
  if (error == http::error::bad_version)
    return ErrorAnswer(505, "version_not_supported", "only HTTP/1.1 and 1.0 are spoken here", id);
  return ErrorAnswer(400, "malformed_request", "not a valid HTTP request: " + error.message(), id);
}

}  // namespace

bool IsHttpError(const boost::system::error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_method).category();
}

std::optional<Answer> AnswerToHeadError(const boost::system::error_code& error, bool timed_out,
                                        std::int64_t max_header_bytes, std::string_view request_id) {
  Answer answer;
  if (timed_out) {
    answer = ErrorAnswer(408, "request_timeout", "the headers took too long to arrive", request_id);
    answer.reached = Bound::kHeaderTimeout;
  } else if (IsHttpError(error) && error != http::error::end_of_stream) {
    answer = Describe(error, max_header_bytes, request_id);
  } else {
    return std::nullopt;
  }
  answer.close = true;
  return answer;
}

}  // namespace productgraph::sidecar
