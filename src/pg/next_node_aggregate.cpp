// sequence_next_node(): the aggregate over src/core/next_node.hpp.
#include <algorithm>

#include "src/core/next_node.hpp"
#include "src/pg/aggregate_state.hpp"
#include "src/pg/condition_arguments.hpp"

namespace productgraph::pg {
namespace {

using core::NextNodeParameters;
using core::NextNodeState;
using core::NodeBase;

enum Argument { kState, kDirection, kBase, kTs, kValue, kBaseCondition, kSteps };

struct NamedBase {
  std::string_view name;
  NodeBase base;
};

constexpr NamedBase kBases[] = {{"head", NodeBase::kHead},
                                {"tail", NodeBase::kTail},
                                {"first_match", NodeBase::kFirstMatch},
                                {"last_match", NodeBase::kLastMatch}};

[[noreturn]] void RaiseUnknown(const char* what, std::string_view name, const char* known) {
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("unknown %s \"%.*s\"", what, static_cast<int>(name.size()), name.data()),
                  errhint("Known are %s.", known)));
  pg_unreachable();
}

std::string_view RequiredText(FunctionCallInfo fcinfo, int argument, const char* name) {
  if (!PG_ARGISNULL(argument)) return TextView(PG_GETARG_TEXT_PP(argument));
  ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
  pg_unreachable();
}

NextNodeParameters ReadParameters(FunctionCallInfo fcinfo, int steps) {
  NextNodeParameters parameters;
  parameters.steps = steps;
  const std::string_view direction = RequiredText(fcinfo, kDirection, "direction");
  if (direction != "forward" && direction != "backward")
    RaiseUnknown("direction", direction, "forward, backward");
  parameters.forward = direction == "forward";
  const std::string_view name = RequiredText(fcinfo, kBase, "base");
  const NamedBase* const found = std::find_if(std::begin(kBases), std::end(kBases),
                                              [&](const NamedBase& base) { return base.name == name; });
  if (found == std::end(kBases)) RaiseUnknown("base", name, "head, tail, first_match, last_match");
  parameters.base = found->base;
  if (parameters.base == (parameters.forward ? NodeBase::kTail : NodeBase::kHead)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("nothing lies %s of the %s", parameters.forward ? "forward" : "backward",
                           parameters.forward ? "tail" : "head")));
  }
  return parameters;
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(sequence_next_node_add) {
  const MemoryContext context = AggregateContext(fcinfo);
  auto* state = StateArgument<NextNodeState>(fcinfo, kState);
  auto* conditions = static_cast<ConditionArguments*>(fcinfo->flinfo->fn_extra);
  if (!conditions) {
    conditions = NewIn<ConditionArguments>(fcinfo->flinfo->fn_mcxt, DescribeConditions(fcinfo, kSteps));
    fcinfo->flinfo->fn_extra = conditions;
  }
  const NextNodeParameters parameters = ReadParameters(fcinfo, conditions->count);
  if (!PG_ARGISNULL(kTs) && !PG_ARGISNULL(kValue)) {
    if (!state) state = MakeState<NextNodeState>(context, parameters);
    if (!(state->parameters() == parameters)) {
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                      errmsg("direction and base must be the same for all rows of a group")));
    }
    const TimestampTz ts = PG_GETARG_TIMESTAMPTZ(kTs);
    const std::string_view value = TextView(PG_GETARG_TEXT_PP(kValue));
    const bool can_be_base = !PG_ARGISNULL(kBaseCondition) && PG_GETARG_BOOL(kBaseCondition);
    const core::StepMask mask = ReadConditions(fcinfo, *conditions);
    Compute([&] { state->Add(ts, value, can_be_base, mask); });
  }
  if (!state) PG_RETURN_NULL();
  PG_RETURN_POINTER(state);
}

PRODUCTGRAPH_FUNCTION(sequence_next_node_combine) {
  return CombineStates<NextNodeState>(fcinfo, [](MemoryContext context, const NextNodeState& other) {
    return MakeState<NextNodeState>(context, other.parameters());
  });
}

PRODUCTGRAPH_FUNCTION(sequence_next_node_serialize) {
  return SerializeState<NextNodeState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(sequence_next_node_deserialize) {
  const std::span<const std::uint8_t> bytes = StateBytes(fcinfo);
  auto* const state = MakeState<NextNodeState>(CurrentMemoryContext, NextNodeParameters());
  Compute([&] { state->Deserialize(bytes); });
  PG_RETURN_POINTER(state);
}

PRODUCTGRAPH_FUNCTION(sequence_next_node_value) {
  AggregateContext(fcinfo);
  auto* const state = StateArgument<NextNodeState>(fcinfo, 0);
  if (!state) PG_RETURN_NULL();
  std::optional<std::string_view> value;
  Compute([&] { value = state->Find(CancelToken()); });
  if (!value) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(MakeText(*value));
}
