#include "src/core/funnel.hpp"

#include <algorithm>

#include "src/core/tie_matching.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 1024;  // groups of rows between two looks at the stop token

// The chain of the latest start that has reached a certain step so far. Of all chains that got there it
// leaves the most time, so no other one is needed.
struct Slot {
  bool set = false;
  Micros deadline = 0;
  std::array<Micros, kMaxSteps> times;
};

class Matcher {
 public:
  Matcher(const FunnelWindow& window, const FunnelOptions& options) : window_(window), options_(options) {}

  // Takes the rows of one time; `first` is the index of the first of them.
  void Take(std::span<const StepRow> rows, std::size_t first) {
    if (!options_.once) {
      StepMask all = 0;
      for (const StepRow& row : rows) all |= row.mask;
      TakeAscending(all, rows, first);
    } else if (rows.size() == 1) {
      TakeDescending(rows, first);
    } else {
      TakeMatched(rows, first);
    }
  }

  bool Complete() const { return best_.depth == options_.steps; }
  const FunnelChain& best() const { return best_; }

 private:
  // A row may serve several steps: each step sees what the one before it has just reached.
  void TakeAscending(StepMask mask, std::span<const StepRow> rows, std::size_t first) {
    for (int step = 0; step < options_.steps; ++step) {
      if ((mask >> step) & 1) Reach(step, step + 1, rows, first);
    }
  }

  // One row for one step: each step sees only what was reached before this row.
  void TakeDescending(std::span<const StepRow> rows, std::size_t first) {
    for (int step = options_.steps - 1; step >= 0; --step) {
      if ((rows[0].mask >> step) & 1) Reach(step, step + 1, rows, first);
    }
  }

  // Rows of one time for different steps, from each depth reached before them.
  void TakeMatched(std::span<const StepRow> rows, std::size_t first) {
    TieMatching matching(rows, options_.steps);
    for (int step = options_.steps - 1; step >= 0; --step) {
      if (step > 0 && !Open(step - 1, rows[0].ts)) continue;
      Reach(step, matching.Extend(step), rows, first);
    }
  }

  bool Open(int step, Micros ts) const { return slots_[step].set && ts <= slots_[step].deadline; }

  // The chain that reached the step before `step` goes on through the steps up to `end`, all at the rows'
  // time.
  void Reach(int step, int end, std::span<const StepRow> rows, std::size_t first) {
    const Micros ts = rows[0].ts;
    for (; step < end; ++step) {
      Slot& slot = slots_[step];
      if (step == 0) {
        slot.set = true;
        slot.times[0] = ts;
        slot.deadline = Deadline(rows, first);
      } else {
        if (!Open(step - 1, ts)) return;
        const Slot& previous = slots_[step - 1];
        // A chain of the same start got here before: its steps are the earlier ones.
        if (slot.set && slot.times[0] >= previous.times[0]) continue;
        std::copy_n(previous.times.begin(), step, slot.times.begin());
        slot.times[step] = ts;
        slot.deadline = previous.deadline;
        slot.set = true;
      }
      Consider(step + 1, slot.times);
    }
  }

  // Deeper wins; at equal depth and time the later start does, and an earlier completion is never given up.
  void Consider(int depth, const std::array<Micros, kMaxSteps>& times) {
    const bool deeper = depth > best_.depth;
    const bool later_start =
        depth == best_.depth && times[depth - 1] == best_.times[depth - 1] && times[0] > best_.times[0];
    if (!deeper && !later_start) return;
    best_.depth = depth;
    std::copy_n(times.begin(), depth, best_.times.begin());
  }

  Micros Deadline(std::span<const StepRow> rows, std::size_t first) const {
    if (window_.deadlines.empty()) return AddMicros(rows[0].ts, window_.length);
    std::size_t opening = 0;
    while (!(rows[opening].mask & 1)) ++opening;
    return window_.deadlines[first + opening];
  }

  const FunnelWindow& window_;
  const FunnelOptions& options_;
  std::array<Slot, kMaxSteps> slots_;
  FunnelChain best_;
};

}  // namespace

FunnelChain MatchFunnel(std::span<const StepRow> rows, const FunnelWindow& window,
                        const FunnelOptions& options, const StopToken& stop) {
  Matcher matcher(window, options);
  std::size_t groups = 0;
  for (std::size_t first = 0; first < rows.size() && !matcher.Complete();) {
    if (groups++ % kStopInterval == 0) stop.ThrowIfRequested();
    std::size_t end = first + 1;
    while (end < rows.size() && rows[end].ts == rows[first].ts) ++end;
    matcher.Take(rows.subspan(first, end - first), first);
    first = end;
  }
  return matcher.best();
}

}  // namespace productgraph::core
