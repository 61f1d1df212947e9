#include "src/core/tie_matching.hpp"

#include <bit>

#include <gtest/gtest.h>

#include <vector>

#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

// The largest end such that the steps from `step` on get different rows, by trying all assignments.
int FarthestEnd(const Rows& rows, int steps, int step, std::vector<bool>* used) {
  if (step == steps) return step;
  int farthest = step;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if ((*used)[i] || !(rows[i].mask >> step & 1)) continue;
    (*used)[i] = true;
    farthest = std::max(farthest, FarthestEnd(rows, steps, step + 1, used));
    (*used)[i] = false;
  }
  return farthest;
}

TEST(TieMatching, AgreesWithTryingEverything) {
  Random random(11);
  for (int round = 0; round < 30'000; ++round) {
    const int steps = random.Between(1, 5);
    const bool sparse = random.OneIn(2);
    Rows rows;
    for (int i = random.Below(7); i > 0; --i) {
      StepMask mask = static_cast<StepMask>(random.Next());
      if (sparse) mask &= static_cast<StepMask>(random.Next());
      rows.push_back({0, mask & ((StepMask{1} << steps) - 1)});
    }
    TieMatching matching(rows, steps);
    for (int i = 0; i < 2 * steps; ++i) {
      const int first = random.Below(steps);  // in any order, more than once: nothing may stay behind
      std::vector<bool> used(rows.size(), false);
      ASSERT_EQ(first + std::popcount(matching.Serve(first)), FarthestEnd(rows, steps, first, &used));
    }
  }
}

TEST(TieMatching, KeepsEnoughOfManyRows) {
  Random random(12);
  for (int round = 0; round < 300; ++round) {
    // Each step has one row of its own, hidden among many that serve the lower half only.
    Rows rows(static_cast<std::size_t>(random.Between(0, 3'000)), StepRow{0, 0x0000FFFF});
    for (int step = 0; step < kMaxSteps; ++step) rows.push_back({0, StepMask{1} << step});
    Shuffle(&rows, &random);
    TieMatching matching(rows, kMaxSteps);
    ASSERT_EQ(std::popcount(matching.Serve(0)), kMaxSteps);
    ASSERT_EQ(20 + std::popcount(matching.Serve(20)), kMaxSteps);
  }
}

TEST(TieMatching, AugmentsAlongTheLongestPath) {
  // Row i serves the steps i and i + 1, so the last step moves every row before it by one.
  Rows rows;
  for (int i = kMaxSteps - 1; i > 0; --i) rows.push_back({0, StepMask{3} << (i - 1)});
  EXPECT_EQ(std::popcount(TieMatching(rows, kMaxSteps).Serve(0)), kMaxSteps - 1) << "31 rows for 32 steps";
  rows.push_back({0, 1});
  EXPECT_EQ(std::popcount(TieMatching(rows, kMaxSteps).Serve(0)), kMaxSteps);
}

}  // namespace
}  // namespace productgraph::core
