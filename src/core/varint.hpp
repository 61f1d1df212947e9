// Unsigned integers in as many bytes as they need: seven bits a byte, the lowest first, the highest bit of a
// byte says that more follow.
#pragma once

#include <cstdint>
#include <vector>

namespace productgraph::core {

inline constexpr int kMaxVarintBytes = 10;

inline void PutVarint(std::uint64_t value, std::pmr::vector<std::uint8_t>* bytes) {
  while (value >= 0x80) {
    bytes->push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  bytes->push_back(static_cast<std::uint8_t>(value));
}

// Reads one at `*at`, which moves behind it. False when it does not end before `end` or has more than 64
// bits.
inline bool GetVarint(const std::uint8_t** at, const std::uint8_t* end, std::uint64_t* value) {
  const std::uint8_t* next = *at;
  if (next != end && *next < 0x80) [[likely]] {
    *value = *next;
    *at = next + 1;
    return true;
  }
  std::uint64_t sum = 0;
  for (int shift = 0; shift < 64 && next != end; shift += 7) {
    const std::uint64_t byte = *next++;
    if (shift == 63 && byte > 1) return false;
    sum |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = sum;
      *at = next;
      return true;
    }
  }
  return false;
}

}  // namespace productgraph::core
