#include "src/core/text_numbers.hpp"

#include <cstring>

namespace productgraph::core {
namespace {

constexpr std::size_t kFirstSlots = 64;  // a power of two

}  // namespace

TextNumbers::TextNumbers(std::pmr::memory_resource* memory)
    : copies_(memory), texts_(memory), slots_(kFirstSlots, 0, memory) {}

void TextNumbers::Grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    std::size_t slot = texts_[i].hash % slots_.size();
    while (slots_[slot] != 0) slot = (slot + 1) % slots_.size();
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

std::uint32_t TextNumbers::Number(std::string_view text, std::uint64_t hash) {
  std::size_t slot = hash % slots_.size();
  for (; slots_[slot] != 0; slot = (slot + 1) % slots_.size()) {
    const Text& known = texts_[slots_[slot] - 1];
    if (known.hash == hash && known.text == text) return slots_[slot] - 1;
  }
  const auto number = static_cast<std::uint32_t>(texts_.size());
  char* const copy = static_cast<char*>(copies_.allocate(text.size() + 1, 1));
  std::memcpy(copy, text.data(), text.size());
  texts_.push_back({hash, {copy, text.size()}});
  slots_[slot] = number + 1;
  if (texts_.size() * 2 > slots_.size()) Grow();
  return number;
}

}  // namespace productgraph::core
