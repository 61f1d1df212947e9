#pragma once

#include <string>
#include <string_view>

namespace productgraph::sidecar {

// A random UUID (version 4).
std::string MakeRequestId();

// The client's own id when it is 1 to 128 printable ASCII characters, else a new one: ids end up in logs and
// in response headers.
std::string RequestIdOrNew(std::string_view sent);

}  // namespace productgraph::sidecar
