#include "src/core/funnel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

constexpr Micros kDay = 86'400 * kSecond;

// Rows that hold a number, at their times; a step is a condition on the number.
struct NumberRow {
  Micros seconds;
  int number;
};
using Condition = std::function<bool(int)>;

Rows NumberRows(const std::vector<NumberRow>& numbers, const std::vector<Condition>& steps) {
  Rows rows;
  for (const NumberRow& row : numbers) {
    StepMask mask = 0;
    for (std::size_t k = 0; k < steps.size(); ++k) mask |= StepMask{steps[k](row.number)} << k;
    rows.push_back({row.seconds * kSecond, mask});
  }
  return rows;
}

Condition Is(int number) {
  return [number](int n) { return n == number; };
}
std::vector<Condition> AreAll(const std::vector<int>& numbers) {
  std::vector<Condition> conditions;
  for (const int number : numbers) conditions.push_back(Is(number));
  return conditions;
}
std::vector<NumberRow> OneASecond(int first, int last) {
  std::vector<NumberRow> rows;
  for (int n = first; n <= last; ++n) rows.push_back({n - first, n});
  return rows;
}

struct Vector {
  const char* name;
  Rows rows;
  int steps;
  Micros window;
  int depth;
};

std::vector<Vector> Vectors() {
  const std::vector<NumberRow> nine = OneASecond(1000, 1008);
  const auto five = AreAll({1003, 1004, 1005, 1006, 1007});
  const std::vector<Condition> overlapping = {
      [](int n) { return n <= 1007; }, [](int n) { return n >= 1002; }, [](int n) { return n <= 1006; },
      [](int n) { return n >= 1004; }};
  const std::vector<NumberRow> repeated = {{0, 1000},  {10, 1001}, {20, 1002}, {30, 1003},
                                           {40, 1004}, {50, 1005}, {51, 1005}, {60, 1006}};
  const std::vector<NumberRow> tied = {{0, 1000}, {1, 1001}, {1, 1002}, {1, 1003}, {2, 1004}};
  const std::vector<NumberRow> days = {{0, 1002}, {86'400, 1004}, {86'400, 1003}};
  const std::vector<NumberRow> days_reversed = {{0, 1002}, {86'400, 1003}, {86'400, 1004}};
  return {
      {"five steps, window 2", NumberRows(nine, five), 5, 2 * kSecond, 3},
      {"five steps, window 3", NumberRows(nine, five), 5, 3 * kSecond, 4},
      {"five steps, window 4", NumberRows(nine, five), 5, 4 * kSecond, 5},
      {"gaps", NumberRows(nine, AreAll({1000, 1001, 1002, 1008})), 4, 10000 * kSecond, 4},
      {"backwards", NumberRows(nine, AreAll({1008, 1001})), 2, 10000 * kSecond, 1},
      {"rows that match many steps", NumberRows(nine, overlapping), 4, 4 * kSecond, 4},
      {"a step twice", NumberRows(repeated, AreAll({1000, 1001, 1002, 1003, 1004, 1005, 1006})), 7, kDay, 7},
      {"abc", LetterRows("abc", "abc"), 3, kDay, 3},
      {"adbc", LetterRows("adbc", "abc"), 3, kDay, 3},
      {"aabbcc", LetterRows("aabbcc", "abc"), 3, kDay, 3},
      {"aabbdcc", LetterRows("aabbdcc", "abc"), 3, kDay, 3},
      {"ccbbaa", LetterRows("ccbbaa", "abc"), 3, kDay, 1},
      {"equal times", NumberRows(tied, AreAll({1000, 1001, 1002, 1003, 1004})), 5, kDay, 5},
      {"equal times out of order", NumberRows(days, AreAll({1004, 1003, 1002})), 3, 30 * kDay, 2},
      {"equal times in order", NumberRows(days_reversed, AreAll({1004, 1003, 1002})), 3, 30 * kDay, 2},
      // Beyond the published ones.
      {"no rows", {}, 3, kDay, 0},
      {"no step 1", LetterRows("bcbc", "abc"), 3, kDay, 0},
      {"only rows that match nothing", LetterRows("xyz", "abc"), 3, kDay, 0},
      {"one row for all steps", {{5, 7}}, 3, 0, 3},
      {"window 0", LetterRows("ab", "ab"), 2, 0, 1},
      {"window inclusive", LetterRows("ab", "ab"), 2, kSecond, 2},
      {"window just too short", LetterRows("ab", "ab"), 2, kSecond - 1, 1},
      {"anchored at step 1, not at the step before", LetterRows("abc", "abc"), 3, kSecond, 2},
      {"a later step 1 opens a new window", LetterRows("abxxaxxbc", "abc"), 3, 4 * kSecond, 3},
      {"a later step 1 does not cut an open chain", LetterRows("abac", "abc"), 3, 3 * kSecond, 3},
  };
}

