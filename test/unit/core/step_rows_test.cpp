#include "src/core/step_rows.hpp"

#include <gtest/gtest.h>

#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

struct SumCase {
  Micros time;
  Micros interval;
  Micros sum;
};

TEST(StepRows, AddMicrosNeverOverflows) {
  const SumCase cases[] = {
      {0, 0, 0},
      {1, 2, 3},
      {1, -2, -1},
      {kInfinity, 5, kInfinity},
      {kInfinity, -5, kInfinity},
      {kInfinity, kMinusInfinity, kInfinity},
      {kMinusInfinity, 5, kMinusInfinity},
      {kMinusInfinity, kInfinity, kMinusInfinity},
      {kInfinity - 1, 1, kInfinity},
      {kInfinity - 1, 2, kInfinity},
      {1, kInfinity, kInfinity},
      {kMinusInfinity + 1, -1, kMinusInfinity},
      {kMinusInfinity + 1, -2, kMinusInfinity},
      {-1, kMinusInfinity, kMinusInfinity},
      {kInfinity - 1, kMinusInfinity + 1, -1},
  };
  for (const SumCase& c : cases)
    EXPECT_EQ(AddMicros(c.time, c.interval), c.sum) << c.time << " + " << c.interval;
}

TEST(StepRows, SortingStopsWhenAsked) {
  volatile std::sig_atomic_t flag = 1;
  Rows rows;
  Random random(9);
  for (int i = 0; i < 200'000; ++i) rows.push_back({random.Below(1'000'000), 1});
  EXPECT_THROW(SortRows(rows, StopToken(&flag)), Error);
  flag = 0;
  SortRows(rows, StopToken(&flag));
  for (std::size_t i = 1; i < rows.size(); ++i) ASSERT_LE(rows[i - 1].ts, rows[i].ts);
}

}  // namespace
}  // namespace productgraph::core
