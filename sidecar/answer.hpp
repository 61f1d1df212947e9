#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http_types.hpp"
#include "metrics.hpp"

namespace productgraph::sidecar {

// What we say, before the headers that every answer shares are added.
struct Answer {
  unsigned status = 200;
  std::string body;
  std::string_view content_type = "application/json";  // points to a literal
  std::vector<std::pair<http::field, std::string>> headers;
  bool close = false;            // the connection cannot be used again
  bool preflight = false;        // gets the CORS headers of a preflight
  std::optional<Bound> reached;  // why it is a refusal, to be counted
};

Answer JsonAnswer(unsigned status, std::string body);

// {"error":{"code","message","request_id"}}, the one shape of errors; with "limit" when it is about one.
Answer ErrorAnswer(unsigned status, std::string_view code, std::string_view message,
                   std::string_view request_id, std::string_view limit = {});

Answer UnavailableAnswer(std::string_view request_id);
Answer OverloadedAnswer(Bound reached, std::string_view request_id);
// 429, with the name of the limit and when to come back.
Answer RateLimitedAnswer(std::string_view limit, std::chrono::nanoseconds wait, std::string_view request_id);
Answer TooLargeAnswer(long long limit_bytes, std::string_view request_id);

}  // namespace productgraph::sidecar
