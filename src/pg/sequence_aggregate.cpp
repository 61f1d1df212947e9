// sequence_match(), sequence_count() and sequence_match_events(): aggregates over
// src/core/sequence_matcher.hpp.
#include <cstring>
#include <limits>

#include "src/core/sequence_matcher.hpp"
#include "src/core/sequence_pattern.hpp"
#include "src/core/sequence_state.hpp"
#include "src/pg/aggregate_state.hpp"
#include "src/pg/condition_arguments.hpp"

namespace productgraph::pg {
namespace {

using core::SequenceParameters;
using core::SequenceState;
using Pattern = std::pmr::vector<core::PatternEvent>;

// Arguments of the transition function.
enum Argument { kState, kPattern, kTs, kConditions };

// Intervals in quotes are read as PostgreSQL reads them; a day has 24 hours here.
void ResolveIntervals(Pattern* pattern) {
  for (core::PatternEvent& event : *pattern) {
    for (core::TimeCondition& condition : event.times) {
      if (condition.literal.empty()) continue;
      const Interval* const interval =
          DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(MakeCString(condition.literal)),
                                                ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
      if (interval->month != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a time condition cannot use months or years, which differ in length")));
      }
      if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &condition.micros) ||
          pg_add_s64_overflow(condition.micros, interval->time, &condition.micros) || condition.micros < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a time condition must not be negative or out of range")));
      }
    }
  }
}

const SequenceParameters* CopyParameters(MemoryContext context, const SequenceParameters& parameters) {
  char* const pattern = static_cast<char*>(MemoryContextAlloc(context, parameters.pattern.size() + 1));
  memcpy(pattern, parameters.pattern.data(), parameters.pattern.size());
  return NewIn<SequenceParameters>(
      context, SequenceParameters{{pattern, parameters.pattern.size()}, parameters.conditions});
}

// The pattern of a call site, kept from row to row and from group to group.
struct PatternCache {
  StateMaker<SequenceState, CopyParameters> states;
  ConditionArguments conditions;
  MemoryContext context;  // of what follows; null before the first pattern
  std::string_view text;
  const Pattern* pattern;
};

void ParseInto(PatternCache* cache, FunctionCallInfo fcinfo, std::string_view text, int conditions) {
  if (cache->context)
    MemoryContextReset(cache->context);
  else
    cache->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "sequence pattern", ALLOCSET_SMALL_SIZES);
  const MemoryContext caller = MemoryContextSwitchTo(cache->context);
  cache->pattern = nullptr;
  cache->text = TextView(MakeText(text));
  auto* const memory = NewIn<MemoryContextResource>(cache->context, cache->context);
  auto* const pattern = NewIn<Pattern>(cache->context, memory);
  Compute([&] { *pattern = core::ParsePattern(cache->text, conditions, memory); });
  ResolveIntervals(pattern);
  cache->pattern = pattern;
  MemoryContextSwitchTo(caller);
}

PatternCache* RowCache(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(kPattern)) {
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("pattern must not be null")));
  }
  auto* const cache = CallSite<PatternCache>(fcinfo);
  if (cache->conditions.count == 0) cache->conditions = DescribeConditions(fcinfo, kConditions);
  const std::string_view pattern = TextView(PG_GETARG_TEXT_PP(kPattern));
  if (!cache->pattern || cache->text != pattern) ParseInto(cache, fcinfo, pattern, cache->conditions.count);
  return cache;
}

// The sorted rows of a group and its pattern, for the final functions; false when the group has no row.
bool Prepare(FunctionCallInfo fcinfo, SequenceState** state, const Pattern** pattern) {
  AggregateContext(fcinfo);
  *state = StateArgument<SequenceState>(fcinfo, 0);
  if (!*state) return false;
  auto* const cache = CallSite<PatternCache>(fcinfo);
  const SequenceParameters& parameters = (*state)->parameters();
  if (!cache->pattern || cache->text != parameters.pattern) {
    ParseInto(cache, fcinfo, parameters.pattern, parameters.conditions);
  }
  *pattern = cache->pattern;
  Compute([&] { (*state)->Sort(CancelToken()); });
  return true;
}

std::int64_t Count(FunctionCallInfo fcinfo, std::int64_t limit) {
  SequenceState* state;
  const Pattern* pattern;
  if (!Prepare(fcinfo, &state, &pattern)) return 0;
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  std::int64_t count = 0;
  Compute([&] { count = core::CountMatches(*pattern, state->rows(), limit, CancelToken(), memory); });
  return count;
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(sequence_add) {
  const MemoryContext context = AggregateContext(fcinfo);
  auto* state = StateArgument<SequenceState>(fcinfo, kState);
  PatternCache* const cache = RowCache(fcinfo);
  const core::StepMask mask = PG_ARGISNULL(kTs) ? 0 : ReadConditions(fcinfo, cache->conditions);
  if (mask != 0) {
    if (!state) {
      state = cache->states.Make(fcinfo, context, {cache->text, cache->conditions.count});
    } else if (state->parameters().pattern != cache->text) {
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                      errmsg("pattern must be the same for all rows of a group")));
    }
    const TimestampTz ts = PG_GETARG_TIMESTAMPTZ(kTs);
    Compute([&] { state->Add(ts, mask); });
  }
  if (!state) PG_RETURN_NULL();
  PG_RETURN_POINTER(state);
}

PRODUCTGRAPH_FUNCTION(sequence_combine) {
  return CombineMadeStates<SequenceState, CopyParameters>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(sequence_serialize) {
  return SerializeState<SequenceState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(sequence_deserialize) {
  return DeserializeState<SequenceState>(fcinfo);
}

PRODUCTGRAPH_FUNCTION(sequence_matches) {
  PG_RETURN_BOOL(Count(fcinfo, 1) > 0);
}

PRODUCTGRAPH_FUNCTION(sequence_counts) {
  PG_RETURN_INT64(Count(fcinfo, std::numeric_limits<std::int64_t>::max()));
}

PRODUCTGRAPH_FUNCTION(sequence_times) {
  SequenceState* state;
  const Pattern* pattern;
  if (!Prepare(fcinfo, &state, &pattern)) return TimeArray({});
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  std::span<const std::int64_t> times;
  Compute([&] {
    auto* const found = new (memory->allocate(sizeof(std::pmr::vector<core::Micros>)))
        std::pmr::vector<core::Micros>(core::LongestMatch(*pattern, state->rows(), CancelToken(), memory));
    times = *found;
  });
  return TimeArray(times);
}
