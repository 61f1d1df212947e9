// Text that lives as long as the memory resource it was made in.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory_resource>
#include <string_view>

namespace productgraph::core {

// The parts, joined. Valid until the resource releases its memory.
inline std::string_view JoinText(std::pmr::memory_resource* memory,
                                 std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  if (size == 0) return {};
  char* const text = static_cast<char*>(memory->allocate(size, 1));
  char* end = text;
  for (const std::string_view part : parts) {
    std::memcpy(end, part.data(), part.size());
    end += part.size();
  }
  return {text, size};
}

inline std::string_view CopyText(std::pmr::memory_resource* memory, std::string_view text) {
  return JoinText(memory, {text});
}

}  // namespace productgraph::core
