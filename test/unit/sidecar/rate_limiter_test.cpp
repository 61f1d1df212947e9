#include "rate_limiter.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace productgraph::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using TimePoint = RateLimiter::Clock::time_point;

const TimePoint kStart{seconds(1'000'000)};

TEST(RateLimiter, GivesABurstAndThenTheRate) {
  RateLimiter limiter(10, 2, 1024, "seed");
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(limiter.Take("a", kStart)) << i;
  EXPECT_EQ(limiter.Take("a", kStart), milliseconds(100));
  EXPECT_EQ(limiter.Take("a", kStart + milliseconds(60)), milliseconds(40));
  EXPECT_FALSE(limiter.Take("a", kStart + milliseconds(100)));
  EXPECT_TRUE(limiter.Take("a", kStart + milliseconds(100)));
  EXPECT_FALSE(limiter.Take("b", kStart));
  // Full again after silence, and no fuller.
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(limiter.Take("a", kStart + seconds(60))) << i;
  EXPECT_TRUE(limiter.Take("a", kStart + seconds(60)));
}

TEST(RateLimiter, HoldsOneRequestWithoutBurst) {
  RateLimiter limiter(1, 0, 1024, "seed");
  EXPECT_FALSE(limiter.Take("a", kStart));
  EXPECT_EQ(limiter.Take("a", kStart), seconds(1));
}

TEST(RateLimiter, OfNoneLimitsNobody) {
  RateLimiter limiter(0, 10, 1024, "seed");
  EXPECT_FALSE(limiter.Enabled());
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(limiter.Take("a", kStart));
}

// Against a bucket that is filled by counting.
TEST(RateLimiter, EqualsCountingTokens) {
  constexpr int kPerSecond = 4;
  constexpr double kBurst = kPerSecond * 3;
  struct Tokens {
    double left = kBurst;
    TimePoint seen = kStart;
  };
  RateLimiter limiter(kPerSecond, 3, 1024, "seed");
  std::map<std::string, Tokens> oracle;
  std::mt19937 random(7);
  TimePoint now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    now += milliseconds(random() % 3 * 125);
    const std::string name(1, static_cast<char>('a' + random() % 3));
    Tokens& tokens = oracle[name];
    tokens.left =
        std::min(kBurst, tokens.left + kPerSecond * std::chrono::duration<double>(now - tokens.seen).count());
    tokens.seen = now;
    const bool allowed = tokens.left >= 1;
    tokens.left -= allowed;
    ASSERT_EQ(!limiter.Take(name, now), allowed) << i;
  }
}

// Ten times the names there is room for: whoever is held back stays so.
TEST(RateLimiter, AFloodOfNamesFreesNobody) {
  RateLimiter limiter(1, 60, 1024, "seed");
  while (!limiter.Take("hog", kStart)) continue;
  for (int i = 0; i < 10'240; ++i) limiter.Take("name " + std::to_string(i), kStart);
  EXPECT_TRUE(limiter.Take("hog", kStart));
}

}  // namespace
}  // namespace productgraph::sidecar
