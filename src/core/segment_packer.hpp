// Puts events, which come in any order, into that of segments.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/segment_writer.hpp"
#include "src/core/stop_token.hpp"
#include "src/core/text_numbers.hpp"

namespace productgraph::core {

// Where the row of an event lies in its table.
struct RowPlace {
  std::uint32_t block;
  std::uint16_t offset;
};

struct EventToPack {
  Micros ts;
  std::optional<std::int64_t> sequence;
  std::string_view session_id;
  std::uint16_t kind;
  RowPlace place;
};

// Events that neither time nor sequence puts in order, though it matters: they lie next to each other.
struct EventTie {
  std::size_t first;
  std::size_t count;
};

// Memory: kBytesPerEvent for each event, and some 60 bytes and the name for each actor. Methods throw
// bad_alloc.
class SegmentPacker {
 public:
  static constexpr std::size_t kBytesPerEvent = 44;

  // Room for so many events is made at once, others may follow.
  SegmentPacker(std::size_t events, std::pmr::memory_resource* memory);

  void Add(std::string_view actor, std::uint64_t hash, const EventToPack& event);
  std::size_t events() const { return rows_.size(); }

  // Orders by actor as SegmentWriter wants them, then by time and sequence, events without one last. Once,
  // after all events have been added. Throws Error(kStopped).
  void Sort(const StopToken& stop);

  // After Sort: what is left to be ordered by event_id, and where the rows of those events lie.
  std::span<const EventTie> ties() const { return ties_; }
  RowPlace place(std::size_t position) const {
    const Row& row = rows_[order_[position]];
    return {row.block, row.offset};
  }
  // Puts the events of a tie in the order that `positions` lists them in.
  void Order(const EventTie& tie, std::span<const std::size_t> positions);

  // Writes the events of the next shard that has any, or as many as fit into `most` without parting those of
  // one actor and time. The number of the shard; none when all are written. Throws Error(kInvalidParameter)
  // when more happened to one actor at one time.
  std::optional<std::uint32_t> Write(int shard_bits, std::size_t most, SegmentWriter* writer);

 private:
  struct Row {
    Micros ts;
    std::int64_t sequence;
    std::uint32_t actor;
    std::uint32_t block;
    std::uint16_t offset;
    std::uint16_t kind;
    SessionId session;
    bool has_sequence;
  };

  bool IsBefore(const Row& a, const Row& b) const;
  void SortActor(std::size_t begin, std::size_t end);
  void FindTies(std::size_t begin, std::size_t end);

  TextNumbers actors_;
  std::pmr::vector<Row> rows_;
  std::pmr::vector<std::uint32_t> ranked_;  // actors, in their order
  std::pmr::vector<std::uint32_t> order_;   // rows, in theirs
  std::pmr::vector<EventTie> ties_;
  std::size_t written_ = 0;  // of order_
};

}  // namespace productgraph::core
