// Middleware for Boost.Beast: what a handler tracks belongs to the request, and the request itself is
// tracked.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <utility>

#include "productgraph/client.hpp"

namespace inventory {

using Request = boost::beast::http::request<boost::beast::http::string_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;

// Answers `request` by `handler`, a function from request to response. What it tracks has the session,
// request and user of the headers; the call is tracked as api.response of `route`; the response tells the
// request's id. A handler that waits asynchronously may continue on another thread: it takes a Correlation
// along instead of relying on the scope.
template <class Handler>
Response Observed(productgraph::Client& client, const char* route, const Request& request,
                  Handler&& handler) {
  const auto correlation = productgraph::CorrelationOf(
      [&](std::string_view name) { return request[boost::beast::string_view(name.data(), name.size())]; });
  const productgraph::CorrelationScope scope(correlation);
  const auto method = request.method_string();
  productgraph::ApiCall call(client, {method.data(), method.size()}, route);
  Response response = std::forward<Handler>(handler)(request);
  call.SetStatus(static_cast<int>(response.result_int()));
  response.set("X-Request-ID", correlation.request_id);
  return response;
}

}  // namespace inventory
