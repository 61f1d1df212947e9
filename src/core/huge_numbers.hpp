// Keeps RapidJSON from refusing a whole document for one number that no double holds.
#pragma once

#include <memory_resource>
#include <string_view>

namespace productgraph::core {

// A copy of JSON source in which each number that RapidJSON finds too big is another one: 0 if that is its
// value, else one that no double holds either but that RapidJSON reads. Everything else stays as it is.
std::string_view ReplaceHugeNumbers(std::string_view json, std::pmr::memory_resource* memory);

}  // namespace productgraph::core
