#include "src/core/id_time.hpp"

#include <array>

namespace productgraph::core {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;
using Digits = std::array<std::uint8_t, 256>;

// What each character stands for, in either case.
constexpr Digits MakeDigits(std::string_view alphabet) {
  Digits digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    const char digit = alphabet[i];
    digits[static_cast<unsigned char>(digit)] = static_cast<std::uint8_t>(i);
    if (digit >= 'A') digits[static_cast<unsigned char>(digit + ('a' - 'A'))] = static_cast<std::uint8_t>(i);
  }
  return digits;
}
constexpr Digits kHex = MakeDigits("0123456789ABCDEF");
constexpr Digits kCrockford = MakeDigits("0123456789ABCDEFGHJKMNPQRSTVWXYZ");

// Nothing when one of the characters is no digit.
std::optional<std::uint64_t> Number(std::string_view text, const Digits& digits, int bits_of_digit) {
  std::uint64_t number = 0;
  std::uint8_t all = 0;
  for (const char character : text) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(character)];
    all |= digit;
    number = number << bits_of_digit | digit;
  }
  // No digit uses the highest bit.
  return all & 0x80 ? std::nullopt : std::optional(number);
}

std::uint32_t OfMilliseconds(std::uint64_t milliseconds) {
  return static_cast<std::uint32_t>(milliseconds / 1000);
}

// Versions 1 and 6 count tenths of microseconds since the Gregorian calendar began, in 1582.
std::uint32_t OfGregorian(std::uint64_t tenths) {
  constexpr std::uint64_t kTenthsPerSecond = 10'000'000;
  constexpr std::uint64_t kSecondsFrom1582To1970 = 12'219'292'800;
  return static_cast<std::uint32_t>(tenths / kTenthsPerSecond - kSecondsFrom1582To1970);
}

// xxxxxxxx-xxxx-Vxxx-xxxx-xxxxxxxxxxxx; only what holds version and time is looked at.
std::optional<std::uint32_t> TimeOfUuid(std::string_view id) {
  if (id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-') return std::nullopt;
  const auto first = Number(id.substr(0, 8), kHex, 4);
  const auto second = Number(id.substr(9, 4), kHex, 4);
  const auto third = Number(id.substr(15, 3), kHex, 4);
  if (!first || !second || !third) return std::nullopt;
  switch (id[14]) {
    case '7':
      return OfMilliseconds(*first << 16 | *second);
    case '6':
      return OfGregorian(*first << 28 | *second << 12 | *third);
    case '1':
      return OfGregorian(*third << 48 | *second << 32 | *first);
    default:
      return std::nullopt;
  }
}

// 48 bits of milliseconds in 10 digits of 5 bits.
std::optional<std::uint32_t> TimeOfUlid(std::string_view id) {
  const auto milliseconds = Number(id.substr(0, 10), kCrockford, 5);
  return milliseconds ? std::optional(OfMilliseconds(*milliseconds)) : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> TimeOfId(std::string_view id) {
  constexpr std::size_t kUuidSize = 36;
  constexpr std::size_t kUlidSize = 26;
  if (id.size() == kUuidSize) return TimeOfUuid(id);
  if (id.size() == kUlidSize) return TimeOfUlid(id);
  return std::nullopt;
}

}  // namespace productgraph::core
