#include "src/core/step_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

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

TEST(StepRows, SortsByTimeAndMaskWhateverComesSortedAlready) {
  Random random(10);
  for (int round = 0; round < 2'000; ++round) {
    Rows rows;
    for (int i = random.Below(30); i > 0; --i)
      rows.push_back({random.Below(6), static_cast<StepMask>(random.Below(4))});
    const auto by_time = [](const StepRow& a, const StepRow& b) { return a.ts < b.ts; };
    if (random.OneIn(2)) std::stable_sort(rows.begin(), rows.end(), by_time);
    std::map<std::pair<Micros, StepMask>, int> counts;
    for (const StepRow& row : rows) ++counts[{row.ts, row.mask}];
    SortRows(rows, StopToken());
    auto row = rows.begin();
    for (const auto& [expected, count] : counts) {
      for (int i = 0; i < count; ++i, ++row) ASSERT_EQ(std::pair(row->ts, row->mask), expected);
    }
  }
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
