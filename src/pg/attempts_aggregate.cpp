// funnel_attempt() and funnel_attempts(): aggregates over the kernel in src/core/attempts.hpp.
#include "src/core/attempts.hpp"

#include <vector>

#include "src/pg/attempt_mode.hpp"
#include "src/pg/chain_times.hpp"
#include "src/pg/funnel_arguments.hpp"

namespace productgraph::pg {
namespace {

using core::AttemptState;
using core::FunnelChain;

core::FunnelWindow SortedWindow(AttemptState* state) {
  Compute([&] { state->Sort(CancelToken()); });
  return MakeFunnelWindow(state->rows(), state->parameters(), state->parameters().options.opening());
}

// Chains one behind the other: of each the depth, the steps skipped, and the times.
using PackedChains = std::pmr::vector<core::Micros>;

PackedChains* AllChains(AttemptState* state) {
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const chains = NewIn<PackedChains>(CurrentMemoryContext, memory);
  const core::FunnelWindow window = SortedWindow(state);
  Compute([&] {
    core::ForEachAttempt(state->rows(), window, state->parameters().options, memory, CancelToken(),
                         [&](const FunnelChain& chain) {
                           chains->push_back(chain.depth);
                           chains->push_back(chain.skipped);
                           chains->insert(chains->end(), chain.times.begin(),
                                          chain.times.begin() + chain.depth);
                         });
  });
  return chains;
}

// An array of rows of one column, the chain's times.
Datum ChainArray(const PackedChains& chains, Oid array_type) {
  const Oid row_type = get_element_type(array_type);
  const TupleDesc description = lookup_rowtype_tupdesc(row_type, -1);
  ArrayBuildState* array = initArrayResult(row_type, CurrentMemoryContext, false);
  for (std::size_t at = 0; at < chains.size();) {
    CHECK_FOR_INTERRUPTS();
    const int depth = static_cast<int>(chains[at]);
    Datum times = ChainTimes(depth, static_cast<core::StepMask>(chains[at + 1]), &chains[at + 2]);
    bool null = false;
    const Datum row = HeapTupleGetDatum(heap_form_tuple(description, &times, &null));
    array = accumArrayResult(array, row, false, row_type, CurrentMemoryContext);
    at += 2 + static_cast<std::size_t>(depth);
  }
  ReleaseTupleDesc(description);
  return makeArrayResult(array, CurrentMemoryContext);
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(funnel_attempt_add) {
  return AddFunnelRow<AttemptState>(fcinfo, kFunnelArgumentsWithMode, ParseAttemptMode);
}

PRODUCTGRAPH_FUNCTION(funnel_attempt_combine) {
  return CombineFunnelStates<AttemptState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(funnel_attempt_serialize) {
  return SerializeState<AttemptState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(funnel_attempt_deserialize) {
  return DeserializeState<AttemptState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(funnel_attempt_best) {
  AggregateContext(fcinfo);
  AttemptState* const state = StateArgument<AttemptState>(fcinfo, 0);
  FunnelChain best;
  if (state) {
    const core::FunnelWindow window = SortedWindow(state);
    auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
    Compute([&] {
      best = core::BestAttempt(state->rows(), window, state->parameters().options, memory, CancelToken());
    });
  }
  return ChainTimes(best.depth, best.skipped, best.times.data());
}

PRODUCTGRAPH_FUNCTION(funnel_attempt_all) {
  AggregateContext(fcinfo);
  AttemptState* const state = StateArgument<AttemptState>(fcinfo, 0);
  const Oid array_type = get_fn_expr_rettype(fcinfo->flinfo);
  if (!state) return PointerGetDatum(construct_empty_array(get_element_type(array_type)));
  return ChainArray(*AllChains(state), array_type);
}
