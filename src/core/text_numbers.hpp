// Gives each of many texts a number: from 0, in the order in which they are first seen.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace productgraph::core {

// Memory: the texts, and some 40 bytes for each. Methods throw bad_alloc.
class TextNumbers {
 public:
  struct Text {
    std::uint64_t hash;
    std::string_view text;
  };

  explicit TextNumbers(std::pmr::memory_resource* memory);

  // The number of a text, which gets one if it has none. `hash` is always the same for the same text.
  std::uint32_t Number(std::string_view text, std::uint64_t hash);
  const Text& operator[](std::size_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }

 private:
  void Grow();

  std::pmr::monotonic_buffer_resource copies_;
  std::pmr::vector<Text> texts_;
  std::pmr::vector<std::uint32_t> slots_;  // numbers plus one, by hash; 0 = free
};

}  // namespace productgraph::core