TEST(Funnel, Vectors) {
  for (const Vector& v : Vectors()) {
    EXPECT_EQ(Match(v.rows, v.steps, {v.window}).depth, v.depth) << v.name;
  }
}

TEST(Funnel, VectorsDoNotDependOnTheOrderOfInput) {
  Random random(3);
  for (const Vector& v : Vectors()) {
    const FunnelChain expected = Match(v.rows, v.steps, {v.window});
    Rows rows = v.rows;
    for (int i = 0; i < 50; ++i) {
      Shuffle(&rows, &random);
      const FunnelChain chain = Match(rows, v.steps, {v.window});
      ASSERT_EQ(chain.depth, v.depth) << v.name;
      ASSERT_EQ(chain.times, expected.times) << v.name;
    }
  }
}

struct OnceCase {
  const char* name;
  Rows rows;
  int steps;
  int depth;
  int depth_once;
};

TEST(Funnel, OnceARowServesOneStep) {
  const OnceCase cases[] = {
      {"one row for all steps", {{5, 7}}, 3, 3, 1},
      {"a, steps aa", LetterRows("a", "aa"), 2, 2, 1},
      {"aa, steps aa", LetterRows("aa", "aa"), 2, 2, 2},
      {"aaa, steps aaaa", LetterRows("aaa", "aaaa"), 4, 4, 3},
      {"abab, steps abab", LetterRows("abab", "abab"), 4, 4, 4},
      {"ties: three rows for all", {{5, 7}, {5, 7}, {5, 7}}, 3, 3, 3},
      {"ties: two rows for three steps", {{5, 7}, {5, 7}}, 3, 3, 2},
      {"ties: the choosy row comes first", {{5, 1}, {5, 3}}, 2, 2, 2},
      {"ties: the choosy row comes last", {{5, 3}, {5, 2}}, 2, 2, 2},
      {"ties: a chain of moves", {{5, 3}, {5, 6}, {5, 12}, {5, 8}}, 4, 4, 4},
      {"ties after a start", {{1, 1}, {5, 6}, {5, 2}}, 3, 3, 3},
      {"a start among the ties", {{1, 2}, {5, 1}, {5, 2}, {6, 4}}, 3, 3, 3},
      {"the start's row cannot be step 2", {{1, 3}, {2, 4}}, 3, 3, 1},
  };
  for (const OnceCase& c : cases) {
    EXPECT_EQ(Match(c.rows, c.steps, {kDay}).depth, c.depth) << c.name;
    EXPECT_EQ(Match(c.rows, c.steps, {kDay}, true).depth, c.depth_once) << c.name;
  }
}

std::vector<int> Seconds(const FunnelChain& chain) {
  std::vector<int> seconds;
  for (int i = 0; i < chain.depth; ++i) seconds.push_back(static_cast<int>(chain.times[i] / kSecond));
  return seconds;
}

TEST(Funnel, TimesAreThoseOfTheWinningChain) {
  using Times = std::vector<int>;
  EXPECT_EQ(Seconds(Match(LetterRows("xabxbcc", "abc"), 3, {kDay})), (Times{2, 3, 6}))
      << "each step at its first chance";
  EXPECT_EQ(Seconds(Match(LetterRows("aabcabc", "abc"), 3, {kDay})), (Times{2, 3, 4}))
      << "the first to complete";
  EXPECT_EQ(Seconds(Match(LetterRows("aabab", "abc"), 3, {kDay})), (Times{2, 3}))
      << "the later start of the first";
  EXPECT_EQ(Seconds(Match(LetterRows("abac", "abc"), 3, {3 * kSecond})), (Times{1, 2, 4}));
  EXPECT_EQ(Seconds(Match(LetterRows("abacbc", "abcc"), 4, {kDay})), (Times{1, 2, 4, 4}));
  EXPECT_EQ(Seconds(Match(LetterRows("ccc", "abc"), 3, {kDay})), Times{});
}

