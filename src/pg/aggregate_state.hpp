// What the aggregates over internal states share.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "src/pg/boundary.hpp"

namespace productgraph::pg {

// Where the states of the running aggregate live; an error when the function is called outside of one.
inline MemoryContext AggregateContext(FunctionCallInfo fcinfo) {
  MemoryContext context;
  if (!AggCheckCallContext(fcinfo, &context))
    elog(ERROR, "aggregate function called in non-aggregate context");
  return context;
}

// The state passed as an argument, null when there is none yet.
template <class State>
State* StateArgument(FunctionCallInfo fcinfo, int argument) {
  return PG_ARGISNULL(argument) ? nullptr : reinterpret_cast<State*>(PG_GETARG_POINTER(argument));
}

// A state in `context`, with its memory.
template <class State, class... Parameters>
State* MakeState(MemoryContext context, const Parameters&... parameters) {
  auto* const memory = NewIn<MemoryContextResource>(context, context);
  return NewIn<State>(context, parameters..., memory);
}

// Makes the states of one call site, kept there from row to row and zeroed at first. What the groups have in
// common is made once: a group costs no more than its own state. kCopyParameters(context, parameters) makes a
// copy in that context, with all that it points to.
template <class State, auto kCopyParameters>
class StateMaker {
 public:
  using Parameters = std::remove_cvref_t<decltype(std::declval<State>().parameters())>;

  // A state in `context`.
  State* Make(FunctionCallInfo fcinfo, MemoryContext context, const Parameters& parameters) {
    const MemoryContext lasting = fcinfo->flinfo->fn_mcxt;
    if (!common_) common_ = kCopyParameters(lasting, parameters);
    // Parameters that differ from group to group are rare; they live and die with their group.
    const Parameters* const kept = parameters == *common_ ? common_ : kCopyParameters(context, parameters);
    return NewIn<State>(context, kept, Resource(lasting, context));
  }

 private:
  struct Resources {
    Resources(MemoryContext context, Resources* after) : resource(context), next(after) {}
    MemoryContextResource resource;
    Resources* next;
  };

  // One for each context: there are as many as grouping sets.
  MemoryContextResource* Resource(MemoryContext lasting, MemoryContext context) {
    for (Resources* known = resources_; known; known = known->next) {
      if (known->resource.context() == context) return &known->resource;
    }
    resources_ = NewIn<Resources>(lasting, context, resources_);
    return &resources_->resource;
  }

  const Parameters* common_;
  Resources* resources_;
};

// What a call site keeps in fn_extra, zeroed at first.
template <class Cache>
Cache* CallSite(FunctionCallInfo fcinfo) {
  if (!fcinfo->flinfo->fn_extra) {
    fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Cache));
  }
  return static_cast<Cache*>(fcinfo->flinfo->fn_extra);
}

// The combine function of a state that can Merge; `empty` makes one with the parameters of another.
template <class State, class Empty>
Datum CombineStates(FunctionCallInfo fcinfo, Empty empty) {
  const MemoryContext context = AggregateContext(fcinfo);
  State* state = StateArgument<State>(fcinfo, 0);
  const State* const other = StateArgument<State>(fcinfo, 1);
  if (other) {
    if (!state) state = empty(context, *other);
    Compute([&] { state->Merge(*other); });
  }
  if (!state) PG_RETURN_NULL();
  PG_RETURN_POINTER(state);
}

// The same for a state that a StateMaker makes.
template <class State, auto kCopyParameters>
Datum CombineMadeStates(FunctionCallInfo fcinfo) {
  auto* const maker = CallSite<StateMaker<State, kCopyParameters>>(fcinfo);
  return CombineStates<State>(fcinfo, [&](MemoryContext context, const State& other) {
    return maker->Make(fcinfo, context, other.parameters());
  });
}

// The bytes that a deserial function gets.
inline std::span<const std::uint8_t> StateBytes(FunctionCallInfo fcinfo) {
  AggregateContext(fcinfo);
  const bytea* const bytes = PG_GETARG_BYTEA_PP(0);
  return {reinterpret_cast<const std::uint8_t*>(VARDATA_ANY(bytes)),
          static_cast<std::size_t>(VARSIZE_ANY_EXHDR(bytes))};
}

// The deserial function of a state that reads its parameters and its rows.
template <class State>
Datum DeserializeState(FunctionCallInfo fcinfo) {
  const std::span<const std::uint8_t> bytes = StateBytes(fcinfo);
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const parameters = NewIn<decltype(State::ReadParameters(bytes))>(CurrentMemoryContext);
  Compute([&] { *parameters = State::ReadParameters(bytes); });
  auto* const state = NewIn<State>(CurrentMemoryContext, parameters, memory);
  Compute([&] { state->ReadRows(bytes); });
  PG_RETURN_POINTER(state);
}

// The serial function: strict, so there is a state.
template <class State>
Datum SerializeState(FunctionCallInfo fcinfo) {
  AggregateContext(fcinfo);
  const State* const state = StateArgument<State>(fcinfo, 0);
  const std::size_t size = state->SerializedSize();
  if (size > MaxAllocSize - VARHDRSZ) {
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                    errmsg("a group has too many matching rows to combine in parallel"),
                    errhint("Run the query with max_parallel_workers_per_gather = 0.")));
  }
  bytea* const bytes = static_cast<bytea*>(palloc(VARHDRSZ + size));
  SET_VARSIZE(bytes, VARHDRSZ + size);
  state->Serialize({reinterpret_cast<std::uint8_t*>(VARDATA(bytes)), size});
  PG_RETURN_BYTEA_P(bytes);
}

inline Datum TimeArray(std::span<const std::int64_t> times) {
  auto* const elements = static_cast<Datum*>(palloc(sizeof(Datum) * (times.size() + 1)));
  for (std::size_t i = 0; i < times.size(); ++i) elements[i] = TimestampTzGetDatum(times[i]);
  PG_RETURN_ARRAYTYPE_P(construct_array(elements, static_cast<int>(times.size()), TIMESTAMPTZOID,
                                        sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

}  // namespace productgraph::pg
