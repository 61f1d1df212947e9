// Rows of productgraph.segments.
#pragma once

#include "src/core/segment_reader.hpp"
#include "src/core/segment_writer.hpp"
#include "src/pg/boundary.hpp"
#include "src/pg/bytea_reader.hpp"

namespace productgraph::pg {

// The events of a project with times of one week. Datums of uuid, text and timestamptz; they outlive it.
struct ProjectWeek {
  Datum org_id;
  Datum project_id;
  Datum week;
};

// Which segment bytes are from, for errors.
struct SegmentName {
  std::string_view project;
  TimestampTz week;
  int64 generation;
  int shard;
};

[[noreturn]] void RaiseCorruptedSegment(const SegmentName& name, const char* what);

// Compute for code that reads a segment: what is wrong with its bytes is an error that names it.
template <class Work>
void ComputeOnSegment(const SegmentName& name, Work&& work) {
  const char* wrong = nullptr;
  Compute([&] {
    try {
      work();
    } catch (const core::Error& error) {
      if (error.code() != core::ErrorCode::kCorruptedSegment) throw;
      wrong = error.what();
    }
  });
  if (wrong) RaiseCorruptedSegment(name, wrong);
}

// The bytes of a bytea; a copy in the current memory context when they are compressed or lie apart.
inline std::span<const std::uint8_t> ByteaSpan(Datum value) {
  return BytesOf(DatumGetByteaPP(value));
}

// Finishes a segment and inserts it. Between EnterStore and LeaveStore only, with the organization entered.
void InsertSegment(const ProjectWeek& of, int64 generation, int shard, int shard_bits,
                   core::SegmentWriter* writer);

// Deletes all segments of a week.
void DeleteSegments(const ProjectWeek& of);

}  // namespace productgraph::pg
