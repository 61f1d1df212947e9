// What the events of one batch add to their sessions.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/ingest_batch.hpp"

namespace productgraph::core {

// An event that tells something of its session, and what it tells. Of several the first or the last counts:
// by time, then by event.sequence (none is last), then by what they tell, compared as bytes.
struct TellingEvent {
  bool present = false;
  UnixMicros at = 0;
  bool has_sequence = false;
  std::int64_t sequence = 0;
  std::string_view value;   // empty = none
  std::string_view second;  // likewise
};

// One session's share, which does not depend on the order of the events. Texts are those of the events.
struct SessionPart {
  std::string_view project_id;
  std::string_view session_id;
  UnixMicros started_at = 0;
  UnixMicros ended_at = 0;
  std::int64_t events = 0;
  std::int64_t pages = 0;   // page.view
  std::int64_t errors = 0;  // error
  bool converted = false;
  UnixMicros converted_at = 0;  // the first journey.conversion
  TellingEvent user;            // the last with a user id
  TellingEvent anonymous_user;  // the last with an anonymous one
  TellingEvent entry;           // the first page.view; its page
  TellingEvent exit;            // the last page.view; its page
  TellingEvent journey;         // the last with a journey step; journey and step
};

// The parts of the rows that were stored, by project and session id compared as bytes: an order in which
// concurrent transactions can take sessions without a deadlock. Throws bad_alloc.
std::pmr::vector<SessionPart> FoldSessions(std::span<const IngestRow> rows,
                                           std::pmr::memory_resource* memory);

}  // namespace productgraph::core
