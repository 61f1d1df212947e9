// packed_activity(), packed_stickiness(): in which periods actors were active, asked of segments.
#include "src/core/packed_activity.hpp"

#include "src/pg/packed_arguments.hpp"
#include "src/pg/result_rows.hpp"

namespace productgraph::pg {
namespace {

// Arguments after those of the source.
enum Argument { kStarts = kSourceArguments, kNumbers, kAroundNumbers, kBySession, kArguments };

// Null when rows must be asked.
const core::PackedActivity* AskActivity(FunctionCallInfo fcinfo) {
  CheckNotNull(fcinfo, kArguments);
  const core::PackedActivitySpec spec = {PG_GETARG_BOOL(kBySession)};
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const bytes = NewIn<std::pmr::vector<std::uint8_t>>(CurrentMemoryContext, memory);
  Compute([&] { core::AppendValue(spec, bytes); });
  AppendPeriods(fcinfo, kStarts, kNumbers, kAroundNumbers, bytes);
  PackedRequest request = ReadSource(fcinfo);
  request.sessions = spec.by_session;
  request.type = core::QuestionType::kActivity;
  request.spec = *bytes;
  return static_cast<core::PackedActivity*>(AskSegments(request).question);
}

Datum Count(std::uint64_t count) {
  return Int64GetDatum(static_cast<int64>(count));
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(packed_activity) {
  const ResultRows rows = BeginRows(fcinfo);
  const core::PackedActivity* const question = AskActivity(fcinfo);
  if (!question) {
    AddNullRow(rows);
    PG_RETURN_NULL();
  }
  int64 number = question->least();
  for (const core::PeriodActivity& period : question->periods()) {
    const Datum values[] = {Int64GetDatum(number++), Count(period.active),       Count(period.fresh),
                            Count(period.returning), Count(period.resurrecting), Count(period.leaving),
                            Count(period.joining),   Count(period.out_of_7),     Count(period.out_of_30)};
    if (period.active + period.out_of_7 + period.out_of_30 > 0) AddRow(rows, values);
  }
  PG_RETURN_NULL();
}

PRODUCTGRAPH_FUNCTION(packed_stickiness) {
  const ResultRows rows = BeginRows(fcinfo);
  const core::PackedActivity* const question = AskActivity(fcinfo);
  if (!question) {
    AddNullRow(rows);
    PG_RETURN_NULL();
  }
  for (std::size_t periods = 1; periods < question->actors().size(); ++periods) {
    const Datum values[] = {Int32GetDatum(static_cast<int32>(periods)), Count(question->actors()[periods])};
    if (question->actors()[periods] > 0) AddRow(rows, values);
  }
  PG_RETURN_NULL();
}
