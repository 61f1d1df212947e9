#include "src/pg/packed_answer.hpp"

#include <algorithm>

#include "src/core/loose_events.hpp"
#include "src/core/segment_reader.hpp"
#include "src/core/session_marks.hpp"
#include "src/pg/bytea_reader.hpp"
#include "src/pg/calendar_window.hpp"
#include "src/pg/packed_workers.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

constexpr long kFetched = 4096;  // rows of a cursor at a time
// One more process for every so many events.
constexpr int64 kEventsPerWorker = 500'000;
constexpr int64 kForcedWorkers = 8;
constexpr int kForcedShardBits = 2;

constexpr Oid kKindColumns[] = {INT4OID, INT4OID, TEXTOID};
constexpr Oid kLooseColumns[] = {TEXTOID, TEXTOID, TIMESTAMPTZOID, INT4OID, TEXTOID};

SavedPlan size_plan = {
    "SELECT max(s.shard_bits)::integer, sum(s.events)::bigint, sum(octet_length(s.sessions))::bigint,"
    " min(s.first_time), max(s.last_time)"
    " FROM productgraph.segments s"
    " WHERE s.org_id = $1 AND s.project_id = $2 AND s.week = ANY ($3) AND s.last_time >= $4 AND s.first_time "
    "< $5",
    5,
    {UUIDOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, TIMESTAMPTZOID},
    nullptr};

SavedPlan sessions_plan = {
    "SELECT s.sessions FROM productgraph.segments s"
    " WHERE s.org_id = $1 AND s.project_id = $2 AND s.week = ANY ($3) AND s.last_time >= $4 AND s.first_time "
    "< $5",
    5,
    {UUIDOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, TIMESTAMPTZOID},
    nullptr};

// For tests: workers and shards for them whatever there is to do, as PostgreSQL itself scans tables then.
bool IsParallelForced() {
  return min_parallel_table_scan_size == 0;
}

struct Sizes {
  int shard_bits;
  int64 events;
  int64 session_bytes;
  // Between these times all packed events lie, microseconds since 1970.
  core::Micros first_time;
  core::Micros last_time;
};

// The parameters of the plans above.
struct SegmentParameters {
  explicit SegmentParameters(const PackedRequest& request)
      : values{request.org_id, PointerGetDatum(request.project), PointerGetDatum(request.weeks),
               TimestampTzGetDatum(request.from), TimestampTzGetDatum(request.to)} {}
  Datum values[5];
};

Sizes FindSizes(const PackedRequest& request) {
  const MemoryContext context = CurrentMemoryContext;
  const SegmentParameters parameters(request);
  ExecuteSelect(&size_plan, parameters.values, 1);
  bool none;
  const Datum bits = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &none);
  const Datum events = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &none);
  const Datum session_bytes = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 3, &none);
  const Datum first = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 4, &none);
  const Datum last = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 5, &none);
  Sizes sizes = {0, 0, 0, core::kInfinity, core::kMinusInfinity};
  // Of no segments all are null.
  if (!none) {
    sizes = {DatumGetInt32(bits), DatumGetInt64(events), DatumGetInt64(session_bytes),
             ToUnixMicros(DatumGetTimestampTz(first)), ToUnixMicros(DatumGetTimestampTz(last))};
  }
  SPI_freetuptable(SPI_tuptable);
  MemoryContextSwitchTo(context);
  return sizes;
}

// The columns mask and label of a row.
struct RowMeaning {
  core::StepMask mask;
  bool has_label;
  std::string_view label;
};

RowMeaning MeaningOf(HeapTuple row, TupleDesc description, int mask_column) {
  RowMeaning meaning;
  bool null;
  const Datum mask = SPI_getbinval(row, description, mask_column, &null);
  meaning.mask = null ? 0 : static_cast<core::StepMask>(DatumGetInt32(mask));
  const Datum label = SPI_getbinval(row, description, mask_column + 1, &null);
  meaning.has_label = !null;
  if (!null) meaning.label = TextView(DatumGetTextPP(label));
  return meaning;
}

// Raises an error unless a query's columns are of these types: it may be anybody's.
void CheckColumns(TupleDesc description, std::span<const Oid> types) {
  bool same = description->natts == static_cast<int>(types.size());
  for (int i = 0; same && i < description->natts; ++i)
    same = TupleDescAttr(description, i)->atttypid == types[i];
  if (!same)
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("the columns of a question's source are not as they must be")));
}

