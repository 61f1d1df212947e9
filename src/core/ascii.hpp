// Classes of ASCII characters, of which no locale has a say; bytes of other characters are in none of them.
#pragma once

#include <cstddef>
#include <string_view>

namespace productgraph::core {

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool IsLetter(char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
constexpr bool IsAlphanumeric(char c) {
  return IsDigit(c) || IsLetter(c);
}
constexpr bool IsHexDigit(char c) {
  return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
constexpr int HexValue(char c) {
  return IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

// Whether an escape of URLs (%2F) ends right before `at`, and starts at `floor` or later.
constexpr bool HasEscapeBefore(std::string_view text, std::size_t at, std::size_t floor) {
  return at >= floor + 3 && text[at - 3] == '%' && IsHexDigit(text[at - 2]) && IsHexDigit(text[at - 1]);
}

// Whether a word may start at `at`: what stands before, from `floor` on, is neither letter, digit nor
// underscore.
constexpr bool StartsWord(std::string_view text, std::size_t at, std::size_t floor) {
  if (at == floor || HasEscapeBefore(text, at, floor)) return true;
  return !IsAlphanumeric(text[at - 1]) && text[at - 1] != '_';
}

}  // namespace productgraph::core
