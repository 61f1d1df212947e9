#pragma once

#include <string>
#include <string_view>

namespace productgraph::sidecar {

// The 32 bytes of the digest.
std::string Sha256(std::string_view text);

}  // namespace productgraph::sidecar
