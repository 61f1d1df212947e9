// Asks a question of a project's segments and of its events that are not packed yet, in one snapshot, with
// parallel workers when there is enough to do.
#pragma once

#include <span>

#include "src/core/packed_meanings.hpp"
#include "src/core/packed_questions.hpp"
#include "src/pg/boundary.hpp"

namespace productgraph::pg {

struct PackedRequest {
  Datum org_id;
  text* project;
  // SQL for what the project's kinds mean: kind integer, mask integer, label text. Kinds that do not matter
  // are left out.
  const char* kinds;
  // SQL for the events that are not packed: actor text, session_id text, ts timestamptz, mask integer, label
  // text, those of one time in their order. Null when there are none.
  const char* loose;
  ArrayType* weeks;  // timestamptz[]: the beginnings of the weeks whose segments are read
  TimestampTz from;  // events in [from, to)
  TimestampTz to;
  bool sessions;            // whether the question needs to tell sessions apart
  core::StepMask required;  // actors that have not met all of these conditions need not be visited
  core::QuestionType type;
  Interval window;  // of the question, zero when it has none
  std::span<const std::uint8_t> spec;
};

struct PackedAnswer {
  // With what all have found. Null when more events than kMaxLooseEvents are not packed, so that the question
  // must be asked of rows.
  core::PackedQuestion* question;
  const core::PackedMeanings* meanings;
};

inline constexpr std::size_t kMaxLooseEvents = 2'000'000;

// The answer lives in the current memory context. Runs SQL as the current user, under row-level security.
// Memory besides the question's: 48 bytes an event not packed, and the segments of one shard in each process.
// Raises XX001, naming it, for a segment that is corrupted.
PackedAnswer AskSegments(const PackedRequest& request);

}  // namespace productgraph::pg
