#include "src/core/tie_matching.hpp"

#include <algorithm>

namespace productgraph::core {

TieMatching::TieMatching(std::span<const StepRow> rows, int steps) : steps_(steps) {
  std::array<int, kMaxSteps> kept{};
  for (const StepRow& row : rows) {
    bool needed = false;
    for (int step = 0; step < steps; ++step) needed |= ((row.mask >> step) & 1) && kept[step] < steps;
    if (!needed) continue;
    for (int step = 0; step < steps; ++step) kept[step] += (row.mask >> step) & 1;
    masks_[rows_++] = row.mask;
  }
}

StepMask TieMatching::Serve(int first, StepMask optional) {
  std::fill_n(step_of_row_.begin(), rows_, kNone);
  StepMask served = 0;
  for (int step = first; step < steps_; ++step) {
    const StepMask bit = StepMask{1} << step;
    if (Augment(step)) {
      served |= bit;
    } else if (!(optional & bit)) {
      break;
    }
  }
  return served;
}

// One round of Kuhn's algorithm, breadth first: gives `step` a row, moving other steps to other rows if need
// be.
bool TieMatching::Augment(int step) {
  std::array<std::int16_t, kMaxRows> reached_from;  // the step that wants this row
  std::array<std::int16_t, kMaxSteps> row_of_step;
  std::array<std::int16_t, kMaxSteps> queue;
  std::fill_n(reached_from.begin(), rows_, kNone);
  row_of_step.fill(kNone);
  for (int row = 0; row < rows_; ++row) {
    if (step_of_row_[row] != kNone) row_of_step[step_of_row_[row]] = static_cast<std::int16_t>(row);
  }
  int head = 0, tail = 0;
  queue[tail++] = static_cast<std::int16_t>(step);
  while (head < tail) {
    const std::int16_t wanting = queue[head++];
    for (int row = 0; row < rows_; ++row) {
      if (reached_from[row] != kNone || !((masks_[row] >> wanting) & 1)) continue;
      reached_from[row] = wanting;
      if (step_of_row_[row] != kNone) {
        queue[tail++] = step_of_row_[row];
        continue;
      }
      for (std::int16_t free_row = static_cast<std::int16_t>(row); free_row != kNone;) {
        const std::int16_t taker = reached_from[free_row];
        const std::int16_t given_up = row_of_step[taker];
        step_of_row_[free_row] = taker;
        free_row = given_up;
      }
      return true;
    }
  }
  return false;
}

}  // namespace productgraph::core
