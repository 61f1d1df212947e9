// Compression of requests.
#pragma once

#include <string>
#include <string_view>

namespace productgraph {

// In gzip format; empty when zlib cannot.
std::string Gzip(std::string_view text);

}  // namespace productgraph
