// Packs events into the bytes of a segment.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/core/segment_format.hpp"

namespace productgraph::core {

struct SegmentBytes {
  std::pmr::vector<std::uint8_t> content;
  std::pmr::vector<std::uint8_t> sessions;
};

// Memory: 16 bytes an event until Finish, then the segment's too. Methods throw bad_alloc, and
// Error(kInvalidParameter) for what cannot be packed: actors or times out of order, or too many events.
class SegmentWriter {
 public:
  explicit SegmentWriter(std::pmr::memory_resource* memory);

  // Actors come in the order of ActorHash, then by name.
  void BeginActor(std::string_view name) { BeginActor(name, ActorHash(name)); }
  void BeginActor(std::string_view name, std::uint64_t hash);
  // An event of that actor, none earlier than the one before it. At most kMaxPackedTime from 1970.
  void Add(Micros ts, std::uint16_t kind, const SessionId& session);
  // That the order of events at one time is not known, see kAmbiguousTies.
  void MarkAmbiguous() { ambiguous_ = true; }
  bool is_ambiguous() const { return ambiguous_; }

  std::size_t events() const { return events_.size(); }
  // Ends the writer's life: nothing else may be called afterwards.
  SegmentBytes Finish();

 private:
  struct Event {
    Micros ts;
    std::uint32_t session;  // its number among the actor's
    std::uint16_t kind;
  };
  struct Actor {
    std::uint32_t name_bytes;
    std::uint32_t first_event;
  };
  struct SessionIdHash {
    std::size_t operator()(const SessionId& id) const;
  };

  std::uint32_t SessionNumber(const SessionId& session);
  TimeUnit FindUnit() const;
  void NumberKinds(SegmentHeader* header);
  void EncodeDirectory(SegmentHeader* header);
  void EncodeRun(std::size_t begin, std::size_t end, bool is_new, Micros previous, Micros unit);
  void PutDelta(std::uint64_t delta, int width);
  void FlushDeltas();

  std::pmr::memory_resource* const memory_;
  std::pmr::vector<char> names_;
  std::pmr::vector<Actor> actors_;
  std::pmr::vector<Event> events_;
  std::pmr::vector<SessionId> sessions_;
  std::size_t actor_sessions_ = 0;  // where the sessions of the last actor begin
  // Of the last actor's sessions, once there are many.
  std::pmr::unordered_map<SessionId, std::uint32_t, SessionIdHash> session_numbers_;
  std::uint64_t last_hash_ = 0;
  bool ambiguous_ = false;

  // While finishing.
  std::pmr::vector<std::uint32_t> local_kinds_;
  std::pmr::vector<std::uint16_t> kind_table_;
  std::pmr::vector<std::uint8_t> directory_;
  std::pmr::vector<std::uint8_t> deltas_;
  std::uint64_t pending_ = 0;  // bits of deltas not written yet
  int pending_bits_ = 0;
};

}  // namespace productgraph::core
