// Text that lives as long as the memory resource it was made in.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory_resource>
#include <string>
#include <string_view>

#include "src/core/utf8.hpp"

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
    if (part.empty()) continue;  // its data() may be null
    std::memcpy(end, part.data(), part.size());
    end += part.size();
  }
  return {text, size};
}

inline std::string_view CopyText(std::pmr::memory_resource* memory, std::string_view text) {
  return JoinText(memory, {text});
}

inline bool HasNul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

// U+FFFD for each U+0000, which JSON can hold but neither text nor jsonb.
inline std::string_view ReplaceNul(std::pmr::memory_resource* memory, std::string_view text) {
  if (!HasNul(text)) return text;
  std::pmr::string clean(memory);
  for (const char c : text) {
    if (c == '\0')
      clean += kReplacementCharacter;
    else
      clean += c;
  }
  return CopyText(memory, clean);
}

}  // namespace productgraph::core
