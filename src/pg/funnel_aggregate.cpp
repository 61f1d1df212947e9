// window_funnel() and window_funnel_times(): aggregates over the kernel in src/core/funnel.hpp.
#include <cstring>

#include "src/core/funnel.hpp"
#include "src/core/funnel_state.hpp"
#include "src/pg/aggregate_state.hpp"
#include "src/pg/condition_arguments.hpp"

namespace productgraph::pg {
namespace {

using core::FunnelChain;
using core::FunnelParameters;
using core::FunnelState;

// Arguments of the transition functions: state, window [, mode], ts, conditions.
struct Layout {
  int window = 1;
  int mode;  // -1 = none
  int ts;
  int conditions;
};
constexpr Layout kPlain = {1, -1, 2, 3};
constexpr Layout kWithMode = {1, 2, 3, 4};

// Kept from row to row: the parameters are parsed again only when their arguments change.
struct CallCache {
  ConditionArguments conditions;
  Interval window;
  text* mode;  // in the same memory context; null before the first row
  bool ready;
  FunnelParameters parameters;
};

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

// A list of modes, comma separated, into options.
void ParseModes(std::string_view modes, core::FunnelOptions* options) {
  while (!modes.empty()) {
    const std::size_t end = std::min(modes.find(','), modes.size());
    std::string_view mode = modes.substr(0, end);
    modes.remove_prefix(std::min(end + 1, modes.size()));
    while (mode.starts_with(' ')) mode.remove_prefix(1);
    while (mode.ends_with(' ')) mode.remove_suffix(1);
    if (!mode.empty()) AddMode(mode, options);
  }
  if (options->allow_reentry && !options->strict_order) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("allow_reentry needs strict_order")));
  }
}

void ParseParameters(FunctionCallInfo fcinfo, const Layout& layout, CallCache* cache) {
  const Interval* const window = PG_GETARG_INTERVAL_P(layout.window);
  FunnelParameters parameters;
  parameters.options.steps = cache->conditions.count;
  parameters.window_months = window->month;
  parameters.window_days = window->day;
  parameters.window_micros = window->time;
  if (window->month < 0 || window->day < 0 || window->time < 0) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("window must not be negative")));
  }
  if (layout.mode >= 0) {
    const text* const mode = PG_GETARG_TEXT_PP(layout.mode);
    ParseModes(TextView(mode), &parameters.options);
    const MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    if (cache->mode) pfree(cache->mode);
    cache->mode = MakeText(TextView(mode));
    MemoryContextSwitchTo(caller);
  }
  cache->window = *window;
  cache->parameters = parameters;
  cache->ready = true;
}

// The parameters of this row, nearly always those of the row before.
const CallCache& Parameters(FunctionCallInfo fcinfo, const Layout& layout) {
  if (PG_ARGISNULL(layout.window) || (layout.mode >= 0 && PG_ARGISNULL(layout.mode))) {
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("%s must not be null", PG_ARGISNULL(layout.window) ? "window" : "mode")));
  }
  auto* cache = static_cast<CallCache*>(fcinfo->flinfo->fn_extra);
  if (!cache) {
    cache = static_cast<CallCache*>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CallCache)));
    cache->conditions = DescribeConditions(fcinfo, layout.conditions);
    fcinfo->flinfo->fn_extra = cache;
  }
  const bool same = cache->ready &&
                    memcmp(&cache->window, PG_GETARG_INTERVAL_P(layout.window), sizeof(Interval)) == 0 &&
                    (layout.mode < 0 || TextView(cache->mode) == TextView(PG_GETARG_TEXT_PP(layout.mode)));
  if (!same) ParseParameters(fcinfo, layout, cache);
  return *cache;
}

Datum Transition(FunctionCallInfo fcinfo, const Layout& layout) {
  const MemoryContext context = AggregateContext(fcinfo);
  FunnelState* state = StateArgument<FunnelState>(fcinfo, 0);
  const CallCache& cache = Parameters(fcinfo, layout);
  const core::StepMask mask = PG_ARGISNULL(layout.ts) ? 0 : ReadConditions(fcinfo, cache.conditions);
  // With strict_order rows of no step matter too.
  if (mask != 0 || (cache.parameters.options.strict_order && !PG_ARGISNULL(layout.ts))) {
    if (!state) state = MakeState<FunnelState>(context, cache.parameters);
    if (!(state->parameters() == cache.parameters)) {
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                      errmsg("window and mode must be the same for all rows of a group")));
    }
    const TimestampTz ts = PG_GETARG_TIMESTAMPTZ(layout.ts);
    Compute([&] { state->Add(ts, mask); });
  }
  if (!state) PG_RETURN_NULL();
  PG_RETURN_POINTER(state);
}

// The ends of windows whose length depends on the calendar, of rows with step 1.
const core::Micros* Deadlines(const FunnelState& state, const FunnelParameters& parameters) {
  if (!parameters.HasCalendarWindow() || state.rows().empty()) return nullptr;
  Interval window;
  window.month = parameters.window_months;
  window.day = parameters.window_days;
  window.time = parameters.window_micros;
  auto* const deadlines = static_cast<core::Micros*>(
      MemoryContextAllocHuge(CurrentMemoryContext, state.rows().size() * sizeof(core::Micros)));
  for (std::size_t i = 0; i < state.rows().size(); ++i) {
    const core::StepRow& row = state.rows()[i];
    if (i % 1024 == 0) CHECK_FOR_INTERRUPTS();
    deadlines[i] = row.ts;
    if ((row.mask & 1) && !TIMESTAMP_NOT_FINITE(row.ts)) {
      deadlines[i] = DatumGetTimestampTz(DirectFunctionCall2(
          timestamptz_pl_interval, TimestampTzGetDatum(row.ts), PointerGetDatum(&window)));
    }
  }
  return deadlines;
}

FunnelChain BestChain(FunnelState* state) {
  FunnelChain chain;
  if (!state) return chain;
  Compute([&] { state->Sort(CancelToken()); });
  const FunnelParameters& parameters = state->parameters();
  const core::Micros* const deadlines = Deadlines(*state, parameters);
  Compute([&] {
    core::FunnelWindow window;
    window.length = parameters.window_micros;
    if (deadlines) window.deadlines = {deadlines, state->rows().size()};
    chain = core::MatchFunnel(state->rows(), window, parameters.options, CancelToken());
  });
  return chain;
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(window_funnel_add) {
  return Transition(fcinfo, kPlain);
}

PRODUCTGRAPH_FUNCTION(window_funnel_add_mode) {
  return Transition(fcinfo, kWithMode);
}

PRODUCTGRAPH_FUNCTION(window_funnel_combine) {
  return CombineStates<FunnelState>(fcinfo, [](MemoryContext context, const FunnelState& other) {
    return MakeState<FunnelState>(context, other.parameters());
  });
}

PRODUCTGRAPH_FUNCTION(window_funnel_serialize) {
  return SerializeState<FunnelState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(window_funnel_deserialize) {
  const std::span<const std::uint8_t> bytes = StateBytes(fcinfo);
  FunnelParameters parameters;
  Compute([&] { parameters = FunnelState::ReadParameters(bytes); });
  auto* const state = MakeState<FunnelState>(CurrentMemoryContext, parameters);
  Compute([&] { state->ReadRows(bytes); });
  PG_RETURN_POINTER(state);
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
