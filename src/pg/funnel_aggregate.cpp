// window_funnel() and window_funnel_times(): aggregates over the kernel in src/core/funnel.hpp.
#include "src/core/funnel.hpp"

#include "src/pg/funnel_arguments.hpp"

namespace productgraph::pg {
namespace {

using core::FunnelChain;
using core::FunnelState;

[[noreturn]] void RaiseUnknownMode(std::string_view mode) {
  StringInfoData known;
  initStringInfo(&known);
  for (const core::FunnelMode& each : core::kFunnelModes) {
    appendStringInfo(&known, "%s%s", known.len ? ", " : "", each.name);
  }
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("unknown funnel mode \"%.*s\"", static_cast<int>(mode.size()), mode.data()),
                  errhint("Known modes: %s.", known.data)));
  pg_unreachable();
}

void AddMode(std::string_view mode, core::FunnelOptions* options) {
  for (const core::FunnelMode& known : core::kFunnelModes) {
    if (mode != known.name) continue;
    options->*known.option = true;
    return;
  }
  RaiseUnknownMode(mode);
}

void ParseModes(std::string_view modes, int conditions, core::FunnelOptions* options) {
  options->steps = conditions;
  ForEachModeItem(modes, [&](std::string_view mode) { AddMode(mode, options); });
  if (options->allow_reentry && !options->strict_order) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("allow_reentry needs strict_order")));
  }
}

FunnelChain BestChain(FunnelState* state) {
  FunnelChain chain;
  if (!state) return chain;
  Compute([&] { state->Sort(CancelToken()); });
  const core::FunnelWindow window = MakeFunnelWindow(state->rows(), state->parameters(), 1);
  Compute(
      [&] { chain = core::MatchFunnel(state->rows(), window, state->parameters().options, CancelToken()); });
  return chain;
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(window_funnel_add) {
  return AddFunnelRow<FunnelState>(fcinfo, kFunnelArguments, ParseModes);
}

PRODUCTGRAPH_FUNCTION(window_funnel_add_mode) {
  return AddFunnelRow<FunnelState>(fcinfo, kFunnelArgumentsWithMode, ParseModes);
}

PRODUCTGRAPH_FUNCTION(window_funnel_combine) {
  return CombineFunnelStates<FunnelState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(window_funnel_serialize) {
  return SerializeState<FunnelState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(window_funnel_deserialize) {
  return DeserializeState<FunnelState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(window_funnel_depth) {
  AggregateContext(fcinfo);
  PG_RETURN_INT32(BestChain(StateArgument<FunnelState>(fcinfo, 0)).depth);
}

PRODUCTGRAPH_FUNCTION(window_funnel_chain) {
  AggregateContext(fcinfo);
  const FunnelChain chain = BestChain(StateArgument<FunnelState>(fcinfo, 0));
  return TimeArray({chain.times.data(), static_cast<std::size_t>(chain.depth)});
}
