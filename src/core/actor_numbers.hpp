// Numbers for the actors that a process visits one after another, so that distinct ones can be counted.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <unordered_map>

#include "src/core/byte_codec.hpp"

namespace productgraph::core {

// Memory: the names of the actors that are met again. Methods throw bad_alloc.
class ActorNumbers {
 public:
  explicit ActorNumbers(std::pmr::memory_resource* memory);

  // The number of another actor, who was not visited before.
  std::uint32_t Next() { return count_++; }
  // Says that the actor of this number is met again, by name.
  void Remember(std::string_view name, std::uint32_t number);
  // Of an actor who was remembered, or another one's.
  std::uint32_t NumberOf(std::string_view name);
  // All numbers are below.
  std::uint32_t count() const { return count_; }

  void Write(std::pmr::vector<std::uint8_t>* bytes) const;
  // Takes over the numbers of another process, all of whose actors are others. Returns what is to be added to
  // each of them.
  std::uint32_t Read(ByteReader* reader);

 private:
  std::pmr::monotonic_buffer_resource texts_;
  std::pmr::unordered_map<std::string_view, std::uint32_t> remembered_;
  std::uint32_t count_ = 0;
};

}  // namespace productgraph::core
