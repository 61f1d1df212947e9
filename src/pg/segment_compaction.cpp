#include "src/pg/segment_compaction.hpp"

#include <algorithm>

#include "src/core/segment_merge.hpp"
#include "src/pg/saved_plan.hpp"

namespace productgraph::pg {
namespace {

// With the events of the largest segment of each, which bound those of the segments that a merge makes.
SavedPlan generations_plan = {
    "SELECT generation, sum(events)::bigint, max(events), count(*) FROM productgraph.segments"
    " WHERE org_id = $1 AND project_id = $2 AND week = $3 GROUP BY generation ORDER BY generation",
    3,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID},
    nullptr};

SavedPlan sources_plan = {
    "SELECT generation, shard, content, sessions FROM productgraph.segments"
    " WHERE org_id = $1 AND project_id = $2 AND week = $3 AND generation >= $4"
    " AND shard = $5 >> ($6 - shard_bits) ORDER BY generation",
    6,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT4OID, INT4OID},
    nullptr};

SavedPlan replaced_plan = {
    "DELETE FROM productgraph.segments"
    " WHERE org_id = $1 AND project_id = $2 AND week = $3 AND generation BETWEEN $4 AND $5",
    5,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT8OID},
    nullptr};

SavedPlan merged_plan = {
    "UPDATE productgraph.packed_weeks SET generation = $4, is_ambiguous = is_ambiguous OR $5"
    " WHERE org_id = $1 AND project_id = $2 AND week = $3",
    5,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID, INT8OID, BOOLOID},
    nullptr};

struct Candidates {
  int64 first = 0;     // the generation from which on all are merged; 0 = none
  int64 segments = 0;  // they have
};

int64 Number(uint64 row, int column) {
  bool null;
  return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &null));
}

// The oldest generation that those after it have at least half the events of.
Candidates FindCandidates(const ProjectWeek& of) {
  const Datum values[] = {of.org_id, of.project_id, of.week};
  const uint64 count = ExecuteSelect(&generations_plan, values, 0, false);
  Candidates found;
  int64 later = 0, largest = 0, segments = 0;
  for (uint64 i = count; i-- > 0;) {
    const int64 events = Number(i, 2);
    largest += Number(i, 3);
    segments += Number(i, 4);
    if (largest > static_cast<int64>(core::kMaxSegmentEvents)) break;
    if (i + 1 < count && later * 2 >= events) found = {Number(i, 1), segments};
    later += events;
  }
  SPI_freetuptable(SPI_tuptable);
  return found;
}

core::SegmentReader* OpenSource(const ProjectWeek& of, std::string_view project, uint64 row,
                                std::pmr::memory_resource* memory) {
  const HeapTuple tuple = SPI_tuptable->vals[row];
  const TupleDesc description = SPI_tuptable->tupdesc;
  bool null;
  const SegmentName name = {project, DatumGetTimestampTz(of.week),
                            DatumGetInt64(SPI_getbinval(tuple, description, 1, &null)),
                            DatumGetInt16(SPI_getbinval(tuple, description, 2, &null))};
  const auto content = ByteaSpan(SPI_getbinval(tuple, description, 3, &null));
  const auto sessions = ByteaSpan(SPI_getbinval(tuple, description, 4, &null));
  auto* const reader = static_cast<core::SegmentReader*>(palloc(sizeof(core::SegmentReader)));
  ComputeOnSegment(name, [&] { new (reader) core::SegmentReader(content, sessions, memory); });
  return reader;
}

// Merges what there is of one shard; returns whether the order of some events is not known.
bool MergeShard(const ProjectWeek& of, int64 from, int64 to, int shard, int shard_bits) {
  const MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "merge", ALLOCSET_DEFAULT_SIZES);
  const MemoryContext caller = MemoryContextSwitchTo(context);
  auto* const memory = NewIn<MemoryContextResource>(context, context);
  const Datum values[] = {of.org_id,           of.project_id,        of.week,
                          Int64GetDatum(from), Int32GetDatum(shard), Int32GetDatum(shard_bits)};
  const uint64 count = ExecuteSelect(&sources_plan, values, 0, false);
  bool is_ambiguous = false;
  if (count > 0) {
    const std::string_view project = TextView(DatumGetTextPP(of.project_id));
    auto** const readers = static_cast<core::SegmentReader**>(palloc(sizeof(core::SegmentReader*) * count));
    for (uint64 i = 0; i < count; ++i) readers[i] = OpenSource(of, project, i, memory);
    auto* const writer = static_cast<core::SegmentWriter*>(palloc(sizeof(core::SegmentWriter)));
    const SegmentName name = {project, DatumGetTimestampTz(of.week), from, shard};
    ComputeOnSegment(name, [&] {
      new (writer) core::SegmentWriter(memory);
      core::MergeSegments({readers, count}, shard_bits, static_cast<std::uint32_t>(shard), writer,
                          CancelToken(), memory);
      is_ambiguous = writer->is_ambiguous();
    });
    if (writer->events() > 0) InsertSegment(of, to, shard, shard_bits, writer);
  }
  SPI_freetuptable(SPI_tuptable);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(context);
  return is_ambiguous;
}

}  // namespace

int64 CompactWeek(const ProjectWeek& of, int shard_bits, int64 generation) {
  const Candidates found = FindCandidates(of);
  if (found.first == 0) return 0;
  bool is_ambiguous = false;
  for (int shard = 0; shard < 1 << shard_bits; ++shard) {
    CHECK_FOR_INTERRUPTS();
    is_ambiguous |= MergeShard(of, found.first, generation + 1, shard, shard_bits);
  }
  const Datum replaced[] = {of.org_id, of.project_id, of.week, Int64GetDatum(found.first),
                            Int64GetDatum(generation)};
  ExecuteChange(&replaced_plan, replaced, SPI_OK_DELETE);
  const Datum merged[] = {of.org_id, of.project_id, of.week, Int64GetDatum(generation + 1),
                          BoolGetDatum(is_ambiguous)};
  ExecuteChange(&merged_plan, merged, SPI_OK_UPDATE);
  return found.segments;
}

}  // namespace productgraph::pg
