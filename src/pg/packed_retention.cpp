// packed_retention(): who comes back, asked of segments.
#include "src/core/packed_retention.hpp"

#include <algorithm>
#include <functional>

#include "src/pg/packed_arguments.hpp"
#include "src/pg/result_rows.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// Arguments of packed_retention() after those of the source.
enum Argument {
  kStarts = kSourceArguments,
  kNumbers,
  kAroundNumbers,
  kStartSince,
  kStartUntil,
  kLength,
  kPeriods,
  kBrackets,
  kRecurring,
  kUnbounded,
  kBySession,
  kBreakdown,
  kArguments,
};

constexpr int32 kMostPeriods = 1000;
constexpr int64 kGreatestLength = int64{31} * 86'400'000'000;  // microseconds

core::PackedRetentionSpec ReadSpec(FunctionCallInfo fcinfo, std::span<const int32> brackets) {
  core::PackedRetentionSpec spec;
  spec.since = ToUnixMicros(PG_GETARG_TIMESTAMPTZ(kStartSince));
  spec.until = ToUnixMicros(PG_GETARG_TIMESTAMPTZ(kStartUntil));
  spec.length = PG_GETARG_INT64(kLength);
  spec.periods = PG_GETARG_INT32(kPeriods);
  spec.brackets = static_cast<int32>(brackets.size());
  spec.recurring = PG_GETARG_BOOL(kRecurring);
  spec.unbounded = PG_GETARG_BOOL(kUnbounded);
  spec.by_session = PG_GETARG_BOOL(kBySession);
  spec.breakdown = PG_GETARG_BOOL(kBreakdown);
  const bool ascending =
      std::adjacent_find(brackets.begin(), brackets.end(), std::greater_equal<>()) == brackets.end();
  if (spec.periods < 1 || spec.periods > kMostPeriods || spec.length < 0 || spec.length > kGreatestLength ||
      brackets.empty() || !ascending || brackets.front() < 0 || brackets.back() >= spec.periods)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("these are no periods after which actors may come back")));
  return spec;
}

void AddCohort(const ResultRows& rows, const PackedAnswer& answer,
               const core::PackedRetention::Cohort& cohort) {
  const auto& question = *static_cast<core::PackedRetention*>(answer.question);
  const bool nulls[] = {false, cohort.label == 0, false, false, false};
  const Datum label =
      cohort.label == 0 ? Datum{0} : PointerGetDatum(MakeText(answer.meanings->labels()[cohort.label]));
  for (std::size_t i = 0; i < question.brackets().size(); ++i) {
    const Datum values[] = {Int32GetDatum(cohort.number), label,
                            Int64GetDatum(static_cast<int64>(cohort.size)),
                            Int32GetDatum(question.brackets()[i]),
                            Int64GetDatum(static_cast<int64>(question.returned()[cohort.first + i]))};
    AddRow(rows, values, nulls);
  }
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(packed_retention) {
  CheckNotNull(fcinfo, kArguments);
  const ResultRows rows = BeginRows(fcinfo);
  const auto brackets = Integers(PG_GETARG_ARRAYTYPE_P(kBrackets));
  const core::PackedRetentionSpec spec = ReadSpec(fcinfo, brackets);
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const bytes = NewIn<std::pmr::vector<std::uint8_t>>(CurrentMemoryContext, memory);
  Compute([&] {
    core::AppendValue(spec, bytes);
    for (const int32 first : brackets) core::AppendValue(first, bytes);
  });
  AppendPeriods(fcinfo, kStarts, kNumbers, kAroundNumbers, bytes);

  PackedRequest request = ReadSource(fcinfo);
  request.sessions = spec.by_session;
  // Of a session, several actors may have taken part.
  request.required = spec.by_session ? 0 : 1;
  request.type = core::QuestionType::kRetention;
  request.spec = *bytes;
  const PackedAnswer answer = AskSegments(request);
  const auto* const question = static_cast<core::PackedRetention*>(answer.question);
  if (!question || question->ambiguous()) {
    AddNullRow(rows);
  } else {
    for (const core::PackedRetention::Cohort& cohort : question->cohorts()) AddCohort(rows, answer, cohort);
  }
  PG_RETURN_NULL();
}
