#include "src/pg/event_scan.hpp"

#include <algorithm>

#include "src/pg/progress.hpp"
#include "src/pg/row_stream.hpp"
#include "src/pg/store_access.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

enum Column { kActor, kSession, kTime, kSequence, kPlace, kTable, kFirstKindColumn };

struct Taker {
  const EventScan* scan;
  KindTable* kinds;
  core::SegmentPacker* packer;
  Oid table;  // that rows came from: a partition
  const char* step;
  int64 rows;
};

core::RowPlace PlaceOf(ItemPointer place) {
  return {ItemPointerGetBlockNumber(place), ItemPointerGetOffsetNumber(place)};
}

bool TakeEvent(TupleTableSlot* row, void* state) {
  auto* const taker = static_cast<Taker*>(state);
  const EventScan& scan = *taker->scan;
  if (taker->rows++ % kRowsBetweenReports == 0)
    ReportProgress(taker->step, scan.rows_before + taker->rows - 1, scan.rows_in_all);
  const std::string_view actor = TextColumn(row, kActor);
  const std::uint64_t hash = core::ActorHash(actor);
  const std::uint32_t shard = core::ShardOf(hash, scan.shard_bits);
  if (shard < scan.first_shard || shard > scan.last_shard) return true;
  IntegerFields integers;
  const core::KindFields fields = ReadKindFields(row, kFirstKindColumn, &integers);
  core::EventToPack event;
  event.ts = ToUnixMicros(DatumGetTimestampTz(row->tts_values[kTime]));
  if (!row->tts_isnull[kSequence]) event.sequence = DatumGetInt64(row->tts_values[kSequence]);
  event.session_id = TextColumn(row, kSession);
  event.place = PlaceOf(reinterpret_cast<ItemPointer>(DatumGetPointer(row->tts_values[kPlace])));
  taker->table = DatumGetObjectId(row->tts_values[kTable]);
  bool fits = true;
  Compute([&] {
    const std::uint32_t kind = taker->kinds->Number(fields);
    fits = kind < core::kMaxKinds;
    if (!fits) return;
    event.kind = static_cast<std::uint16_t>(kind);
    taker->packer->Add(actor, hash, event);
  });
  return fits;
}

// Of an event whose row may be gone by now; then none.
text* FetchEventId(Relation table, AttrNumber column, core::RowPlace place, TupleTableSlot* row) {
  ItemPointerData at;
  ItemPointerSet(&at, place.block, place.offset);
  if (!table_tuple_fetch_row_version(table, &at, SnapshotAny, row)) return nullptr;
  bool is_null;
  const Datum value = slot_getattr(row, column, &is_null);
  return is_null ? nullptr : DatumGetTextPCopy(value);
}

int CompareIds(const text* a, const text* b, Oid collation) {
  if (!a || !b) return (a != nullptr) - (b != nullptr);
  const std::string_view left = TextView(a), right = TextView(b);
  return varstr_cmp(left.data(), static_cast<int>(left.size()), right.data(), static_cast<int>(right.size()),
                    collation);
}

// Orders by event_id, as ORDER BY timestamp, event_sequence, event_id does.
void OrderTies(Oid table_id, core::SegmentPacker* packer) {
  const Relation table = table_open(table_id, AccessShareLock);
  const AttrNumber column = get_attnum(table_id, "event_id");
  const Oid collation = TupleDescAttr(RelationGetDescr(table), column - 1)->attcollation;
  TupleTableSlot* const row = table_slot_create(table, nullptr);
  struct Tied {
    text* id;
    std::size_t position;
  };
  const MemoryContext tie_context =
      AllocSetContextCreate(CurrentMemoryContext, "events of one time", ALLOCSET_DEFAULT_SIZES);
  for (const core::EventTie& tie : packer->ties()) {
    CHECK_FOR_INTERRUPTS();
    const MemoryContext caller = MemoryContextSwitchTo(tie_context);
    auto* const tied = static_cast<Tied*>(MemoryContextAllocHuge(tie_context, sizeof(Tied) * tie.count));
    auto* const positions =
        static_cast<std::size_t*>(MemoryContextAllocHuge(tie_context, sizeof(std::size_t) * tie.count));
    for (std::size_t i = 0; i < tie.count; ++i)
      tied[i] = {FetchEventId(table, column, packer->place(tie.first + i), row), tie.first + i};
    std::sort(tied, tied + tie.count,
              [&](const Tied& a, const Tied& b) { return CompareIds(a.id, b.id, collation) < 0; });
    for (std::size_t i = 0; i < tie.count; ++i) positions[i] = tied[i].position;
    Compute([&] { packer->Order(tie, {positions, tie.count}); });
    MemoryContextSwitchTo(caller);
    MemoryContextReset(tie_context);
  }
  MemoryContextDelete(tie_context);
  ExecDropSingleTupleTableSlot(row);
  table_close(table, NoLock);
}

}  // namespace

void ScanEvents(const EventScan& scan, KindTable* kinds, core::SegmentPacker* packer) {
  const char* const step = psprintf("packing events of project \"%s\" from the week of %s",
                                    TextDatumGetCString(scan.of.project_id),
                                    timestamptz_to_str(DatumGetTimestampTz(scan.of.week)));
  Taker taker = {&scan, kinds, packer, InvalidOid, step, 0};
  const QueryParameter parameters[] = {{UUIDOID, scan.of.org_id},
                                       {TEXTOID, scan.of.project_id},
                                       {TIMESTAMPTZOID, scan.of.week},
                                       {TIMESTAMPTZOID, TimestampTzGetDatum(scan.received_from)},
                                       {TIMESTAMPTZOID, TimestampTzGetDatum(scan.received_before)}};
  StreamRows(
      psprintf("SELECT coalesce(e.user_id, e.user_anonymous_id, e.session_id), e.session_id, e.timestamp,"
               " e.event_sequence, e.ctid, e.tableoid, %s FROM productgraph.events e"
               " WHERE e.org_id = $1 AND e.project_id = $2 AND e.timestamp >= $3"
               " AND e.timestamp < $3 + interval '168 hours' AND e.received_at >= $4 AND e.received_at < $5",
               KindColumns("e")),
      parameters, TakeEvent, &taker);
  if (kinds->is_full()) return;
  Compute([&] { packer->Sort(CancelToken()); });
  if (!packer->ties().empty()) OrderTies(taker.table, packer);
}

}  // namespace productgraph::pg