// Calls `take` with each row of a query of columns of these types, in the memory context `context`, which is
// reset after each batch. Until it answers false.
template <class Take>
void ForEachRow(const char* query, std::span<const Oid> types, MemoryContext context, Take take) {
  const MemoryContext caller = CurrentMemoryContext;
  const SPIPlanPtr plan = SPI_prepare(query, 0, nullptr);
  if (!plan) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
  const Portal portal = SPI_cursor_open(nullptr, plan, nullptr, nullptr, true);
  if (!portal->tupDesc) elog(ERROR, "a question's source must be a query");
  CheckColumns(portal->tupDesc, types);
  for (bool more = true; more;) {
    SPI_cursor_fetch(portal, true, kFetched);
    MemoryContextSwitchTo(context);
    for (uint64 i = 0; i < SPI_processed && more; ++i)
      more = take(SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
    more = more && SPI_processed > 0;
    SPI_freetuptable(SPI_tuptable);
    MemoryContextReset(context);
    CHECK_FOR_INTERRUPTS();
  }
  SPI_cursor_close(portal);
  SPI_freeplan(plan);
  MemoryContextSwitchTo(caller);
}

class Leader {
 public:
  Leader(const PackedRequest& request, MemoryContext context)
      : request_(request),
        memory_(context),
        meanings_(&memory_),
        kind_values_(&memory_),
        loose_(&memory_),
        loose_ends_(&memory_),
        loose_bytes_(&memory_),
        repeated_(nullptr) {}

  const core::PackedMeanings* meanings() const { return &meanings_; }

  void ReadKinds(MemoryContext scratch) {
    ForEachRow(request_.kinds, kKindColumns, scratch, [&](HeapTuple row, TupleDesc description) {
      bool null;
      const Datum number = SPI_getbinval(row, description, 1, &null);
      const auto kind = static_cast<std::size_t>(static_cast<std::uint16_t>(DatumGetInt32(number)));
      if (null) return true;
      const RowMeaning meaning = MeaningOf(row, description, 2);
      Compute([&] {
        if (kind_values_.size() <= kind) kind_values_.resize(kind + 1, core::kNoValue);
        kind_values_[kind] = ValueOf(meaning);
      });
      return true;
    });
  }

  // False when there are too many.
  bool ReadLoose(MemoryContext scratch) {
    if (!request_.loose) return true;
    ForEachRow(request_.loose, kLooseColumns, scratch, [&](HeapTuple row, TupleDesc description) {
      bool null, no_time;
      const Datum actor = SPI_getbinval(row, description, 1, &null);
      const TimestampTz ts = DatumGetTimestampTz(SPI_getbinval(row, description, 3, &no_time));
      // Infinite times are outside of any range that segments are asked for.
      if (null || no_time || TIMESTAMP_NOT_FINITE(ts)) return true;
      const Datum session = SPI_getbinval(row, description, 2, &null);
      const std::string_view session_id = null ? std::string_view() : TextView(DatumGetTextPP(session));
      const RowMeaning meaning = MeaningOf(row, description, 4);
      const std::string_view name = TextView(DatumGetTextPP(actor));
      const core::Micros micros = ToUnixMicros(ts);
      loose_first_ = std::min(loose_first_, micros);
      loose_last_ = std::max(loose_last_, micros);
      Compute([&] { loose_.Add(name, micros, ValueOf(meaning), core::MakeSessionId(session_id)); });
      return loose_.size() <= kMaxLooseEvents;
    });
    return loose_.size() <= kMaxLooseEvents;
  }

  // Needs PackLoose to have been called.
  void MarkSessions(const Sizes& sizes, MemoryContext scratch) {
    const std::size_t sessions =
        static_cast<std::size_t>(sizes.session_bytes) / sizeof(core::SessionId) + loose_.size();
    repeated_ =
        static_cast<core::RepeatedSessions*>(MemoryContextAlloc(memory_.context(), sizeof(*repeated_)));
    Compute([&] {
      new (repeated_) core::RepeatedSessions(sessions, &memory_);
      for (std::size_t i = 1; i < loose_ends_.size(); i += 2) {
        const std::uint64_t begin = loose_ends_[i - 1];
        if (loose_ends_[i] > begin) See(std::span(loose_bytes_).subspan(begin, loose_ends_[i] - begin));
      }
    });
    const MemoryContext context = CurrentMemoryContext;
    const SegmentParameters parameters(request_);
    const uint64 found = ExecuteSelect(&sessions_plan, parameters.values, 0);
    MemoryContextSwitchTo(scratch);
    for (uint64 i = 0; i < found; ++i) {
      bool null;
      const Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null);
      const bytea* const block = DatumGetByteaPP(value);
      Compute([&] { See(BytesOf(block)); });
      MemoryContextReset(scratch);
      CHECK_FOR_INTERRUPTS();
    }
    SPI_freetuptable(SPI_tuptable);
    MemoryContextSwitchTo(context);
  }

  void PackLoose(int shard_bits) {
    if (loose_.size() == 0) return;
    Compute([&] {
      for (const core::SegmentBytes& segment : loose_.Pack(shard_bits)) {
        for (const auto* bytes : {&segment.content, &segment.sessions}) {
          loose_bytes_.insert(loose_bytes_.end(), bytes->begin(), bytes->end());
          loose_ends_.push_back(loose_bytes_.size());
        }
      }
    });
  }

  core::PackedQuestion* Answer(const Sizes& sizes) {
    auto* const shared = static_cast<SharedQuestion*>(palloc0(sizeof(SharedQuestion)));
    shared->org_id = *DatumGetUUIDP(request_.org_id);
    shared->from = std::max(ToUnixMicros(request_.from), -core::kMaxPackedTime);
    shared->to = std::min(ToUnixMicros(request_.to), core::kMaxPackedTime + 1);
    shared->required = request_.required;
    shared->shard_bits = sizes.shard_bits;
    shared->sessions = request_.sessions;
    shared->type = request_.type;
    shared->window = request_.window;
    shared->is_calendar_window =
        IsCalendarWindow(request_.window, std::min(sizes.first_time, loose_first_),
                         std::max(sizes.last_time, loose_last_), &shared->fixed_window);
    pg_atomic_init_u32(&shared->next_shard, 0);
    Compute([&] { meanings_.SortLabels(); });
    return AnswerInParallel(
        {shared, TextView(request_.project), Weeks(), request_.spec, meanings_.all(), kind_values_,
         repeated_ ? repeated_->words() : std::span<const std::uint64_t>(), loose_ends_, loose_bytes_},
        Workers(sizes));
  }

 private:
  core::EventValue ValueOf(const RowMeaning& meaning) {
    return meanings_.ValueOf(meaning.mask, meaning.has_label ? &meaning.label : nullptr);
  }

  void See(std::span<const std::uint8_t> session_block) {
    try {
      for (const core::SessionId& id : core::ReadSessions(session_block)) repeated_->See(id);
    } catch (const core::Error& error) {
      // Whoever reads the segment says which one it is.
      if (error.code() != core::ErrorCode::kCorruptedSegment) throw;
    }
  }

  std::span<const TimestampTz> Weeks() const {
    return {reinterpret_cast<const TimestampTz*>(ARR_DATA_PTR(request_.weeks)),
            static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(request_.weeks), ARR_DIMS(request_.weeks)))};
  }

  static int Workers(const Sizes& sizes) {
    if (IsInParallelMode() || IsParallelWorker() || IsolationIsSerializable()) return 0;
    const int64 useful = IsParallelForced() ? kForcedWorkers : sizes.events / kEventsPerWorker;
    return static_cast<int>(
        std::min({useful, int64{max_parallel_workers_per_gather}, (int64{1} << sizes.shard_bits) - 1}));
  }

  const PackedRequest& request_;
  MemoryContextResource memory_;
  core::PackedMeanings meanings_;
  std::pmr::vector<core::EventValue> kind_values_;
  core::LooseEvents loose_;
  core::Micros loose_first_ = core::kInfinity;
  core::Micros loose_last_ = core::kMinusInfinity;
  std::pmr::vector<std::uint64_t> loose_ends_;
  std::pmr::vector<std::uint8_t> loose_bytes_;
  core::RepeatedSessions* repeated_;  // null unless the question needs sessions
};

}  // namespace

PackedAnswer AskSegments(const PackedRequest& request) {
  const MemoryContext context = CurrentMemoryContext;
  const MemoryContext scratch = AllocSetContextCreate(context, "rows of a question", ALLOCSET_DEFAULT_SIZES);
  auto* const leader = NewIn<Leader>(context, request, context);
  if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
  MemoryContextSwitchTo(context);
  PackedAnswer answer = {nullptr, leader->meanings()};
  leader->ReadKinds(scratch);
  if (leader->ReadLoose(scratch)) {
    Sizes sizes = FindSizes(request);
    if (IsParallelForced()) sizes.shard_bits = std::max(sizes.shard_bits, kForcedShardBits);
    leader->PackLoose(sizes.shard_bits);
    if (request.sessions) leader->MarkSessions(sizes, scratch);
    answer.question = leader->Answer(sizes);
    Compute([&] { answer.question->Finish(); });
  }
  SPI_finish();
  MemoryContextSwitchTo(context);
  MemoryContextDelete(scratch);
  return answer;
}

}  // namespace productgraph::pg
