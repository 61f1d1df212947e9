// packed_attempts(): the attempts at a funnel, asked of segments.
#include <cstring>

#include "src/core/packed_attempt_list.hpp"
#include "src/pg/attempts_request.hpp"
#include "src/pg/chain_times.hpp"
#include "src/pg/result_rows.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// Arguments of packed_attempts(), behind those of AttemptsArgument.
enum Argument { kNamed = kAttemptsArguments, kPeriods };

// The bytes of the spec, and behind them those of the starts of periods, which must be in order.
std::span<const std::uint8_t> SpecBytes(const core::PackedAttemptsSpec& spec, ArrayType* periods) {
  const std::size_t count = static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(periods), ARR_DIMS(periods)));
  if (array_contains_nulls(periods))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a period must not be null")));
  const auto* const starts = reinterpret_cast<const TimestampTz*>(ARR_DATA_PTR(periods));
  auto* const bytes = static_cast<std::uint8_t*>(palloc(sizeof(spec) + sizeof(core::Micros) * count));
  memcpy(bytes, &spec, sizeof(spec));
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && starts[i] < starts[i - 1])
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("periods must be in order")));
    const core::Micros start = ToUnixMicros(starts[i]);
    memcpy(bytes + sizeof(spec) + sizeof(start) * i, &start, sizeof(start));
  }
  return {bytes, sizeof(spec) + sizeof(core::Micros) * count};
}

// In the current memory context, which is reset afterwards.
void AddAttemptRow(const ResultRows& rows, const core::ListedAttempt& attempt, bool named) {
  core::Micros times[core::kMaxSteps];
  for (std::size_t i = 0; i < attempt.times.size(); ++i) times[i] = FromUnixMicros(attempt.times[i]);
  const Datum values[] = {named ? PointerGetDatum(MakeText(attempt.actor)) : Datum{0},
                          ChainTimes(attempt.depth, attempt.skipped, times)};
  const bool nulls[] = {!named, false};
  AddRow(rows, values, nulls);
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(packed_attempts) {
  CheckAttemptsArguments(fcinfo, kPeriods + 1);
  const ResultRows rows = BeginRows(fcinfo);
  core::PackedAttemptsSpec spec = ReadAttemptsSpec(fcinfo);
  // Segments do not know the names of sessions.
  spec.named = PG_GETARG_BOOL(kNamed) && !spec.by_session;
  PackedRequest request = ReadAttemptsRequest(fcinfo, spec);
  request.type = core::QuestionType::kAttempts;
  request.spec = SpecBytes(spec, PG_GETARG_ARRAYTYPE_P(kPeriods));
  const PackedAnswer answer = AskSegments(request);
  if (!answer.question) PG_RETURN_NULL();
  const auto* const list = static_cast<const core::PackedAttemptList*>(answer.question);
  if (list->is_cut()) PG_RETURN_NULL();

  const MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "an attempt", ALLOCSET_DEFAULT_SIZES);
  const MemoryContext context = MemoryContextSwitchTo(scratch);
  core::PackedAttemptList::Cursor cursor(*list);
  core::ListedAttempt attempt;
  bool any = false;
  while (cursor.Next(&attempt)) {
    AddAttemptRow(rows, attempt, spec.named);
    MemoryContextReset(scratch);
    CHECK_FOR_INTERRUPTS();
    any = true;
  }
  MemoryContextSwitchTo(context);
  const Datum no_values[2] = {};
  const bool nulls[] = {true, true};
  if (!any) AddRow(rows, no_values, nulls);
  PG_RETURN_NULL();
}
