#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace productgraph::sidecar {

// A request target in parts: "http://h/v1/events?a=b" gives path "/v1/events" and query "a=b".
struct Target {
  std::string_view path;
  std::string_view query;
};

Target SplitTarget(std::string_view target);

// The first value of a query parameter, percent-decoded and '+' read as a blank; nullopt if it is not there
// or badly encoded.
std::optional<std::string> QueryParameter(std::string_view query, std::string_view name);

}  // namespace productgraph::sidecar
