// What the funnel aggregates share: (state, window [, mode], ts, conditions) into a core::FunnelStateOf.
#pragma once

#include <cstring>

#include "src/core/funnel_state.hpp"
#include "src/pg/aggregate_state.hpp"
#include "src/pg/condition_arguments.hpp"

namespace productgraph::pg {

// Arguments of the transition functions.
struct FunnelArguments {
  int window = 1;
  int mode;  // -1 = none
  int ts;
  int conditions;
};
inline constexpr FunnelArguments kFunnelArguments = {1, -1, 2, 3};
inline constexpr FunnelArguments kFunnelArgumentsWithMode = {1, 2, 3, 4};

template <class Parameters>
const Parameters* CopyFunnelParameters(MemoryContext context, const Parameters& parameters) {
  return NewIn<Parameters>(context, parameters);
}

// Kept from row to row: the parameters are parsed again only when their arguments change.
template <class State>
struct FunnelCall {
  StateMaker<State, CopyFunnelParameters<typename State::Parameters>> states;
  ConditionArguments conditions;
  Interval window;
  text* mode;  // in the same memory context; null before the first row
  bool ready;
  typename State::Parameters parameters;
};

// Calls `add` with each item of a comma separated list, without the spaces around it; empty ones are left
// out.
template <class Add>
void ForEachModeItem(std::string_view list, Add add) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) add(item);
  }
}

// The ends of windows whose length depends on the calendar, of rows with any of the `opening` bits; null when
// it does not.
const core::Micros* CalendarDeadlines(std::span<const core::StepRow> rows, const Interval& window,
                                      core::StepMask opening);

// The window of a state's chains. `parameters` are the state's.
template <class Parameters>
core::FunnelWindow MakeFunnelWindow(std::span<const core::StepRow> rows, const Parameters& parameters,
                                    core::StepMask opening) {
  core::FunnelWindow window;
  window.length = parameters.window_micros;
  if (!parameters.HasCalendarWindow()) return window;
  Interval interval;
  interval.month = parameters.window_months;
  interval.day = parameters.window_days;
  interval.time = parameters.window_micros;
  window.deadlines = {CalendarDeadlines(rows, interval, opening), rows.size()};
  return window;
}

// Raises an error unless window is usable.
void CheckFunnelWindow(const Interval& window);
[[noreturn]] void RaiseNullFunnelArgument(const char* name);

template <class State, class ParseMode>
void ParseFunnelCall(FunctionCallInfo fcinfo, const FunnelArguments& arguments, ParseMode parse_mode,
                     FunnelCall<State>* call) {
  const Interval* const window = PG_GETARG_INTERVAL_P(arguments.window);
  CheckFunnelWindow(*window);
  typename State::Parameters parameters;
  parameters.window_months = window->month;
  parameters.window_days = window->day;
  parameters.window_micros = window->time;
  std::string_view mode;
  if (arguments.mode >= 0) {
    mode = TextView(PG_GETARG_TEXT_PP(arguments.mode));
    const MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    if (call->mode) pfree(call->mode);
    call->mode = MakeText(mode);
    MemoryContextSwitchTo(caller);
  }
  parse_mode(mode, call->conditions.count, &parameters.options);
  call->window = *window;
  call->parameters = parameters;
  call->ready = true;
}

// The parameters of this row, nearly always those of the row before.
template <class State, class ParseMode>
FunnelCall<State>* DescribeFunnelCall(FunctionCallInfo fcinfo, const FunnelArguments& arguments,
                                      ParseMode parse_mode) {
  if (PG_ARGISNULL(arguments.window)) RaiseNullFunnelArgument("window");
  if (arguments.mode >= 0 && PG_ARGISNULL(arguments.mode)) RaiseNullFunnelArgument("mode");
  auto* const call = CallSite<FunnelCall<State>>(fcinfo);
  if (call->conditions.count == 0) call->conditions = DescribeConditions(fcinfo, arguments.conditions);
  const bool same =
      call->ready && memcmp(&call->window, PG_GETARG_INTERVAL_P(arguments.window), sizeof(Interval)) == 0 &&
      (arguments.mode < 0 || TextView(call->mode) == TextView(PG_GETARG_TEXT_PP(arguments.mode)));
  if (!same) ParseFunnelCall<State>(fcinfo, arguments, parse_mode, call);
  return call;
}

// The transition function. `parse_mode(mode, conditions, options)` sets the options, or raises an error.
template <class State, class ParseMode>
Datum AddFunnelRow(FunctionCallInfo fcinfo, const FunnelArguments& arguments, ParseMode parse_mode) {
  const MemoryContext context = AggregateContext(fcinfo);
  State* state = StateArgument<State>(fcinfo, 0);
  FunnelCall<State>* const call = DescribeFunnelCall<State>(fcinfo, arguments, parse_mode);
  const bool has_time = !PG_ARGISNULL(arguments.ts);
  const core::StepMask mask = has_time ? ReadConditions(fcinfo, call->conditions) : 0;
  if (mask != 0 || (has_time && call->parameters.options.needs_all_rows())) {
    if (!state) {
      state = call->states.Make(fcinfo, context, call->parameters);
    } else if (!(state->parameters() == call->parameters)) {
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                      errmsg("window and mode must be the same for all rows of a group")));
    }
    const TimestampTz ts = PG_GETARG_TIMESTAMPTZ(arguments.ts);
    Compute([&] { state->Add(ts, mask); });
  }
  if (!state) PG_RETURN_NULL();
  PG_RETURN_POINTER(state);
}

template <class State>
Datum CombineFunnelStates(FunctionCallInfo fcinfo) {
  return CombineMadeStates<State, CopyFunnelParameters<typename State::Parameters>>(fcinfo);
}

}  // namespace productgraph::pg
