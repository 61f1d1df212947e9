#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/traffic/event.hpp"
#include "bench/traffic/visitor.hpp"

namespace productgraph::bench {

// UUIDs of version 7, which begin with the time of the event as SDKs send it, or of version 4, which are
// random.
enum class EventIds : std::uint8_t { kTimed, kRandom };

// Writes the events of one session as JSON objects. What all of them share is prepared once; writing an event
// only appends to a buffer that the caller reuses. Copyable, and reusable through Begin.
class SessionJson {
 public:
  // key identifies the session among all sessions of a seed.
  void Begin(std::string_view project, const Visitor& visitor, std::uint64_t key, std::int64_t start,
             EventIds ids);
  void Append(const Event& event, std::string* out) const;

 private:
  std::uint64_t key_ = 0;
  EventIds ids_ = EventIds::kTimed;
  Visitor visitor_{};
  std::string head_;        // project and session
  std::string anonymous_;   // who, before the visitor has logged in
  std::string identified_;  // and after
  std::string metadata_;    // the members that every event has
};

}  // namespace productgraph::bench
