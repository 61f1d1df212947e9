// The rules an event must meet. The one place where they are decided: validate_event(), is_valid_event() and
// ingestion all come here.
#pragma once

#include <memory_resource>

#include "src/core/event.hpp"
#include "src/core/timestamp.hpp"

namespace productgraph::core {

// What a project may set for itself.
struct EventRules {
  bool allow_other_types = false;         // event types beyond those of event_types.hpp
  UnixMicros earliest = kFirstTimestamp;  // accepted range of event.timestamp, both ends inclusive
  UnixMicros latest = kLastTimestamp;
};

// Judges a freshly read event and turns its values into what their columns hold. An event without violations
// is valid. Violations come in the order of checking: the event as a whole, the required fields in the order
// of kFields, then the other fields. Optional text that is too long is cut and empty optional text dropped;
// the former leaves a warning. Messages are allocated from `memory`. Throws bad_alloc.
void ApplyRules(const EventRules& rules, std::pmr::memory_resource* memory, Event* event);

}  // namespace productgraph::core
