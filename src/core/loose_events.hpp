// Events that are not packed yet, packed for the time of one question.
#pragma once

#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/core/segment_scan.hpp"
#include "src/core/segment_writer.hpp"

namespace productgraph::core {

// Memory: 48 bytes an event and the names of the actors, until Pack; then the segments. Methods throw
// bad_alloc.
class LooseEvents {
 public:
  explicit LooseEvents(std::pmr::memory_resource* memory);

  // Events of one time must come in the order in which they count. The texts are copied.
  void Add(std::string_view actor, Micros ts, EventValue value, const SessionId& session);
  std::size_t size() const { return events_.size(); }

  // One segment for each of 2^shard_bits shards, whose kinds are the values; empty bytes for a shard without
  // events. Throws Error(kInvalidParameter) for more values than there can be kinds.
  std::pmr::vector<SegmentBytes> Pack(int shard_bits);

 private:
  struct Actor {
    std::string_view name;
    std::uint64_t hash;
  };
  struct Event {
    std::uint32_t actor;
    EventValue value;
    Micros ts;
    SessionId session;
  };

  std::pmr::memory_resource* const memory_;
  std::pmr::monotonic_buffer_resource names_;
  std::pmr::vector<Actor> actors_;
  std::pmr::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::pmr::vector<Event> events_;
};

}  // namespace productgraph::core
