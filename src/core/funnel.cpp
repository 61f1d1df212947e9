#include "src/core/funnel.hpp"

#include <algorithm>
#include <bit>

#include "src/core/chain_slots.hpp"
#include "src/core/simple_chain.hpp"
#include "src/core/tie_matching.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 1024;  // groups of rows between two looks at the stop token

using Rows = std::span<const StepRow>;

int CountRows(Rows rows, int step) {
  int count = 0;
  for (const StepRow& row : rows) count += (row.mask >> step) & 1;
  return count;
}

StepMask AllSteps(Rows rows) {
  StepMask all = 0;
  for (const StepRow& row : rows) all |= row.mask;
  return all;
}

// Takes the rows of one time after another. Steps count from 0 here.
class Matcher {
 public:
  // With `only_first` no chain starts after the first one.
  Matcher(Rows all_rows, const FunnelWindow& window, const FunnelOptions& options, bool only_first)
      : all_rows_(all_rows),
        window_(window),
        options_(options),
        only_first_(only_first),
        slots_(options.once) {}

  const FunnelChain& best() const { return slots_.best(); }
  bool Ended() const { return ended_ || best().depth == options_.steps; }
  // Whether there is a chain, and none can go on at ts or later.
  bool AllClosed(Micros ts) const { return slots_.reached(0) && slots_.AllClosed(ts); }

  // The rows of one time, of which the first has the index `first`.
  void Take(std::size_t first, std::size_t end) {
    rows_ = all_rows_.subspan(first, end - first);
    // Rows of no step sort first.
    if (options_.strict_order && rows_[0].mask == 0 && slots_.reached(0)) {
      ended_ = true;
      return;
    }
    StepMask all = AllSteps(rows_);
    if (only_first_ && slots_.reached(0)) all &= ~StepMask{1};
    const StepMask opening = options_.per_step ? all : all & 1;
    if (opening != 0) deadline_ = window_.Deadline(all_rows_, first, opening);
    if (!options_.once)
      TakeEntries(all);
    else if (options_.strict_deduplication)
      TakeOnceDeduplicated(all);
    else
      TakeOnce(all, options_.steps);
    if (options_.once && !ended_) EndIfOutOfOrder(all);
  }

 private:
  Micros ts() const { return rows_[0].ts; }

  // A row may serve several steps: steps in ascending order, each sees what the one before it has just
  // reached.
  void TakeEntries(StepMask all) {
    for (StepMask left = all; left != 0 && !ended_; left &= left - 1) {
      const int step = std::countr_zero(left);
      const bool repeated = options_.strict_deduplication && step > 0 && CountRows(rows_, step) > 1;
      TakeEntry(step);
      if (repeated && !ended_) TakeEntry(step);
    }
  }

  void TakeEntry(int step) {
    if (step == 0) {
      slots_.Start(ts(), deadline_);
    } else if (options_.strict_deduplication && slots_.reached(step)) {
      ended_ = true;
    } else if (options_.strict_order && slots_.reached(0) && !slots_.reached(step - 1)) {
      ended_ = !options_.allow_reentry;
    } else if (slots_.IsOpen(step, ts()) &&
               (!options_.strict_increase || slots_.last_time(step - 1) < ts())) {
      slots_.Take(step, ts(), DeadlineOf(step), options_.strict_increase);
    }
  }

  // Rows of one time serve different steps below `end`, going on from each depth that was reached before
  // them. Deeper ones first, so that no chain takes a row twice.
  void TakeOnce(StepMask all, int end) {
    if (rows_.size() == 1 || options_.strict_increase) {
      for (int step = end - 1; step >= 0; --step) {
        if ((all >> step) & 1) TakeRun(step, step + 1);
      }
      return;
    }
    TieMatching matching(rows_, end);
    for (int step = end - 1; step >= 0; --step) {
      if (((all >> step) & 1) && (step == 0 || slots_.IsOpen(step, ts())))
        TakeRun(step, step + std::popcount(matching.Serve(step)));
    }
  }

