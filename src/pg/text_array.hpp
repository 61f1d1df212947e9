// Arrays of text from SQL.
#pragma once

#include <span>
#include <string_view>

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// The elements of a text[], which point into it; the span is allocated in the current memory context. A null
// among them is an error (22004) that names the array `name`.
std::span<const std::string_view> TextViews(ArrayType* array, const char* name);

}  // namespace productgraph::pg
