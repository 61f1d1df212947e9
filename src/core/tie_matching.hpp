// Assigns rows that share one time to consecutive steps, each row to at most one step.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "src/core/step_rows.hpp"

namespace productgraph::core {

class TieMatching {
 public:
  // `rows` share a time. Of each step at most `steps` rows are kept: more can never be needed, because in any
  // assignment a step can move to one of its kept rows that the others leave free.
  TieMatching(std::span<const StepRow> rows, int steps);

  // The largest end such that the steps first, first + 1, … end - 1 (from 0) can be served by different rows.
  int Extend(int first);

 private:
  static constexpr int kMaxRows = kMaxSteps * kMaxSteps;
  static constexpr std::int16_t kNone = -1;

  bool Augment(int step);

  const int steps_;
  int rows_ = 0;
  std::array<StepMask, kMaxRows> masks_;
  std::array<std::int16_t, kMaxRows> step_of_row_;
};

}  // namespace productgraph::core
