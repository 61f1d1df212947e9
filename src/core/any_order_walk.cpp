// Steps in any order: the rows that can serve different steps form a transversal matroid, so taking each row
// that still fits, in order of time, takes the most steps that can be taken and each as early as can be.
#include <algorithm>
#include <bit>

#include "src/core/attempt_walk.hpp"

namespace productgraph::core {
namespace {

// Which row serves which step, so far.
class Assignment {
 public:
  explicit Assignment(int steps) : steps_(steps) { level_.fill(0); }

  // The steps of which a row that has any can be added, moving others to other steps if need be.
  StepMask open() const { return open_; }

  // Adds a row with any of the open steps.
  void Add(StepMask row) {
    for (;;) {
      const int step = NearestOpen(row);
      const bool was_free = level_[step] == 0;
      std::swap(row, row_[step]);
      if (was_free) break;
    }
    UpdateOpen();
  }

 private:
  // Of the row's open steps, the one with the fewest moves from a free one.
  int NearestOpen(StepMask row) const {
    int nearest = -1;
    for (StepMask left = row & open_; left != 0; left &= left - 1) {
      const int step = std::countr_zero(left);
      if (nearest < 0 || level_[step] < level_[nearest]) nearest = step;
    }
    return nearest;
  }

  // A step is open when it is free, or when its row can move to an open one.
  void UpdateOpen() {
    open_ = 0;
    for (int step = 0; step < steps_; ++step) {
      if (row_[step] == 0) open_ |= StepMask{1} << step;
    }
    for (int step = 0; step < steps_; ++step) level_[step] = 0;
    for (int level = 1;; ++level) {
      StepMask opened = 0;
      for (int step = 0; step < steps_; ++step) {
        const StepMask bit = StepMask{1} << step;
        if (!(open_ & bit) && (row_[step] & open_)) {
          opened |= bit;
          level_[step] = level;
        }
      }
      if (opened == 0) return;
      open_ |= opened;
    }
  }

  const int steps_;
  StepMask open_ = FirstSteps(steps_);
  std::array<StepMask, kMaxSteps> row_{};  // the steps that the row which serves this one fits; 0 = free
  std::array<int, kMaxSteps> level_;       // moves from a free step
};

}  // namespace

AttemptWalk AnyOrderWalk::Walk(std::size_t start) const {
  AttemptWalk walk;
  FunnelChain& chain = walk.chain;
  const Micros deadline = Deadline(start, options_.beginning());
  const StepMask steps = FirstSteps(options_.steps);
  Assignment assignment(options_.steps);
  std::size_t row = index_.NextOfAny(steps, TimeBegin(start, 0));
  while (row < size() && rows_[row].ts <= deadline) {
    chain.times[chain.depth++] = rows_[row].ts;
    assignment.Add(rows_[row].mask & steps);
    if (chain.depth == options_.steps) break;
    row = index_.NextOfAny(assignment.open(), row + 1);
  }
  walk.next = TimeEnd(start);
  walk.end = chain.depth == options_.steps ? TimeEnd(row) : After(deadline, start);
  // What an exclusion lies between are the first and the last step.
  std::array<std::size_t, kMaxSteps> ends{};
  ends[0] = walk.next;
  ApplyExclusions(deadline, ends, &walk);
  return walk;
}

}  // namespace productgraph::core
