// packed_paths(): paths(), asked of segments.
#include "src/core/packed_paths.hpp"

#include <algorithm>

#include "src/pg/packed_arguments.hpp"
#include "src/pg/result_rows.hpp"

namespace productgraph::pg {
namespace {

// Arguments of packed_paths().
enum Argument {
  kOrg,
  kProject,
  kKinds,
  kLoose,
  kWeeks,
  kFrom,
  kTo,
  kGap,
  kBySession,
  kHasStart,
  kHasEnd,
  kSteps,
  kEdges,
  kArguments,
};

constexpr std::string_view kOther = "other";

core::PackedPathsSpec ReadSpec(FunctionCallInfo fcinfo) {
  core::PackedPathsSpec spec;
  spec.has_gap = !PG_ARGISNULL(kGap);
  spec.by_session = PG_GETARG_BOOL(kBySession);
  spec.has_start = PG_GETARG_BOOL(kHasStart);
  spec.has_end = PG_GETARG_BOOL(kHasEnd);
  spec.steps = PG_GETARG_INT32(kSteps);
  if (spec.steps < 1 || PG_GETARG_INT32(kEdges) < 1)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("steps and edges must be at least 1")));
  return spec;
}

// Says that rows must be asked, and why.
void AddReason(const ResultRows& rows, const char* reason) {
  const Datum values[7] = {0, CStringGetTextDatum(reason)};
  const bool nulls[] = {true, false, true, true, true, true, true};
  AddRow(rows, values, nulls);
}

// The number of the label for what is not shown by itself, which may be that of a node.
std::uint32_t OtherLabel(std::span<const std::string_view> labels) {
  const auto found = std::find(labels.begin() + 1, labels.end(), kOther);
  return static_cast<std::uint32_t>(found - labels.begin());
}

void AddEdge(const ResultRows& rows, const core::PathEdge& edge, std::span<const std::string_view> labels) {
  const auto label_of = [&](std::uint32_t node) { return node < labels.size() ? labels[node] : kOther; };
  const core::EdgeSummary& summary = edge.summary;
  const bool is_end = edge.key.neighbour == 0;
  const Datum values[] = {Int32GetDatum(edge.key.step),
                          PointerGetDatum(MakeText(label_of(edge.key.node))),
                          is_end ? Datum{0} : PointerGetDatum(MakeText(label_of(edge.key.neighbour))),
                          Int64GetDatum(static_cast<int64>(summary.actors)),
                          Int64GetDatum(static_cast<int64>(summary.visits)),
                          Float8GetDatum(summary.median),
                          Int64GetDatum(summary.average)};
  const bool nulls[] = {false, false, is_end, false, false, !summary.has_durations, !summary.has_durations};
  AddRow(rows, values, nulls);
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(packed_paths) {
  CheckNotNull(fcinfo, kArguments, {kGap});
  const ResultRows rows = BeginRows(fcinfo);
  const core::PackedPathsSpec spec = ReadSpec(fcinfo);
  PackedRequest request = ReadSource(fcinfo);
  request.sessions = !spec.has_gap || spec.by_session;
  // A session may have been started by one actor and ended by another.
  request.required = request.sessions ? 0
                                      : (spec.has_start ? core::PackedPaths::kStart : 0) |
                                            (spec.has_end ? core::PackedPaths::kEnd : 0);
  request.type = core::QuestionType::kPaths;
  request.window = spec.has_gap ? *PG_GETARG_INTERVAL_P(kGap) : Interval{};
  request.spec = {reinterpret_cast<const std::uint8_t*>(&spec), sizeof(spec)};
  const PackedAnswer answer = AskSegments(request);
  const auto* const paths = static_cast<const core::PackedPaths*>(answer.question);
  if (!paths || paths->is_ambiguous()) {
    AddReason(rows, paths ? "the order of some events is not known" : "too many events are not packed yet");
    PG_RETURN_NULL();
  }

  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const edges = NewIn<std::pmr::vector<core::PathEdge>>(CurrentMemoryContext, memory);
  const std::span<const std::string_view> labels = answer.meanings->labels();
  Compute(
      [&] { *edges = paths->Edges(static_cast<std::size_t>(PG_GETARG_INT32(kEdges)), OtherLabel(labels)); });
  for (const core::PathEdge& edge : *edges) AddEdge(rows, edge, labels);
  PG_RETURN_NULL();
}
