// Whose request is being served: taken from its headers, kept while it is handled, passed on to other
// services.
#pragma once

#include <string>
#include <string_view>

#include "productgraph/export.hpp"

namespace productgraph {

inline constexpr std::string_view kSessionIdHeader = "X-Session-ID";
inline constexpr std::string_view kRequestIdHeader = "X-Request-ID";
inline constexpr std::string_view kUserIdHeader = "X-User-ID";

// Empty means unknown. Events get these where they have no values of their own: as session.id, request.id and
// user.id.
struct Correlation {
  std::string session_id;
  std::string request_id;
  std::string user_id;
};

// The correlation of a request with these headers ("" for those it lacks). Session and user ids of more than
// 255 bytes, request ids of more than 128, and those with other than printable ASCII count as lacking. Who
// has no request id gets one. X-User-ID is believed: strip it where requests come from outside.
PRODUCTGRAPH_API Correlation ReadCorrelation(std::string_view session_id, std::string_view request_id,
                                             std::string_view user_id);

// The same with `header`, which returns the value of the header it is given the name of, as the request of
// any HTTP library can: [&](std::string_view name) { return request[name]; }
template <class Header>
Correlation CorrelationOf(Header&& header) {
  const auto session_id = header(kSessionIdHeader);
  const auto request_id = header(kRequestIdHeader);
  const auto user_id = header(kUserIdHeader);
  const auto view = [](const auto& value) { return std::string_view(value.data(), value.size()); };
  return ReadCorrelation(view(session_id), view(request_id), view(user_id));
}

// Calls `set(name, value)` for each header that a request to another service should carry.
template <class Set>
void ForEachHeader(const Correlation& correlation, Set&& set) {
  if (!correlation.session_id.empty()) set(kSessionIdHeader, std::string_view(correlation.session_id));
  if (!correlation.request_id.empty()) set(kRequestIdHeader, std::string_view(correlation.request_id));
  if (!correlation.user_id.empty()) set(kUserIdHeader, std::string_view(correlation.user_id));
}

// While it lives, what this thread tracks belongs to that request. Scopes nest, and end on the thread where
// they began; code that moves between threads (coroutines, callbacks) gives its Correlation to Track()
// instead.
class PRODUCTGRAPH_API CorrelationScope {
 public:
  explicit CorrelationScope(Correlation correlation) noexcept;
  ~CorrelationScope();
  CorrelationScope(const CorrelationScope&) = delete;
  CorrelationScope& operator=(const CorrelationScope&) = delete;

 private:
  const Correlation correlation_;
  const Correlation* const outer_;
};

// That of the innermost scope of this thread; an empty one outside of all.
PRODUCTGRAPH_API const Correlation& CurrentCorrelation() noexcept;

}  // namespace productgraph
