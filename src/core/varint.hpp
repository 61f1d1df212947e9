// Unsigned integers in as many bytes as they need: seven bits a byte, the lowest first, the highest bit of a
// byte says that more follow.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory_resource>
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

// The same without a branch for each byte, where 8 bytes may be read at any place before `end`.
inline bool GetPaddedVarint(const std::uint8_t** at, const std::uint8_t* end, std::uint64_t* value) {
  const std::uint8_t* const begin = *at;
  if (begin >= end) return false;
  std::uint64_t word;
  std::memcpy(&word, begin, sizeof(word));
  const std::uint64_t ends = ~word & 0x8080808080808080;
  if (ends == 0) [[unlikely]]
    return GetVarint(at, end, value);
  word &= ends ^ (ends - 1);
  word = (word & 0x007f007f007f007f) | (word & 0x7f007f007f007f00) >> 1;
  word = (word & 0x00003fff00003fff) | (word & 0x3fff00003fff0000) >> 2;
  *value = (word & 0x000000000fffffff) | (word & 0x0fffffff00000000) >> 4;
  *at = begin + std::countr_zero(ends) / 8 + 1;
  return *at <= end;
}

}  // namespace productgraph::core
