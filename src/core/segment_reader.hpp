// Reads the bytes of a segment, actor by actor. They may come from anywhere: whatever is wrong with them is
// an error.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/segment_format.hpp"

namespace productgraph::core {

// Events of one actor in a row that belong to one session.
struct SegmentRun {
  Micros first;               // the time of the first one
  std::uint64_t delta_bit;    // where the deltas of the others begin
  std::uint32_t first_event;  // its number in the segment
  std::uint32_t events;
  std::uint32_t session;  // its number among the actor's
  std::uint32_t width;    // bits of a delta
};

// The ids in a block of sessions. Throws Error(kCorruptedSegment).
std::span<const SessionId> ReadSessions(std::span<const std::uint8_t> bytes);

// The bytes must outlive the reader and stay as they are. Methods throw Error(kCorruptedSegment) and
// bad_alloc. Memory: 32 bytes for each run of the actor with the most.
class SegmentReader {
 public:
  // Checks the checksum, which takes a tenth of a nanosecond a byte, and whether the parts fit together.
  // Without `sessions`, nothing but session() is missing.
  SegmentReader(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
                std::pmr::memory_resource* memory);

  const SegmentHeader& header() const { return header_; }
  // The project's kind for each local one.
  std::span<const std::uint16_t> kinds() const { return kinds_; }

  // Moves to the next actor, at the start to the first one; false behind the last.
  bool Next();

  // The actor.
  std::uint64_t hash() const { return hash_; }
  // Until the next call of Next().
  std::string_view name() const { return name_; }
  std::span<const SegmentRun> runs() const { return {runs_.data(), run_count_}; }
  std::uint32_t events() const { return events_; }
  // Whether the actor comes before that of the other reader.
  bool IsBefore(const SegmentReader& other) const {
    return hash_ != other.hash_ ? hash_ < other.hash_ : name_ < other.name_;
  }
  bool IsSameActor(const SegmentReader& other) const { return hash_ == other.hash_ && name_ == other.name_; }
  const SessionId& session(std::uint32_t number) const { return session_ids_[first_session_ + number]; }
  std::uint32_t sessions() const { return sessions_; }

  // The number of an event's kind in the table kinds(), unless the bytes were forged.
  std::uint32_t LocalKind(std::uint32_t event) const {
    if (header_.kind_bytes == 1) return event_kinds_[event];
    std::uint16_t kind;
    std::memcpy(&kind, event_kinds_ + 2 * std::size_t{event}, sizeof(kind));
    return kind;
  }
  // The project's kind of an event.
  std::uint16_t Kind(std::uint32_t event) const;
  // The local kinds of all events of the segment, kind_bytes each.
  const std::uint8_t* event_kinds() const { return event_kinds_; }

  // The deltas of a run, one after the other: how long after each event the next one is, in microseconds. Of
  // forged bytes any number. There are as many as the run has events, less one.
  class Deltas {
   public:
    Deltas(const SegmentReader& reader, const SegmentRun& run)
        : bytes_(reader.deltas_),
          bit_(run.delta_bit),
          width_(run.width),
          mask_((std::uint64_t{1} << run.width) - 1),
          unit_(static_cast<std::uint64_t>(reader.unit_)) {}
    std::uint64_t Next() {
      std::uint64_t word;
      std::memcpy(&word, bytes_ + bit_ / 8, sizeof(word));
      const std::uint64_t delta = word >> (bit_ % 8) & mask_;
      bit_ += width_;
      return delta * unit_;
    }

   private:
    const std::uint8_t* const bytes_;
    std::uint64_t bit_;
    const std::uint64_t width_;
    const std::uint64_t mask_;
    const std::uint64_t unit_;
  };
  // Throws unless the time of the last event of a run, the sum of its first time and deltas, can be.
  void CheckLast(std::uint64_t ts) const {
    if (static_cast<Micros>(ts) > header_.last_time) ThrowTooLate();
  }
  // The times of all events of a run.
  void Times(const SegmentRun& run, Micros* times) const;

 private:
  std::uint64_t Varint(std::uint64_t most);
  void ReadName();
  void ReadRuns(std::uint32_t count);
  [[noreturn]] static void ThrowTooLate();

  SegmentHeader header_;
  std::span<const std::uint16_t> kinds_;
  const std::uint8_t* at_ = nullptr;  // in the directory
  const std::uint8_t* end_ = nullptr;
  const std::uint8_t* event_kinds_ = nullptr;
  const std::uint8_t* deltas_ = nullptr;
  std::uint64_t delta_bits_ = 0;  // all there are
  std::uint32_t max_width_ = 0;   // of a delta
  std::span<const SessionId> session_ids_;
  Micros unit_ = 1;
  Micros base_ = 0;
  std::uint64_t max_gap_ = 0;  // in units, between the first events of two runs

  std::uint32_t actors_read_ = 0;
  std::uint64_t hash_ = 0;
  std::string_view name_;
  char uuid_[kUuidCharacters];
  std::pmr::vector<std::uint16_t> aligned_kinds_;
  std::pmr::vector<SegmentRun> runs_;  // with room for those of the actor that had most
  std::uint32_t run_count_ = 0;
  std::uint32_t first_event_ = 0;
  std::uint32_t events_ = 0;
  std::uint32_t first_session_ = 0;
  std::uint32_t sessions_ = 0;
  std::uint64_t delta_bit_ = 0;
};

}  // namespace productgraph::core
