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

  // The steps (from 0) that different rows can serve, from `first` on, each as soon as the ones before it
  // allow, up to one that finds no row; `optional` ones that find none are passed over.
  StepMask Serve(int first, StepMask optional = 0);

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