  // The chain that reached the step before `step` takes the steps up to `end`, all at this time.
  void TakeRun(int step, int end) {
    for (; step < end; ++step) {
      if (step == 0) {
        slots_.Start(ts(), deadline_);
      } else if (slots_.IsOpen(step, ts())) {
        slots_.Take(step, ts(), DeadlineOf(step), false);
      } else {
        return;
      }
    }
  }

  // The lowest step that these rows repeat ends the scan; nothing beyond it counts.
  void TakeOnceDeduplicated(StepMask all) {
    int end = options_.steps;
    StepMask fresh = 0;
    for (int step = 1; step < end; ++step) {
      if (!((all >> step) & 1)) continue;
      if (slots_.reached(step)) {
        end = step;
        ended_ = true;
      } else {
        fresh |= StepMask{1} << step;
      }
    }
    TakeOnce(all, end);
    for (; fresh != 0; fresh &= fresh - 1) {
      const int step = std::countr_zero(fresh);
      if (step >= end || !slots_.reached(step) || CountRows(rows_, step) < 2) continue;
      slots_.LimitDepth(step + 1);
      ended_ = true;
      return;
    }
  }

  // With strict_order, a step whose predecessor is not reached ends the scan.
  void EndIfOutOfOrder(StepMask all) {
    if (!options_.strict_order || options_.allow_reentry || !slots_.reached(0)) return;
    for (int step = 1; step < options_.steps; ++step) {
      if (((all >> step) & 1) && !slots_.reached(step - 1)) ended_ = true;
    }
  }

  // Of a chain that takes this step now.
  Micros DeadlineOf(int step) const { return options_.per_step ? deadline_ : slots_.deadline(step - 1); }

  const Rows all_rows_;
  const FunnelWindow& window_;
  const FunnelOptions& options_;
  const bool only_first_;
  ChainSlots slots_;
  Rows rows_;            // of the current time
  Micros deadline_ = 0;  // of a window that opens now
  bool ended_ = false;
};

std::size_t EndOfTime(Rows rows, std::size_t first) {
  std::size_t end = first + 1;
  while (end < rows.size() && rows[end].ts == rows[first].ts) ++end;
  return end;
}

// What MatchFunnel answers where SimpleChain can tell.
bool MatchSimple(Rows rows, const FunnelWindow& window, int steps, FunnelChain* best) {
  SimpleChain chain(steps);
  for (std::size_t i = 0; i < rows.size() && !chain.IsSettled(rows[i].ts); ++i) {
    const StepMask mask = rows[i].mask;
    if (!chain.Take(rows[i].ts, mask, mask & 1 ? window.Deadline(rows, i, 1) : 0)) return false;
  }
  best->depth = chain.depth();
  std::copy_n(chain.times(), chain.depth(), best->times.begin());
  return true;
}

}  // namespace

FunnelChain MatchFunnel(std::span<const StepRow> rows, const FunnelWindow& window,
                        const FunnelOptions& options, const StopToken& stop) {
  if (options.is_simple() && rows.size() <= kStopInterval) {
    FunnelChain simple;
    if (MatchSimple(rows, window, options.steps, &simple)) return simple;
  }
  Matcher matcher(rows, window, options, false);
  std::size_t groups = 0;
  for (std::size_t first = 0; first < rows.size() && !matcher.Ended();) {
    if (groups++ % kStopInterval == 0) stop.ThrowIfRequested();
    const std::size_t end = EndOfTime(rows, first);
    matcher.Take(first, end);
    first = end;
  }
  return matcher.best();
}

FunnelChain MatchFirstChain(std::span<const StepRow> rows, const FunnelWindow& window,
                            const FunnelOptions& options, const StopToken& stop, std::size_t* end) {
  Matcher matcher(rows, window, options, true);
  std::size_t groups = 0;
  *end = 0;
  while (*end < rows.size() && !matcher.Ended() && !matcher.AllClosed(rows[*end].ts)) {
    if (groups++ % kStopInterval == 0) stop.ThrowIfRequested();
    const std::size_t first = *end;
    *end = EndOfTime(rows, first);
    matcher.Take(first, *end);
  }
  return matcher.best();
}

}  // namespace productgraph::core
