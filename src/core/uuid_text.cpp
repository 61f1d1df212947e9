#include "src/core/uuid_text.hpp"

#include <cstddef>

namespace productgraph::core {
namespace {

constexpr bool IsDash(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

// The value of a hexadecimal digit in lower case, or 16.
constexpr unsigned DigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  return 16;
}

}  // namespace

bool ParseCanonicalUuid(std::string_view text, std::uint8_t bytes[16]) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0, byte = 0; i < 36; ++byte) {
    if (IsDash(i) && text[i++] != '-') return false;
    const unsigned high = DigitValue(text[i]);
    const unsigned low = DigitValue(text[i + 1]);
    if ((high | low) & 16) return false;
    bytes[byte] = static_cast<std::uint8_t>(high << 4 | low);
    i += 2;
  }
  return true;
}

void FormatUuid(const std::uint8_t bytes[16], char text[36]) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0, byte = 0; i < 36; ++byte) {
    if (IsDash(i)) text[i++] = '-';
    text[i++] = kDigits[bytes[byte] >> 4];
    text[i++] = kDigits[bytes[byte] & 15];
  }
}

}  // namespace productgraph::core
