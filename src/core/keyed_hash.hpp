// Hashes that stand for a value without telling it: equal for equal values under one secret.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace productgraph::core {

using HashSecret = std::array<std::uint8_t, 16>;

// SipHash-2-4 of 128 bits: without the secret neither can the value be guessed and tried, nor can two
// secrets' hashes be compared. Whoever has the secret can try guesses.
std::array<std::uint8_t, 16> KeyedHash(const HashSecret& secret, std::string_view value);

// The same as stored in place of a text: "h_" and 32 hexadecimal digits.
std::string_view HashText(const HashSecret& secret, std::string_view value,
                          std::pmr::memory_resource* memory);
inline constexpr std::size_t kHashTextSize = 34;

}  // namespace productgraph::core
