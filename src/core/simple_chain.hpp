// The funnel kernel for the most common question, at a fraction of the cost of the general one: nothing but
// the order of the steps and the window matter, a row serves one step, and no two rows of one time matter to
// each other.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "src/core/step_rows.hpp"

namespace productgraph::core {

// Takes rows in the order of time. What it finds is what MatchFunnel would.
class SimpleChain {
 public:
  // 1 to kMaxSteps.
  explicit SimpleChain(int steps) : steps_(steps) {}

  // Starts anew.
  void Reset() {
    depth_ = 0;
    last_ = {kMinusInfinity, 0};
  }

  // A row, and the end of the window that opens with it, needed when it is of step 1. False, and nothing may
  // be asked afterwards, when the general kernel is needed, since it shares its time with another one.
  bool Take(Micros ts, StepMask mask, Micros deadline) {
    if (mask == 0) return true;
    if (ts == last_.ts) {
      // The same again is fine, where one of the two serves all that both could.
      return mask == last_.mask && std::has_single_bit(mask);
    }
    last_ = {ts, mask};
    if (mask == 1) {
      Start(ts, deadline);
      return true;
    }
    // Deeper steps first, so that no chain takes the row twice.
    for (StepMask left = mask & FirstSteps(std::min(depth_ + 1, steps_)); left != 0;) {
      const int step = std::bit_width(left) - 1;
      left &= ~(StepMask{1} << step);
      if (step == 0)
        Start(ts, deadline);
      else
        TakeStep(step, ts);
    }
    return true;
  }

  // Whether no row at this time or later can make a difference.
  bool IsSettled(Micros ts) const { return depth_ == steps_ && ts != last_.ts; }
  int depth() const { return depth_; }
  // The times of the steps of the best chain, `depth` of them.
  const Micros* times() const { return best_; }

 private:
  void Start(Micros ts, Micros deadline) {
    if (depth_ > 0 && chains_[0].deadline > deadline) return;
    chains_[0].deadline = deadline;
    Reach(0, ts);
  }

  // As ChainSlots::Take, by deadline.
  void TakeStep(int step, Micros ts) {
    const Chain& previous = chains_[step - 1];
    if (ts > previous.deadline) return;
    Chain& chain = chains_[step];
    if (step < depth_ && (previous.deadline < chain.deadline ||
                          (previous.deadline == chain.deadline && previous.times[0] <= chain.times[0])))
      return;
    chain.deadline = previous.deadline;
    CopyTimes(previous.times, step, chain.times);
    Reach(step, ts);
  }

  void Reach(int step, Micros ts) {
    chains_[step].times[step] = ts;
    if (step < depth_) return;
    // The first chain that gets so deep completes before all others that do.
    depth_ = step + 1;
    CopyTimes(chains_[step].times, depth_, best_);
  }

  // Four at a time, so that how many there are is hardly ever a branch to foresee.
  static void CopyTimes(const Micros* from, int count, Micros* to) {
    static_assert(kMaxSteps % 4 == 0);
    for (int i = 0; i < count; i += 4) std::memcpy(to + i, from + i, 4 * sizeof(Micros));
  }

  // Of each step reached the chain to remember, as ChainSlots has it.
  struct Chain {
    Micros deadline;
    Micros times[kMaxSteps];
  };

  const int steps_;
  int depth_ = 0;  // steps reached, always a prefix
  StepRow last_ = {kMinusInfinity, 0};
  Chain chains_[kMaxSteps];
  Micros best_[kMaxSteps];
};

}  // namespace productgraph::core
