#include "src/core/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace productgraph::core {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ull;
constexpr std::size_t kEscapeSize = 6;  // \uXXXX

bool IsContinuation(unsigned char c) {
  return (c & 0xC0) == 0x80;
}

// Length of the well-formed non-ASCII character at p, 0 when there is none.
std::size_t SequenceLength(const unsigned char* p, std::size_t left) {
  const unsigned char lead = p[0];
  if (lead >= 0xC2 && lead <= 0xDF) return left >= 2 && IsContinuation(p[1]) ? 2 : 0;
  if ((lead & 0xF0) == 0xE0) {
    if (left < 3 || !IsContinuation(p[1]) || !IsContinuation(p[2])) return 0;
    if (lead == 0xE0 && p[1] < 0xA0) return 0;   // overlong
    if (lead == 0xED && p[1] >= 0xA0) return 0;  // surrogate
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (left < 4 || !IsContinuation(p[1]) || !IsContinuation(p[2]) || !IsContinuation(p[3])) return 0;
    if (lead == 0xF0 && p[1] < 0x90) return 0;   // overlong
    if (lead == 0xF4 && p[1] >= 0x90) return 0;  // past U+10FFFF
    return 4;
  }
  return 0;
}

// The value of four hexadecimal digits, -1 when they are not.
int HexValue(const char* digits) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = digits[i];
    int digit;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if (c >= 'a' && c <= 'f')
      digit = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      digit = c - 'A' + 10;
    else
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

// The code unit of the \uXXXX escape at json[at], -1 when there is none.
int EscapedUnit(const char* json, std::size_t size, std::size_t at) {
  if (at + kEscapeSize > size || json[at] != '\\' || json[at + 1] != 'u') return -1;
  return HexValue(json + at + 2);
}

bool IsHighSurrogate(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool IsLowSurrogate(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace

std::size_t FindInvalidUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint64_t word;
    while (i + sizeof(word) <= text.size()) {
      std::memcpy(&word, bytes + i, sizeof(word));
      if (word & kHighBits) break;
      i += sizeof(word);
    }
    if (i >= text.size()) break;
    if (bytes[i] < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = SequenceLength(bytes + i, text.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return text.size();
}

std::size_t CountCharacters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += !IsContinuation(static_cast<unsigned char>(c));
  return count;
}

std::string_view FirstCharacters(std::string_view text, std::size_t limit) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsContinuation(static_cast<unsigned char>(text[i])) && ++count > limit) return text.substr(0, i);
  }
  return text;
}

bool HasControlCharacter(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return true;
  }
  return false;
}

bool MayHaveSurrogateEscapes(std::string_view json) {
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at + 1)) {
    const std::string_view escape = json.substr(at, 3);
    if (escape == "\\ud" || escape == "\\uD") return true;
  }
  return false;
}

std::size_t RepairLoneSurrogateEscapes(char* json, std::size_t size) {
  std::size_t repaired = 0;
  for (std::size_t i = 0; i + 1 < size;) {
    if (json[i] != '\\') {
      ++i;
      continue;
    }
    const int unit = EscapedUnit(json, size, i);
    if (IsHighSurrogate(unit) && IsLowSurrogate(EscapedUnit(json, size, i + kEscapeSize))) {
      i += 2 * kEscapeSize;
    } else if (IsHighSurrogate(unit) || IsLowSurrogate(unit)) {
      std::memcpy(json + i, "\\ufffd", kEscapeSize);
      ++repaired;
      i += kEscapeSize;
    } else {
      i += 2;  // a backslash and what it escapes, so that \\ud800 stays the text it is
    }
  }
  return repaired;
}

}  // namespace productgraph::core
