// Which sessions may have events in more than one place: of several actors, or in several segments.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/segment_format.hpp"

namespace productgraph::core {

// Bits by which a session is recognised: it may be among those that were marked, or is certainly not.
class MarkedSessions {
 public:
  MarkedSessions() = default;
  // A power of two of words, which must outlive this; none = no session is marked.
  explicit MarkedSessions(std::span<const std::uint64_t> words) : words_(words) {}

  bool MayHave(const SessionId& id) const {
    if (words_.empty()) return false;
    const std::uint64_t bit = BitOf(id, words_.size());
    return words_[bit / 64] >> (bit % 64) & 1;
  }
  static std::uint64_t BitOf(const SessionId& id, std::size_t words) {
    std::uint64_t bits;
    std::memcpy(&bits, id.data(), sizeof(bits));
    return bits & (words * 64 - 1);
  }

 private:
  std::span<const std::uint64_t> words_;
};

// Finds the sessions that are seen twice, and one of every 16 others. Memory: 4 bytes a session. Throws
// bad_alloc.
class RepeatedSessions {
 public:
  RepeatedSessions(std::size_t sessions, std::pmr::memory_resource* memory)
      : seen_(std::bit_ceil(sessions / 4 + 1), memory), repeated_(seen_.size(), memory) {}

  void See(const SessionId& id) {
    const std::uint64_t bit = MarkedSessions::BitOf(id, seen_.size());
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    if (seen_[bit / 64] & mask) repeated_[bit / 64] |= mask;
    seen_[bit / 64] |= mask;
  }
  // For MarkedSessions.
  std::span<const std::uint64_t> words() const { return repeated_; }

 private:
  std::pmr::vector<std::uint64_t> seen_;
  std::pmr::vector<std::uint64_t> repeated_;
};

}  // namespace productgraph::core
