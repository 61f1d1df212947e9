// packed_trend(): how many events or actors there are in each period, asked of segments.
#include "src/core/packed_trend.hpp"

#include "src/pg/packed_arguments.hpp"
#include "src/pg/result_rows.hpp"

namespace productgraph::pg {
namespace {

// Arguments after those of the source.
enum Argument { kStarts = kSourceArguments, kNumbers, kAroundNumbers, kUnique, kBySession, kArguments };

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(packed_trend) {
  CheckNotNull(fcinfo, kArguments);
  const ResultRows rows = BeginRows(fcinfo);
  const core::PackedTrendSpec spec = {PG_GETARG_BOOL(kUnique), PG_GETARG_BOOL(kBySession)};
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const bytes = NewIn<std::pmr::vector<std::uint8_t>>(CurrentMemoryContext, memory);
  Compute([&] { core::AppendValue(spec, bytes); });
  AppendPeriods(fcinfo, kStarts, kNumbers, kAroundNumbers, bytes);
  PackedRequest request = ReadSource(fcinfo);
  request.sessions = spec.unique && spec.by_session;
  request.type = core::QuestionType::kTrend;
  request.spec = *bytes;
  const PackedAnswer answer = AskSegments(request);
  const auto* const question = static_cast<core::PackedTrend*>(answer.question);
  if (!question || question->too_many()) {
    AddNullRow(rows);
    PG_RETURN_NULL();
  }
  for (std::size_t at = 0; at < question->counts().size(); ++at) {
    const std::size_t label = at % question->labels();
    const auto number = question->least() + static_cast<int64>(at / question->labels());
    const bool nulls[] = {false, label == 0, false};
    if (question->counts()[at] == 0) continue;
    const Datum values[] = {
        Int64GetDatum(number),
        label == 0 ? Datum{0} : PointerGetDatum(MakeText(answer.meanings->labels()[label])),
        Int64GetDatum(static_cast<int64>(question->counts()[at]))};
    AddRow(rows, values, nulls);
  }
  PG_RETURN_NULL();
}
