// Reads the body of POST /v1/events into events, without judging them.
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "src/core/event.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

enum class BodyFormat {
  kJson,    // {"events":[…]}, other members ignored, or a bare array
  kNdjson,  // one event a line; a broken line costs that event only
  kEvent,   // a single event object
};

struct ReadLimits {
  std::size_t body_bytes = 10 * 1024 * 1024;
  std::size_t events = 1000;
  std::size_t event_bytes = 100 * 1024;  // a larger event is rejected alone
  int depth = 64;                        // of objects and arrays inside an event
  std::size_t number_chars = 128;        // of a number in metadata and unknown fields
};

// Why a request cannot be read at all.
struct RequestError {
  ErrorCode code;
  std::string_view message;
};

struct ReadResult {
  explicit ReadResult(std::pmr::memory_resource* memory) : events(memory) {}

  std::pmr::vector<Event> events;
  std::optional<RequestError> error;  // then there are no events
};

// Everything in `result` is allocated from `memory`, which should release all at once; that is at most about
// ten times the size of the body. Events that cannot be judged (no object, too large, too deep, a number no
// database holds) come back with a violation; what is nested deeper than 10,000 levels is not read at all. A
// lone surrogate escape is read as U+FFFD, and so is U+0000 outside of identifiers, with a warning: neither
// can be stored. Keys given twice: the last one counts, as in jsonb. Throws bad_alloc, Error(kStopped).
void ReadEvents(std::string_view body, BodyFormat format, const ReadLimits& limits, const StopToken& stop,
                std::pmr::memory_resource* memory, ReadResult* result);

}  // namespace productgraph::core
