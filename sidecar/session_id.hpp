#pragma once

#include <string>

#include "http_types.hpp"

namespace productgraph::sidecar {

// X-Session-ID, which clients are limited by. One that is repeated, longer than 255 bytes or not printable
// ASCII counts as none, and so does none: empty.
std::string SessionIdOf(const RequestHead& head);

}  // namespace productgraph::sidecar
