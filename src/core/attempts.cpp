#include "src/core/attempts.hpp"

#include "src/core/attempt_walk.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 256;  // attempts between two looks at the stop token

FunnelOptions ChainOptions(const AttemptOptions& options) {
  FunnelOptions chain;
  chain.steps = options.steps;
  chain.once = true;
  chain.per_step = options.per_step;
  return chain;
}

template <class Walk>
FunnelChain Best(Walk walks, const AttemptOptions& options, const StopToken& stop) {
  FunnelChain best;
  std::size_t attempts = 0;
  for (std::size_t start = walks.Start(0); start < walks.size();) {
    if (attempts++ % kStopInterval == 0) stop.ThrowIfRequested();
    const AttemptWalk walk = walks.Walk(start);
    if (!walk.broken && walk.chain.IsBetterThan(best)) best = walk.chain;
    // Later attempts complete no earlier.
    if (best.depth == options.steps && walk.chain.times[0] > best.completed_at()) break;
    start = walks.Start(walk.next);
  }
  return best;
}

template <class Walk>
void ForEach(Walk walks, const StopToken& stop, const std::function<void(const FunnelChain&)>& visit) {
  std::size_t attempts = 0;
  for (std::size_t start = walks.Start(0); start < walks.size();) {
    if (attempts++ % kStopInterval == 0) stop.ThrowIfRequested();
    const AttemptWalk walk = walks.Walk(start);
    if (!walk.broken && walk.chain.depth > 0) visit(walk.chain);
    start = walks.Start(walk.end);
  }
}

// With the window from step to step an attempt has many chains.
void ForEachPerStep(std::span<const StepRow> rows, const FunnelWindow& window, const AttemptOptions& options,
                    const StopToken& stop, const std::function<void(const FunnelChain&)>& visit) {
  FunnelWindow rest = window;
  while (!rows.empty()) {
    std::size_t end = 0;
    const FunnelChain chain = MatchFirstChain(rows, rest, ChainOptions(options), stop, &end);
    if (chain.depth > 0) visit(chain);
    rows = rows.subspan(end);
    if (!rest.deadlines.empty()) rest.deadlines = rest.deadlines.subspan(end);
  }
}

}  // namespace

StepMask AttemptOptions::opening() const {
  return per_step ? FirstSteps(steps) : beginning();
}

const char* AttemptOptions::Problem() const {
  if (conditions() > kMaxSteps)
    return order == StepOrder::kAny ? "steps and exclusions may be 31 at most when steps come in any order"
                                    : "steps and exclusions may be 32 at most";
  if (optional & 1) return "the first step cannot be optional";
  if (optional >> (steps - 1)) return "the last step cannot be optional";
  if (per_step && order == StepOrder::kAny) return "steps in any order need a window from the first one";
  if (optional != 0 && order == StepOrder::kAny) return "steps in any order cannot be optional";
  if (per_step && order == StepOrder::kOrdered && (optional != 0 || exclusions != 0))
    return "optional steps and exclusions need a window from the first step, or the strict order";
  for (int i = 0; i < exclusions; ++i) {
    const Exclusion& exclusion = excluded[i];
    if (exclusion.after < 1 || exclusion.after >= exclusion.before || exclusion.before > steps)
      return "an exclusion must lie between two steps, the later one after the earlier one";
    if ((optional >> (exclusion.after - 1) & 1) || (optional >> (exclusion.before - 1) & 1))
      return "an exclusion must not begin or end at an optional step";
    if (order == StepOrder::kAny && (exclusion.after != 1 || exclusion.before != steps))
      return "with steps in any order an exclusion must lie between the first and the last one";
  }
  return nullptr;
}

FunnelChain BestAttempt(std::span<const StepRow> rows, const FunnelWindow& window,
                        const AttemptOptions& options, std::pmr::memory_resource* memory,
                        const StopToken& stop) {
  switch (options.order) {
    case StepOrder::kStrict:
      return Best(StrictWalk(rows, window, options, memory, stop), options, stop);
    case StepOrder::kAny:
      return Best(AnyOrderWalk(rows, window, options, memory, stop), options, stop);
    case StepOrder::kOrdered:
      break;
  }
  if (options.optional == 0 && options.exclusions == 0)
    return MatchFunnel(rows, window, ChainOptions(options), stop);
  return Best(OrderedWalk(rows, window, options, memory, stop), options, stop);
}

void ForEachAttempt(std::span<const StepRow> rows, const FunnelWindow& window, const AttemptOptions& options,
                    std::pmr::memory_resource* memory, const StopToken& stop,
                    const std::function<void(const FunnelChain&)>& visit) {
  switch (options.order) {
    case StepOrder::kStrict:
      return ForEach(StrictWalk(rows, window, options, memory, stop), stop, visit);
    case StepOrder::kAny:
      return ForEach(AnyOrderWalk(rows, window, options, memory, stop), stop, visit);
    case StepOrder::kOrdered:
      break;
  }
  if (options.per_step) return ForEachPerStep(rows, window, options, stop, visit);
  ForEach(OrderedWalk(rows, window, options, memory, stop), stop, visit);
}

}  // namespace productgraph::core
