// packed_funnel(): the funnel, asked of segments.
#include "src/core/packed_funnel.hpp"

#include "src/pg/attempts_request.hpp"
#include "src/pg/result_rows.hpp"

namespace productgraph::pg {
namespace {

// Arguments of packed_funnel(), behind those of AttemptsArgument.
enum Argument { kBreakdown = kAttemptsArguments, kAttribution, kTop };

core::Attribution ParseAttribution(std::string_view name) {
  core::Attribution attribution;
  if (name == "first") return attribution;
  attribution.event = name == "last" ? core::Attribution::Event::kLast : core::Attribution::Event::kStep;
  for (const char digit : name)
    attribution.step = static_cast<std::uint8_t>(attribution.step * 10 + (digit - '0'));
  --attribution.step;
  return attribution;
}

// What is shown under one label: that of an attempt, "other" for those beyond the top ones, or none.
struct Shown {
  core::FunnelSummary* summary;
  const std::string_view* label;  // null = none
};

constexpr std::string_view kOther = "other";

// The labels by the number of their attempts, at most `top` of them; the rest is added up.
void ChooseLabels(std::pmr::vector<core::FunnelSummary>* summaries, std::span<const std::string_view> labels,
                  std::size_t top, std::pmr::vector<Shown>* shown) {
  for (std::size_t i = 1; i < summaries->size(); ++i) {
    if ((*summaries)[i].reached(0) > 0) shown->push_back({&(*summaries)[i], &labels[i]});
  }
  // Labels are in the order of their bytes already.
  std::stable_sort(shown->begin(), shown->end(), [](const Shown& a, const Shown& b) {
    return a.summary->reached(0) > b.summary->reached(0);
  });
  if (shown->size() > top) {
    for (std::size_t i = top + 1; i < shown->size(); ++i) (*shown)[top].summary->Add(*(*shown)[i].summary);
    (*shown)[top].label = &kOther;
    shown->resize(top + 1);
  }
  if ((*summaries)[0].reached(0) > 0 || shown->empty()) shown->push_back({&(*summaries)[0], nullptr});
}

void AddStepRow(const ResultRows& rows, const Shown& shown, int place, int step) {
  core::StepSummary summary;
  Compute([&] { summary = shown.summary->Summarize(step); });
  const bool timeless = !summary.has_durations;
  const Datum values[] = {
      Int32GetDatum(place),           shown.label ? PointerGetDatum(MakeText(*shown.label)) : Datum{0},
      Int32GetDatum(step + 1),        Int64GetDatum(static_cast<int64>(summary.reached)),
      Float8GetDatum(summary.median), Int64GetDatum(summary.average),
      Float8GetDatum(summary.p95)};
  const bool nulls[] = {false, !shown.label, false, false, timeless, timeless, timeless};
  AddRow(rows, values, nulls);
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(packed_funnel) {
  CheckAttemptsArguments(fcinfo, kTop);
  const ResultRows rows = BeginRows(fcinfo);
  core::PackedAttemptsSpec spec = ReadAttemptsSpec(fcinfo);
  spec.breakdown = PG_GETARG_BOOL(kBreakdown);
  if (spec.breakdown) spec.attribution = ParseAttribution(TextView(PG_GETARG_TEXT_PP(kAttribution)));
  PackedRequest request = ReadAttemptsRequest(fcinfo, spec);
  request.type = core::QuestionType::kFunnel;
  request.spec = {reinterpret_cast<const std::uint8_t*>(&spec), sizeof(spec)};
  const PackedAnswer answer = AskSegments(request);
  if (!answer.question) PG_RETURN_NULL();

  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const shown = NewIn<std::pmr::vector<Shown>>(CurrentMemoryContext, memory);
  const std::size_t top = PG_ARGISNULL(kTop) ? SIZE_MAX : static_cast<std::size_t>(PG_GETARG_INT32(kTop));
  Compute([&] {
    auto& summaries = static_cast<core::PackedFunnel*>(answer.question)->summaries();
    ChooseLabels(&summaries,
                 spec.breakdown ? std::span<const std::string_view>(answer.meanings->labels())
                                : std::span<const std::string_view>(),
                 top, shown);
  });
  for (std::size_t place = 0; place < shown->size(); ++place) {
    for (int step = 0; step < spec.options.steps; ++step)
      AddStepRow(rows, (*shown)[place], static_cast<int>(place) + 1, step);
  }
  PG_RETURN_NULL();
}
