#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace productgraph::sidecar {

enum class InflateResult { kOk, kTooLarge, kTruncated, kCorrupt };

// Inflates a gzip body (members one after the other are one body) into out, never past limit bytes.
// out is meaningless unless the result is kOk. Throws std::bad_alloc.
InflateResult InflateGzip(std::string_view compressed, std::size_t limit, std::string& out);

}  // namespace productgraph::sidecar
