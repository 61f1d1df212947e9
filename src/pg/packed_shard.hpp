// One process's share of a question at segments: shard after shard, until none is left.
#pragma once

#include <cstdint>
#include <span>

#include "src/core/packed_questions.hpp"
#include "src/pg/boundary.hpp"

namespace productgraph::pg {

// What all processes know. Lies in shared memory; what varies in size follows it.
struct SharedQuestion {
  pg_uuid_t org_id;
  std::int64_t from;  // microseconds since 1970
  std::int64_t to;
  std::uint32_t required;
  std::int32_t shard_bits;
  bool sessions;
  core::QuestionType type;
  bool is_calendar_window;  // of two forms of the window the first counts
  Interval window;
  core::Micros fixed_window;
  pg_atomic_uint32 next_shard;
};

struct QuestionParts {
  SharedQuestion* shared;
  std::string_view project;
  std::span<const TimestampTz> weeks;
  std::span<const std::uint8_t> spec;
  std::span<const core::EventMeaning> meanings;
  std::span<const core::EventValue> kind_values;     // of each kind of the project
  std::span<const std::uint64_t> repeated_sessions;  // for core::MarkedSessions
  // Of each shard the segment of events not packed: where it and its sessions end in `loose`, one after the
  // other.
  std::span<const std::uint64_t> loose_ends;
  std::span<const std::uint8_t> loose;
};

// Answers shards until none is left. Runs SQL. The question lives in the current memory context.
core::PackedQuestion* AnswerShards(const QuestionParts& parts);

}  // namespace productgraph::pg
