// pack_week(): the segments of a project's week.
#include <algorithm>
#include <bit>

#include "src/pg/event_scan.hpp"
#include "src/pg/organization.hpp"
#include "src/pg/packed_week.hpp"
#include "src/pg/result_rows.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/segment_compaction.hpp"
#include "src/pg/store_access.hpp"

namespace productgraph::pg {
namespace {

// A shard is the work of one process for a moment: some 100,000 events.
constexpr int64 kShardEvents = 100'000;
// A pass over the rows takes as many events as fit here, or into maintenance_work_mem if that is more.
constexpr int64 kPassBytes = int64{256} << 20;

SavedPlan bits_plan = {
    "SELECT max(shard_bits) FROM productgraph.packed_weeks WHERE org_id = $1 AND project_id = $2",
    2,
    {UUIDOID, TEXTOID},
    nullptr};

SavedPlan packed_plan = {
    "UPDATE productgraph.packed_weeks SET packed_until = $4, shard_bits = $5, generation = $6"
    " WHERE org_id = $1 AND project_id = $2 AND week = $3",
    6,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT2OID, INT8OID},
    nullptr};

SavedPlan too_many_plan = {
    "INSERT INTO productgraph.packed_projects AS p (org_id, project_id, too_many_kinds) VALUES ($1, $2, true)"
    " ON CONFLICT (org_id, project_id) DO UPDATE SET too_many_kinds = true",
    2,
    {UUIDOID, TEXTOID},
    nullptr};

// What the project has, or more for so many events.
int ChooseShardBits(const ProjectWeek& of, int64 events) {
  const Datum values[] = {of.org_id, of.project_id};
  ExecuteSelect(&bits_plan, values, 1, false);
  bool null;
  int bits = DatumGetInt16(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
  SPI_freetuptable(SPI_tuptable);
  while (bits < core::kMaxShardBits && events >> bits > kShardEvents) ++bits;
  return bits;
}

void SetPacked(const ProjectWeek& of, TimestampTz until, int shard_bits, int64 generation) {
  const Datum values[] = {of.org_id,
                          of.project_id,
                          of.week,
                          TimestampTzGetDatum(until),
                          Int16GetDatum(static_cast<int16>(shard_bits)),
                          Int64GetDatum(generation)};
  ExecuteChange(&packed_plan, values, SPI_OK_UPDATE);
}

// Questions at a project with that many kinds are not answered from segments.
void GiveUp(const ProjectWeek& of) {
  const Datum values[] = {of.org_id, of.project_id};
  ForgetProject(of.org_id, of.project_id);
  ExecuteChange(&too_many_plan, values, SPI_OK_INSERT);
  ereport(WARNING,
          (errmsg("project \"%s\" has more than %u kinds of events, so they are not packed",
                  TextDatumGetCString(of.project_id), core::kMaxKinds),
           errdetail(
               "A kind is a distinct combination of the fields with in_kind of productgraph.event_fields()."),
           errhint("Send paths and names without ids in them, then call productgraph.rebuild_segments().")));
}

// Writes the packer's events as segments of a generation and, where a shard has more than one may hold, of
// later ones. Returns the last of them.
int64 WriteSegments(const EventScan& scan, int64 generation, core::SegmentPacker* packer) {
  int64 at = generation, last = generation;
  int last_shard = -1;
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    const MemoryContext context =
        AllocSetContextCreate(CurrentMemoryContext, "segment", ALLOCSET_DEFAULT_SIZES);
    const MemoryContext caller = MemoryContextSwitchTo(context);
    auto* const memory = NewIn<MemoryContextResource>(context, context);
    auto* const writer = static_cast<core::SegmentWriter*>(palloc(sizeof(core::SegmentWriter)));
    int shard = -1;
    Compute([&] {
      new (writer) core::SegmentWriter(memory);
      const auto written = packer->Write(scan.shard_bits, core::kMaxSegmentEvents / 2, writer);
      if (written) shard = static_cast<int>(*written);
    });
    at = shard == last_shard ? at + 1 : generation;
    last = std::max(last, at);
    if (shard >= 0) InsertSegment(scan.of, at, shard, scan.shard_bits, writer);
    last_shard = shard;
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(context);
    if (shard < 0) return last;
  }
}

// One pass over the rows for some of the shards. Returns how many events it packed; none when there are too
// many kinds.
int64 PackShards(const EventScan& scan, int64 most, KindTable* kinds, int64* generation,
                 int64 first_generation) {
  const MemoryContext context =
      AllocSetContextCreate(CurrentMemoryContext, "packing", ALLOCSET_DEFAULT_SIZES);
  const MemoryContext caller = MemoryContextSwitchTo(context);
  auto* const memory = NewIn<MemoryContextResource>(context, context);
  auto* const packer = static_cast<core::SegmentPacker*>(palloc(sizeof(core::SegmentPacker)));
  Compute([&] { new (packer) core::SegmentPacker(static_cast<std::size_t>(most), memory); });
  ScanEvents(scan, kinds, packer);
  int64 packed = 0;
  if (!kinds->is_full()) {
    packed = static_cast<int64>(packer->events());
    *generation = std::max(*generation, WriteSegments(scan, first_generation, packer));
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(context);
  return packed;
}

// Packs the rows of [scan.received_from, scan.received_before) into a new generation; false when there are
// too many kinds.
bool PackRows(EventScan scan, int64 events, int64* generation, int64* packed) {
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const kinds = static_cast<KindTable*>(palloc(sizeof(KindTable)));
  Compute([&] { new (kinds) KindTable(memory); });
  kinds->Load(scan.of.org_id, scan.of.project_id);
  const int64 budget =
      std::max<int64>(kPassBytes, int64{maintenance_work_mem} * 1024) / core::SegmentPacker::kBytesPerEvent;
  const std::uint32_t shards = 1u << scan.shard_bits;
  const auto passes =
      static_cast<std::uint32_t>(std::clamp<int64>((events + budget - 1) / budget, 1, shards));
  const int64 first_generation = *generation + 1;
  for (std::uint32_t pass = 0; pass < passes; ++pass) {
    scan.first_shard = shards * pass / passes;
    scan.last_shard = shards * (pass + 1) / passes - 1;
    scan.rows_before = events * pass;
    scan.rows_in_all = events * passes;
    *packed += PackShards(scan, events / passes + 1, kinds, generation, first_generation);
    if (kinds->is_full()) return false;
  }
  kinds->StoreNew(scan.of.org_id, scan.of.project_id);
  return true;
}

struct Work {
  int64 packed = 0;
  int64 merged = 0;
};

Work PackWeek(const ProjectWeek& of, int64 events, TimestampTz until) {
  Work work;
  if (!KeepOrganization(of.org_id) || !TryKeepProject(of)) return work;
  const WeekState state = TakeWeek(of);
  if (state.packed_until >= until) return work;
  EventScan scan = {of, state.packed_until, until, ChooseShardBits(of, events), 0, 0, 0, 0};
  int64 generation = state.generation;
  if (!PackRows(scan, events, &generation, &work.packed)) {
    GiveUp(of);
    return Work();
  }
  SetPacked(of, until, scan.shard_bits, generation);
  work.merged = CompactWeek(of, scan.shard_bits, generation);
  return work;
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(pack_week) {
  const ProjectWeek of = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
  const int64 events = std::max<int64>(PG_GETARG_INT64(3), 0);
  const TimestampTz until = PG_GETARG_TIMESTAMPTZ(4);
  TupleDesc description;
  if (get_call_result_type(fcinfo, nullptr, &description) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "wrong result type");
  const MemoryContext caller = CurrentMemoryContext;
  const StoreAccess access = EnterStore();
  AssignOrganizationOfStore(DatumGetUUIDP(of.org_id));
  BoundWaiting();
  const Work work = PackWeek(of, events, until);
  LeaveStore(access);
  MemoryContextSwitchTo(caller);
  const Datum values[] = {Int64GetDatum(work.packed), Int64GetDatum(work.merged)};
  bool nulls[] = {false, false};
  PG_RETURN_DATUM(
      HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(description), const_cast<Datum*>(values), nulls)));
}
