#include "src/core/sessionizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

std::vector<std::int64_t> Sessions(const std::vector<Micros>& times, Micros gap) {
  Sessionizer sessionizer;
  std::vector<std::int64_t> sessions;
  for (const Micros ts : times)
    sessions.push_back(sessionizer.Next(ts, AddMicros(sessionizer.FromEarlier(ts), gap)));
  return sessions;
}

struct Case {
  const char* name;
  std::vector<Micros> times;
  Micros gap;
  std::vector<std::int64_t> sessions;
};

TEST(Sessionizer, Vectors) {
  const Case cases[] = {
      {"no rows", {}, 5, {}},
      {"one row", {7}, 5, {1}},
      {"an equal gap stays", {0, 5, 10}, 5, {1, 1, 1}},
      {"a larger one does not", {0, 6, 11, 17}, 5, {1, 2, 2, 3}},
      {"a gap of nothing", {0, 0, 1, 1}, 0, {1, 1, 2, 2}},
      {"descending", {17, 11, 6, 0}, 5, {1, 2, 2, 3}},
      {"infinities", {kMinusInfinity, kMinusInfinity, 0, kInfinity, kInfinity}, 5, {1, 1, 2, 3, 3}},
      {"the far ends", {kMinusInfinity + 1, 0, kInfinity - 1}, 5, {1, 2, 3}},
      {"an endless gap", {kMinusInfinity + 1, 0, kInfinity - 1}, kInfinity, {1, 1, 1}},
  };
  for (const Case& c : cases) EXPECT_EQ(Sessions(c.times, c.gap), c.sessions) << c.name;
}

TEST(Sessionizer, AgreesWithCountingGaps) {
  Random random(10);
  for (int round = 0; round < 20'000; ++round) {
    const Micros gap = random.Below(6);
    std::vector<Micros> times;
    for (int i = random.Below(12); i > 0; --i) times.push_back(random.Between(-30, 30));
    std::sort(times.begin(), times.end());
    if (random.OneIn(2)) std::reverse(times.begin(), times.end());
    std::vector<std::int64_t> expected;
    for (std::size_t i = 0; i < times.size(); ++i) {
      std::int64_t session = 1;
      for (std::size_t j = 1; j <= i; ++j) session += std::abs(times[j] - times[j - 1]) > gap;
      expected.push_back(session);
    }
    ASSERT_EQ(Sessions(times, gap), expected);
  }
}

}  // namespace
}  // namespace productgraph::core