TEST(Funnel, DeadlinesTakeTheWindowsPlace) {
  const Rows rows = LetterRows("abab", "ab");
  const std::vector<Micros> tight = {rows[0].ts, 0, rows[2].ts, 0};
  EXPECT_EQ(MatchFunnel(rows, {kDay, tight}, {2, false}, StopToken()).depth, 1) << "the length is not used";
  const std::vector<Micros> second_only = {rows[0].ts, 0, rows[3].ts, 0};
  const FunnelChain chain = MatchFunnel(rows, {0, second_only}, {2, false}, StopToken());
  EXPECT_EQ(Seconds(chain), (std::vector<int>{3, 4}));
  // Among rows of one time the deadline is that of a row with step 1.
  const Rows tied = {{5, 1}, {5, 2}, {9, 4}};
  for (const bool once : {false, true}) {
    const std::vector<Micros> deadlines = {9, kMinusInfinity, kMinusInfinity};
    EXPECT_EQ(MatchFunnel(tied, {0, deadlines}, {3, once}, StopToken()).depth, 3);
  }
  const Rows reversed = {{5, 2}, {5, 5}, {9, 4}};
  const std::vector<Micros> deadlines = {kMinusInfinity, 9, kMinusInfinity};
  EXPECT_EQ(MatchFunnel(reversed, {0, deadlines}, {3, true}, StopToken()).depth, 3);
}

TEST(Funnel, InfiniteTimes) {
  const auto depth = [](Rows rows, Micros window) { return Match(std::move(rows), 2, {window}).depth; };
  EXPECT_EQ(depth({{kMinusInfinity, 1}, {kMinusInfinity, 2}}, 0), 2);
  EXPECT_EQ(depth({{kInfinity, 1}, {kInfinity, 2}}, kSecond), 2);
  EXPECT_EQ(depth({{kMinusInfinity, 1}, {0, 2}}, kDay), 1) << "from -infinity no window reaches a time";
  EXPECT_EQ(depth({{0, 1}, {kInfinity, 2}}, kDay), 1);
  EXPECT_EQ(depth({{kInfinity - 1, 1}, {kInfinity, 2}}, kDay), 2) << "what overflows is infinite";
  EXPECT_EQ(depth({{kMinusInfinity + 1, 1}, {kMinusInfinity + 2, 2}}, 1), 2);
}

TEST(Funnel, AllStepsAndManyRows) {
  Rows rows;
  for (int i = 0; i < 100'000; ++i) rows.push_back({i / 50, StepMask{1} << (i % kMaxSteps)});
  SortRows(rows, StopToken());
  for (const bool once : {false, true}) {
    EXPECT_EQ(MatchFunnel(rows, {kDay}, {kMaxSteps, once}, StopToken()).depth, kMaxSteps);
  }
  // All at one time, and no row for the last step: the worst case for the matching.
  Rows tied(5'000, StepRow{0, 0x7FFFFFFF});
  EXPECT_EQ(MatchFunnel(tied, {kDay}, {kMaxSteps, true}, StopToken()).depth, kMaxSteps - 1);
}

TEST(Funnel, StopsWhenAsked) {
  volatile std::sig_atomic_t flag = 0;
  const Rows rows = LetterRows("ab", "ab");
  EXPECT_EQ(MatchFunnel(rows, {kDay}, {2, false}, StopToken(&flag)).depth, 2);
  flag = 1;
  for (const StopToken& stop : {StopToken(&flag), StopToken(nullptr, &flag)}) {
    try {
      MatchFunnel(rows, {kDay}, {2, false}, stop);
      FAIL() << "not stopped";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kStopped);
    }
  }
}

}  // namespace
}  // namespace productgraph::core
