// funnel_attempt() and funnel_attempts(): aggregates over the kernel in src/core/attempts.hpp.
#include "src/core/attempts.hpp"

#include <charconv>
#include <vector>

#include "src/pg/funnel_arguments.hpp"

namespace productgraph::pg {
namespace {

using core::AttemptOptions;
using core::AttemptState;
using core::FunnelChain;

[[noreturn]] void RaiseWrongMode(const char* problem, std::string_view mode) {
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
           errmsg("%s \"%.*s\"", problem, static_cast<int>(mode.size()), mode.data()),
           errhint("Modes are strict or any (the order of steps), per_step, optional N, and exclude A-B.")));
  pg_unreachable();
}

// The number at the start of text, which it is taken off; 0 when there is none from 1 to 99.
int TakeStepNumber(std::string_view* text) {
  int number = 0;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + std::min<std::size_t>(text->size(), 2), number);
  if (error != std::errc()) return 0;
  text->remove_prefix(static_cast<std::size_t>(end - text->data()));
  return number;
}

void AddOptional(std::string_view mode, AttemptOptions* options) {
  std::string_view rest = mode.substr(std::string_view("optional ").size());
  const int step = TakeStepNumber(&rest);
  if (step < 1 || step > core::kMaxSteps || !rest.empty()) RaiseWrongMode("no step in funnel mode", mode);
  options->optional |= core::StepMask{1} << (step - 1);
}

void AddExclusion(std::string_view mode, AttemptOptions* options) {
  std::string_view rest = mode.substr(std::string_view("exclude ").size());
  const int after = TakeStepNumber(&rest);
  const bool dash = rest.starts_with('-');
  if (dash) rest.remove_prefix(1);
  const int before = TakeStepNumber(&rest);
  if (after == 0 || !dash || before == 0 || !rest.empty())
    RaiseWrongMode("no steps A-B in funnel mode", mode);
  if (options->exclusions == core::kMaxSteps) RaiseWrongMode("too many exclusions at funnel mode", mode);
  options->excluded[options->exclusions++] = {static_cast<std::uint8_t>(after),
                                              static_cast<std::uint8_t>(before)};
}

void ParseAttemptMode(std::string_view modes, int conditions, AttemptOptions* options) {
  ForEachModeItem(modes, [&](std::string_view mode) {
    if (mode == "strict") {
      options->order = core::StepOrder::kStrict;
    } else if (mode == "any") {
      options->order = core::StepOrder::kAny;
    } else if (mode == "per_step") {
      options->per_step = true;
    } else if (mode.starts_with("optional ")) {
      AddOptional(mode, options);
    } else if (mode.starts_with("exclude ")) {
      AddExclusion(mode, options);
    } else {
      RaiseWrongMode("unknown funnel mode", mode);
    }
  });
  options->steps = 0;
  options->steps = conditions - options->conditions();
  const char* const problem =
      options->steps < 1 ? "there are fewer conditions than the mode needs" : options->Problem();
  if (problem) ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", problem)));
}

core::FunnelWindow SortedWindow(AttemptState* state) {
  Compute([&] { state->Sort(CancelToken()); });
  return MakeFunnelWindow(state->rows(), state->parameters(), state->parameters().options.opening());
}

// The times of a chain, null for steps that were left out.
Datum ChainTimes(int depth, core::StepMask skipped, const core::Micros* times) {
  Datum values[core::kMaxSteps];
  bool nulls[core::kMaxSteps];
  for (int i = 0; i < depth; ++i) {
    nulls[i] = skipped >> i & 1;
    values[i] = nulls[i] ? Datum{0} : TimestampTzGetDatum(times[i]);
  }
  int first = 1;
  if (depth == 0) return PointerGetDatum(construct_empty_array(TIMESTAMPTZOID));
  return PointerGetDatum(construct_md_array(values, nulls, 1, &depth, &first, TIMESTAMPTZOID,
                                            sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
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
