#include "src/core/keyed_hash.hpp"

#include <bit>

#include "src/core/arena_text.hpp"

namespace productgraph::core {
namespace {

// Little-endian, whatever the machine.
std::uint64_t Load(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i) word |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return word;
}

void Store(std::uint64_t word, std::uint8_t* bytes) {
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(word >> (8 * i));
}

struct SipState {
  std::uint64_t a, b, c, d;

  void Mix(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
      c += d, d = std::rotl(d, 16) ^ c;
      a += d, d = std::rotl(d, 21) ^ a;
      c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
    }
  }
  void Absorb(std::uint64_t word) {
    d ^= word;
    Mix(2);
    a ^= word;
  }
  std::uint64_t Squeeze() {
    Mix(4);
    return a ^ b ^ c ^ d;
  }
};

}  // namespace

std::array<std::uint8_t, 16> KeyedHash(const HashSecret& secret, std::string_view value) {
  const std::uint64_t low = Load(secret.data(), 8);
  const std::uint64_t high = Load(secret.data() + 8, 8);
  SipState state{low ^ 0x736f6d6570736575, high ^ 0x646f72616e646f6d ^ 0xee, low ^ 0x6c7967656e657261,
                 high ^ 0x7465646279746573};
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(value.data());
  const std::size_t whole = value.size() / 8 * 8;
  for (std::size_t i = 0; i < whole; i += 8) state.Absorb(Load(bytes + i, 8));
  state.Absorb(Load(bytes + whole, value.size() - whole) | static_cast<std::uint64_t>(value.size()) << 56);
  std::array<std::uint8_t, 16> hash;
  state.c ^= 0xee;
  Store(state.Squeeze(), hash.data());
  state.b ^= 0xdd;
  Store(state.Squeeze(), hash.data() + 8);
  return hash;
}

std::string_view HashText(const HashSecret& secret, std::string_view value,
                          std::pmr::memory_resource* memory) {
  constexpr char kDigits[] = "0123456789abcdef";
  char text[kHashTextSize] = {'h', '_'};
  char* at = text + 2;
  for (const std::uint8_t byte : KeyedHash(secret, value)) {
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 15];
  }
  return CopyText(memory, {text, sizeof(text)});
}

}  // namespace productgraph::core
