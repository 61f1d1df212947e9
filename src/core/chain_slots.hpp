// For each step of a funnel, the chain to remember of those that have reached it.
#pragma once

#include <array>

#include "src/core/funnel.hpp"
#include "src/core/step_rows.hpp"

namespace productgraph::core {

// A slot holds the chain that started last, or with `by_deadline` the one whose window ends last: it has the
// most of its window left, so no other one is needed. The two differ where the clock is turned back and the
// window is of days, and where every step opens a window. Steps count from 0. Reached steps stay reached and
// always are a prefix.
class ChainSlots {
 public:
  explicit ChainSlots(bool by_deadline) : by_deadline_(by_deadline) {}

  bool reached(int step) const { return (reached_ >> step) & 1; }
  const FunnelChain& best() const { return best_; }
  // Forgets that the best chain went beyond `depth`.
  void LimitDepth(int depth);

  // A chain starts at ts.
  void Start(Micros ts, Micros deadline);
  // Whether the chain that reached the step before may take this one at ts.
  bool IsOpen(int step, Micros ts) const { return reached(step - 1) && ts <= slots_[step - 1].deadline; }
  Micros last_time(int step) const { return slots_[step].times[step]; }
  // The end of the window of the chain that reached this step.
  Micros deadline(int step) const { return slots_[step].deadline; }
  // It takes it, and its window ends at `deadline` from then on. A chain that got here before with no less of
  // its window left is kept unless `replace`: its steps are the earlier ones.
  void Take(int step, Micros ts, Micros deadline, bool replace);
  // Whether no chain may take any step at ts or later.
  bool AllClosed(Micros ts) const;

 private:
  struct Slot {
    Micros deadline;
    std::array<Micros, kMaxSteps> times;
  };

  void Consider(int depth);

  const bool by_deadline_;
  StepMask reached_ = 0;
  std::array<Slot, kMaxSteps> slots_;  // of reached steps only
  FunnelChain best_;
};

}  // namespace productgraph::core
