// packed_journey_graph(): journey_graph(), asked of segments.
#include "src/core/packed_journey_graph.hpp"

#include "src/pg/packed_arguments.hpp"
#include "src/pg/result_rows.hpp"

namespace productgraph::pg {
namespace {

// Arguments of packed_journey_graph().
enum Argument { kOrg, kProject, kKinds, kLoose, kWeeks, kFrom, kTo, kBySession, kArguments };

constexpr int kColumns = 9;

// Why rows must be asked; null when the answer is right.
const char* ReasonForRows(const core::PackedJourneyGraph* graph) {
  if (!graph) return "too many events are not packed yet";
  if (graph->has_snapshots()) return "there are snapshots";
  return graph->is_ambiguous() ? "the order of some events is not known" : nullptr;
}

void AddReason(const ResultRows& rows, const char* reason) {
  const Datum values[kColumns] = {0, CStringGetTextDatum(reason)};
  const bool nulls[kColumns] = {true, false, true, true, true, true, true, true, true};
  AddRow(rows, values, nulls);
}

void AddPart(const ResultRows& rows, const core::GraphPart& part, std::span<const std::string_view> labels) {
  const core::EdgeSummary& summary = part.summary;
  const bool no_next = part.next == 0;
  const Datum values[kColumns] = {BoolGetDatum(part.is_node),
                                  PointerGetDatum(MakeText(labels[part.node])),
                                  no_next ? Datum{0} : PointerGetDatum(MakeText(labels[part.next])),
                                  Int64GetDatum(static_cast<int64>(summary.visits)),
                                  Int64GetDatum(static_cast<int64>(summary.actors)),
                                  Int64GetDatum(static_cast<int64>(part.exits)),
                                  Int64GetDatum(static_cast<int64>(part.errors)),
                                  Int64GetDatum(static_cast<int64>(part.converts)),
                                  Float8GetDatum(summary.median)};
  const bool nulls[kColumns] = {
      false, false, no_next, false, false, false, false, false, !summary.has_durations};
  AddRow(rows, values, nulls);
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(packed_journey_graph) {
  CheckNotNull(fcinfo, kArguments);
  const ResultRows rows = BeginRows(fcinfo);
  const core::PackedJourneyGraphSpec spec{.by_session = PG_GETARG_BOOL(kBySession)};
  PackedRequest request = ReadSource(fcinfo);
  request.sessions = true;
  request.required = 0;
  request.type = core::QuestionType::kJourneyGraph;
  request.window = Interval{};
  request.spec = {reinterpret_cast<const std::uint8_t*>(&spec), sizeof(spec)};
  const PackedAnswer answer = AskSegments(request);
  const auto* const graph = static_cast<const core::PackedJourneyGraph*>(answer.question);
  if (const char* const reason = ReasonForRows(graph)) {
    AddReason(rows, reason);
    PG_RETURN_NULL();
  }

  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const parts = NewIn<std::pmr::vector<core::GraphPart>>(CurrentMemoryContext, memory);
  Compute([&] { *parts = graph->Parts(); });
  for (const core::GraphPart& part : *parts) AddPart(rows, part, answer.meanings->labels());
  PG_RETURN_NULL();
}
