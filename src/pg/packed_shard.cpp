#include "src/pg/packed_shard.hpp"

#include "src/core/segment_scan.hpp"
#include "src/pg/bytea_reader.hpp"
#include "src/pg/calendar_window.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// A segment is of the shard when one's range of hashes contains the other's.
SavedPlan segments_plan = {
    "SELECT s.content, CASE WHEN $8 THEN s.sessions END, s.week, s.generation, s.shard, s.shard_bits"
    " FROM productgraph.segments s"
    " WHERE s.org_id = $1 AND s.project_id = $2 AND s.week = ANY ($3) AND s.last_time >= $4 AND s.first_time "
    "< $5"
    " AND s.shard::integer >> greatest(s.shard_bits - $6, 0) = $7 >> greatest($6 - s.shard_bits, 0)"
    " ORDER BY s.week, s.generation, s.shard",
    8,
    {UUIDOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, INT4OID, BOOLOID},
    nullptr};

// Raises what is wrong with the segment of a row.
[[noreturn]] void RaiseCorrupted(const char* problem, HeapTuple row, TupleDesc description,
                                 std::string_view project) {
  char* const week = SPI_getvalue(row, description, 3);
  char* const generation = SPI_getvalue(row, description, 4);
  char* const shard = SPI_getvalue(row, description, 5);
  ereport(
      ERROR,
      (errcode(ERRCODE_DATA_CORRUPTED),
       errmsg("segment %s of shard %s in the week of %s is corrupted: %s", generation, shard, week, problem),
       errdetail("It belongs to project \"%.*s\". The events themselves are not affected.",
                 static_cast<int>(project.size()), project.data()),
       errhint("Run: SELECT productgraph.rebuild_segments(%s, %s);",
               quote_literal_cstr(pnstrdup(project.data(), project.size())), quote_literal_cstr(week))));
  pg_unreachable();
}

ArrayType* WeekArray(std::span<const TimestampTz> weeks) {
  auto* const values = static_cast<Datum*>(palloc(sizeof(Datum) * (weeks.size() + 1)));
  for (std::size_t i = 0; i < weeks.size(); ++i) values[i] = TimestampTzGetDatum(weeks[i]);
  return construct_array(values, static_cast<int>(weeks.size()), TIMESTAMPTZOID, sizeof(TimestampTz),
                         FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

void AddLoose(const QuestionParts& parts, std::uint32_t shard, std::span<const core::EventValue> loose_values,
              core::SegmentScan* scan) {
  if (parts.loose_ends.empty()) return;
  const std::uint64_t* const end = &parts.loose_ends[std::size_t{shard} * 2];
  const std::uint64_t begin = shard == 0 ? 0 : end[-1];
  if (end[0] == begin) return;
  scan->Add(parts.loose.subspan(begin, end[0] - begin), parts.loose.subspan(end[0], end[1] - end[0]),
            loose_values);
}

// In the current memory context, which is reset afterwards.
void AnswerShard(const QuestionParts& parts, std::uint32_t shard,
                 std::span<const core::EventValue> loose_values, ByteaReader* reader,
                 core::PackedQuestion* question) {
  const SharedQuestion& shared = *parts.shared;
  const Datum values[] = {
      UUIDPGetDatum(&shared.org_id),
      PointerGetDatum(cstring_to_text_with_len(parts.project.data(), static_cast<int>(parts.project.size()))),
      PointerGetDatum(WeekArray(parts.weeks)),
      TimestampTzGetDatum(FromUnixMicros(shared.from)),
      TimestampTzGetDatum(FromUnixMicros(shared.to)),
      Int32GetDatum(shared.shard_bits),
      Int32GetDatum(static_cast<int>(shard)),
      BoolGetDatum(shared.sessions)};
  const MemoryContext context = CurrentMemoryContext;
  const uint64 found = parts.weeks.empty() ? 0 : ExecuteSelect(&segments_plan, values, 0);
  SPITupleTable* const table = found > 0 ? SPI_tuptable : nullptr;
  MemoryContextSwitchTo(context);

  auto* const memory = NewIn<MemoryContextResource>(context, context);
  core::ScanOptions options;
  options.from = shared.from;
  options.to = shared.to;
  options.sessions = shared.sessions;
  options.repeated = core::MarkedSessions(parts.repeated_sessions);
  options.meanings = parts.meanings;
  options.required = shared.required;
  options.shard_bits = shared.shard_bits;
  options.shard = shard;
  auto* const scan = NewIn<core::SegmentScan>(context, options, memory);
  const char* problem = nullptr;
  uint64 row = 0;
  reader->Begin(table, found, 2);
  for (; row < found && !problem; ++row) {
    const auto bytes = reader->Read(row, 1);
    const auto session_bytes = reader->Read(row, 2);
    Compute([&] {
      try {
        scan->Add(bytes, session_bytes, parts.kind_values);
      } catch (const core::Error& error) {
        if (error.code() != core::ErrorCode::kCorruptedSegment) throw;
        problem = error.what();
      }
    });
  }
  if (problem) RaiseCorrupted(problem, table->vals[row - 1], table->tupdesc, parts.project);
  Compute([&] { AddLoose(parts, shard, loose_values, scan); });
  std::size_t broken = 0;
  Compute([&] {
    try {
      scan->Run(question, CancelToken());
    } catch (const core::Error& error) {
      if (error.code() != core::ErrorCode::kCorruptedSegment || scan->reading() >= found) throw;
      problem = error.what();
      broken = scan->reading();
    }
    scan->~SegmentScan();
  });
  if (problem) RaiseCorrupted(problem, table->vals[broken], table->tupdesc, parts.project);
  if (table) SPI_freetuptable(table);
}

}  // namespace

core::PackedQuestion* AnswerShards(const QuestionParts& parts) {
  const MemoryContext context = CurrentMemoryContext;
  auto* const memory = NewIn<MemoryContextResource>(context, context);
  core::PackedQuestion* question = nullptr;
  auto* const loose_values = NewIn<std::pmr::vector<core::EventValue>>(context, memory);
  const SharedQuestion& shared = *parts.shared;
  core::CalendarWindow* const calendar =
      shared.is_calendar_window ? NewIn<SessionCalendarWindow>(context, shared.window) : nullptr;
  Compute([&] {
    question = core::MakePackedQuestion(parts.shared->type, parts.spec,
                                        {parts.meanings, core::MarkedSessions(parts.repeated_sessions),
                                         shared.fixed_window, calendar, memory, CancelToken()});
    for (core::EventValue value = 0; value < parts.meanings.size(); ++value) loose_values->push_back(value);
  });
  const MemoryContext shard_context =
      AllocSetContextCreate(context, "segments of a shard", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(shard_context);
  ByteaReader reader(context);
  const std::uint32_t shards = std::uint32_t{1} << parts.shared->shard_bits;
  for (std::uint32_t shard; (shard = pg_atomic_fetch_add_u32(&parts.shared->next_shard, 1)) < shards;) {
    CHECK_FOR_INTERRUPTS();
    AnswerShard(parts, shard, *loose_values, &reader, question);
    MemoryContextReset(shard_context);
  }
  MemoryContextSwitchTo(context);
  MemoryContextDelete(shard_context);
  return question;
}

}  // namespace productgraph::pg
