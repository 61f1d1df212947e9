// The edges between nodes that were travelled: by whom, and how long that took.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/byte_codec.hpp"
#include "src/core/step_rows.hpp"

namespace productgraph::core {

// Nodes are labels, 0 being none.
struct EdgeKey {
  std::int32_t step;
  std::uint32_t node;
  std::uint32_t neighbour;

  bool operator==(const EdgeKey&) const = default;
};

// Distinct edges, numbered from 0. Methods throw bad_alloc.
class EdgeNumbers {
 public:
  explicit EdgeNumbers(std::pmr::memory_resource* memory) : keys_(memory), places_(64, memory) {}

  std::uint32_t NumberOf(const EdgeKey& key) {
    const std::size_t mask = places_.size() - 1;
    for (std::size_t place = Hash(key) & mask;; place = (place + 1) & mask) {
      if (places_[place] == 0) return Add(key, place);
      if (keys_[places_[place] - 1] == key) return places_[place] - 1;
    }
  }
  const std::pmr::vector<EdgeKey>& keys() const { return keys_; }

 private:
  static std::size_t Hash(const EdgeKey& key) {
    std::uint64_t hash = (std::uint64_t{key.node} << 32 | key.neighbour) * 0x9e3779b97f4a7c15;
    hash = (hash ^ hash >> 32 ^ static_cast<std::uint32_t>(key.step)) * 0xd6e8feb86659fd93;
    return hash >> 32;
  }
  std::uint32_t Add(const EdgeKey& key, std::size_t place);

  std::pmr::vector<EdgeKey> keys_;
  // Numbers from 1, 0 = free; a power of two of them, at least twice as many as keys.
  std::pmr::vector<std::uint32_t> places_;
};

struct EdgeSummary {
  std::uint64_t visits = 0;
  std::uint64_t actors = 0;
  double median = 0;         // microseconds, as percentile_cont(0.5) of double precision
  std::int64_t average = 0;  // rounded, half away from zero
  bool has_durations = false;
};

// Memory: 16 bytes a visit, 32 in Summarize. Methods throw bad_alloc.
class EdgeVisits {
 public:
  static constexpr Micros kUnknown = -1;

  explicit EdgeVisits(std::pmr::memory_resource* memory) : numbers_(memory), visits_(memory) {}

  // A duration is not negative, or kUnknown. Returns the number of the edge.
  std::uint32_t Add(const EdgeKey& key, std::uint32_t actor, Micros duration) {
    const std::uint32_t edge = numbers_.NumberOf(key);
    visits_.push_back({edge, actor, duration});
    return edge;
  }
  // By number.
  const std::pmr::vector<EdgeKey>& edges() const { return numbers_.keys(); }
  std::pmr::vector<std::uint64_t> CountByEdge() const;

  // What is known of groups of edges: group_of has the group of each edge, from 0. Actors are below
  // actor_count.
  std::pmr::vector<EdgeSummary> Summarize(std::span<const std::uint32_t> group_of, std::size_t groups,
                                          std::uint32_t actor_count) const;

  void Write(std::pmr::vector<std::uint8_t>* bytes) const;
  // Adds what Write wrote, with `first_actor` added to the number of each actor, which are then below
  // actor_count. Returns the number here of each edge there.
  std::pmr::vector<std::uint32_t> Read(ByteReader* reader, std::uint32_t first_actor,
                                       std::uint32_t actor_count);

 private:
  struct EdgeVisit {
    std::uint32_t edge;
    std::uint32_t actor;
    Micros duration;
  };

  EdgeNumbers numbers_;
  std::pmr::vector<EdgeVisit> visits_;
};

}  // namespace productgraph::core
