// Walks over segments of one shard at once and gathers what each actor did, in the order of time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/segment_reader.hpp"
#include "src/core/session_marks.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

// What an event is to a question: the conditions it meets, and one of the values it is told apart by.
struct EventMeaning {
  StepMask mask = 0;
  std::uint32_t label = 0;  // 0 = none

  bool operator==(const EventMeaning&) const = default;
};

// The number of a meaning, from 0.
using EventValue = std::uint32_t;
inline constexpr EventValue kNoValue = ~EventValue{0};  // it does not matter to the question

struct ScanRow {
  Micros ts;
  EventValue value;
  std::uint32_t session;  // its number among ActorRows::sessions; 0 when the scan was not asked for sessions
};

// What one actor did.
struct ActorRows {
  std::string_view name;
  std::span<const ScanRow> rows;        // by time
  std::span<const SessionId> sessions;  // of the rows, when asked for
  bool ambiguous_ties;  // events of one time may have happened in another order than that of rows
};

// What the questions at segments have in common: each sees one actor after another, in any order, and several
// of them may share the work.
class ActorVisitor {
 public:
  virtual ~ActorVisitor() = default;
  // `actor` and what it points to is gone afterwards. It has at least one row.
  virtual void Visit(const ActorRows& actor) = 0;
};

struct ScanOptions {
  Micros from = -kMaxPackedTime;  // events in [from, to)
  Micros to = kMaxPackedTime + 1;
  bool sessions = false;      // whether rows must tell their sessions
  MarkedSessions repeated{};  // at least the sessions that are in several of the segments
  // By value. Conditions all of which an actor must meet, in whatever events of the segments, to be visited.
  std::span<const EventMeaning> meanings{};
  StepMask required = 0;
  // Only the actors of this shard of 2^shard_bits.
  int shard_bits = 0;
  std::uint32_t shard = 0;
};

// Memory: what the readers need, 32 bytes for each row of the actor that has the most, and 8 × 2^(8 ×
// kind_bytes) bytes a segment.
class SegmentScan {
 public:
  SegmentScan(const ScanOptions& options, std::pmr::memory_resource* memory);

  // Adds a segment; of events at one time those of segments added first come first. `values` has the value of
  // every kind of the project. The bytes must stay. With options.sessions the block of sessions is needed
  // too. Throws what SegmentReader does.
  void Add(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
           std::span<const EventValue> values);

  // Shows the visitor each actor that has rows in the range of time. Once. Throws what SegmentReader, the
  // visitor and the token throw.
  void Run(ActorVisitor* visitor, const StopToken& stop);
  // When Run throws for a segment: which one it was, in the order in which they were added.
  std::size_t reading() const { return reading_; }

 private:
  struct Source {
    Source(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
           std::span<const EventValue> project_values, const ScanOptions& options,
           std::pmr::memory_resource* memory);

    SegmentReader reader;
    std::pmr::vector<EventValue> values;    // of each local kind
    std::pmr::vector<StepMask> conditions;  // that each meets, when any are required
  };

  // A source that is not at its end, and the hash of the actor it stands at.
  struct Place {
    std::uint64_t hash;
    std::size_t source;
  };

  bool Advance(std::size_t source);
  void AdvanceParts();
  void FindParts();
  template <class Kind>
  bool Meets(const Source& source, StepMask* conditions) const;
  bool MayMatter() const;
  template <class Kind, bool kClips>
  void GatherRuns(const Source& source);
  void GatherPart(const Source& source);
  void Gather();
  void NumberSessions(const SegmentReader& reader);
  void MergePart(std::size_t begin);

  const ScanOptions options_;
  std::pmr::memory_resource* const memory_;
  std::pmr::deque<Source> sources_;
  std::pmr::vector<Place> places_;       // by source
  std::pmr::vector<std::size_t> parts_;  // the sources that have events of the actor
  std::pmr::vector<ScanRow> rows_;
  std::pmr::vector<ScanRow> merged_;
  std::size_t row_count_ = 0;
  std::pmr::vector<SessionId> sessions_;
  std::pmr::vector<std::uint32_t> session_numbers_;  // of the sessions of the part being gathered
  bool ambiguous_ = false;
  std::size_t reading_ = 0;
};

}  // namespace productgraph::core
