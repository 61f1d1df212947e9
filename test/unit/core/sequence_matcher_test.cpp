#include "src/core/sequence_matcher.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// Never freed one by one: messages of errors live in it too.
std::pmr::memory_resource* Memory() {
  static std::pmr::monotonic_buffer_resource memory;
  return &memory;
}

// Rows a second apart; digits are the conditions (from 1) that hold, 0 for a row that is not kept.
std::vector<StepRow> Digits(const std::string& digits) {
  std::vector<StepRow> rows;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '0')
      rows.push_back({static_cast<Micros>(i) * kSecond, StepMask{1} << (digits[i] - '1')});
  }
  return rows;
}

std::int64_t Count(const std::string& pattern, std::vector<StepRow> rows) {
  const auto events = ParsePattern(pattern, kMaxSteps, Memory());
  SortRows(rows, StopToken());
  return CountMatches(events, rows, kNoLimit, StopToken(), Memory());
}

std::vector<Micros> Longest(const std::string& pattern, std::vector<StepRow> rows) {
  const auto events = ParsePattern(pattern, kMaxSteps, Memory());
  SortRows(rows, StopToken());
  const auto times = LongestMatch(events, rows, StopToken(), Memory());
  return {times.begin(), times.end()};
}

// All ways to match a prefix of the pattern, tried one by one. Calls `found` with the indexes of the rows
// taken.
class Oracle {
 public:
  Oracle(std::span<const PatternEvent> pattern, std::span<const StepRow> rows)
      : pattern_(pattern), rows_(rows) {}

  void All(std::size_t first_row, const std::function<void(const std::vector<std::size_t>&)>& found) {
    found_ = &found;
    first_row_ = first_row;
    std::vector<std::size_t> taken;
    Extend(&taken);
  }

 private:
  void Extend(std::vector<std::size_t>* taken) {
    if (!taken->empty()) (*found_)(*taken);
    if (taken->size() == pattern_.size()) return;
    const PatternEvent& event = pattern_[taken->size()];
    for (std::size_t i = taken->empty() ? first_row_ : taken->back() + 1; i < rows_.size(); ++i) {
      if (!taken->empty()) {
        if (event.link == PatternEvent::Link::kNext && i != taken->back() + 1) break;
        if (event.link == PatternEvent::Link::kTimed && !Timely(event, rows_[taken->back()].ts, rows_[i].ts))
          continue;
      }
      if (!event.any && !((rows_[i].mask >> event.condition) & 1)) continue;
      taken->push_back(i);
      Extend(taken);
      taken->pop_back();
    }
  }

  static bool Timely(const PatternEvent& event, Micros earlier, Micros later) {
    for (const TimeCondition& c : event.times) {
      const Micros apart = later - earlier;
      const bool meets = c.op == TimeOperator::kLess             ? apart < c.micros
                         : c.op == TimeOperator::kLessOrEqual    ? apart <= c.micros
                         : c.op == TimeOperator::kEqual          ? apart == c.micros
                         : c.op == TimeOperator::kNotEqual       ? apart != c.micros
                         : c.op == TimeOperator::kGreaterOrEqual ? apart >= c.micros
                                                                 : apart > c.micros;
      if (!meets) return false;
    }
    return true;
  }

  std::span<const PatternEvent> pattern_;
  std::span<const StepRow> rows_;
  const std::function<void(const std::vector<std::size_t>&)>* found_ = nullptr;
  std::size_t first_row_ = 0;
};

std::int64_t NaiveCount(std::span<const PatternEvent> pattern, std::span<const StepRow> rows) {
  std::int64_t count = 0;
  std::size_t first = 0;
  for (;;) {
    std::optional<std::size_t> end;
    Oracle(pattern, rows).All(first, [&](const std::vector<std::size_t>& taken) {
      if (taken.size() == pattern.size() && (!end || taken.back() < *end)) end = taken.back();
    });
    if (!end) return count;
    ++count;
    first = *end + 1;
  }
}

std::vector<Micros> NaiveLongest(std::span<const PatternEvent> pattern, std::span<const StepRow> rows) {
  std::vector<std::size_t> best;
  Oracle(pattern, rows).All(0, [&](const std::vector<std::size_t>& taken) {
    const auto rank = [](const std::vector<std::size_t>& way) {
      return std::make_tuple(-static_cast<int>(way.size()), way.empty() ? 0 : way.back(), way);
    };
    if (best.empty() || rank(taken) < rank(best)) best = taken;
  });
  std::vector<Micros> times;
  for (std::size_t p = 0; p < best.size(); ++p) {
    if (!pattern[p].any) times.push_back(rows[best[p]].ts);
  }
  return times;
}

std::string RandomPattern(Random* random, int conditions) {
  std::string pattern;
  const int tokens = random->Between(1, 5);
  for (int i = 0; i < tokens; ++i) {
    if (random->OneIn(4)) {
      pattern += ".*";
    } else if (i > 0 && random->OneIn(2)) {
      const int conditions_of_time = random->Between(1, 2);
      for (int c = 0; c < conditions_of_time; ++c) {
        static const char* const kOperators[] = {"<", "<=", "==", "!=", ">=", ">"};
        pattern += std::string("(?t") + kOperators[random->Below(6)] + std::to_string(random->Below(5)) + ")";
      }
    }
    // Time conditions cannot come first.
    if (pattern.rfind("(?t", 0) == 0) pattern.clear();
    pattern += random->OneIn(5) ? "." : "(?" + std::to_string(random->Between(1, conditions)) + ")";
  }
  if (random->OneIn(8)) pattern += random->OneIn(2) ? ".*" : "(?t>=2)";
  return pattern;
}

TEST(SequenceMatcher, AnswersTheVectorsOfTheSpecification) {
  // data at t = 0 … 11 is 0,0,0,0,1,2,0,0,0,0,1,1; condition n holds where data is n - 1
  const std::vector<StepRow> rows = Digits("111123111122");
  const std::pair<const char*, int> counts[] = {{"(?1)", 8},
                                                {"(?2)", 3},
                                                {"(?3)", 1},
                                                {"(?4)", 0},
                                                {"(?1)(?1)", 4},
                                                {"(?1)(?1)(?1)(?1)", 2},
                                                {"(?1)(?1)(?1)(?1)(?1)", 0},
                                                {"(?2)(?3)(?1)", 1},
                                                {"(?1)(?t>10)(?2)", 1},
                                                {"(?1)(?t>11)(?2)", 0},
                                                {"(?1)(?t>=11)(?2)", 1},
                                                {"(?1)(?t<1)(?2)", 0},
                                                {"(?1)(?t<=1)(?2)", 2},
                                                {"(?1)(?t==11)(?2)", 1},
                                                {"(?1).(?3)", 1},
                                                {"(?1).*(?3)", 1},
                                                {"(?1)(?3)", 0},
                                                {".", 12},
                                                {".*(?3).*", 1}};
  for (const auto& [pattern, count] : counts) EXPECT_EQ(Count(pattern, rows), count) << pattern;
  EXPECT_EQ(Longest("(?3)", rows), (std::vector<Micros>{5 * kSecond}));
  EXPECT_EQ(Longest("(?2)(?3)(?1)", rows), (std::vector<Micros>{4 * kSecond, 5 * kSecond, 6 * kSecond}));
  EXPECT_EQ(Longest("(?4)", rows), (std::vector<Micros>{}));
  EXPECT_EQ(Longest("(?2)(?3)(?4)", rows), (std::vector<Micros>{4 * kSecond, 5 * kSecond}));
}

TEST(SequenceMatcher, KeepsOnlyRowsThatMatchAndOrdersTiesByTheirLowestCondition) {
  EXPECT_EQ(Count("(?1)(?2)", Digits("1002")), 1);
  EXPECT_EQ(Count("(?1)(?2)", {{5, 0b10}, {5, 0b01}}), 1);
  EXPECT_EQ(Count("(?2)(?1)", {{5, 0b10}, {5, 0b01}}), 0);
}

TEST(SequenceMatcher, EqualsTheNaiveSearchOnRandomRows) {
  Random random(20240115);
  int matched = 0;
  for (int round = 0; round < 60'000; ++round) {
    const int conditions = random.Between(1, 4);
    const std::string text = RandomPattern(&random, conditions);
    const auto pattern = ParsePattern(text, conditions, Memory());
    std::vector<StepRow> rows(static_cast<std::size_t>(random.Below(10)));
    for (StepRow& row : rows)
      row = {random.Below(9) * kSecond, static_cast<StepMask>(random.Between(1, (1 << conditions) - 1))};
    SortRows(rows, StopToken());
    const std::int64_t count = CountMatches(pattern, rows, kNoLimit, StopToken(), Memory());
    ASSERT_EQ(count, NaiveCount(pattern, rows)) << text << " round " << round;
    const auto longest = LongestMatch(pattern, rows, StopToken(), Memory());
    ASSERT_EQ(std::vector<Micros>(longest.begin(), longest.end()), NaiveLongest(pattern, rows))
        << text << " round " << round;
    matched += count > 0;
  }
  EXPECT_GT(matched, 15'000);
}

TEST(SequenceMatcher, IsLinearWhereBacktrackingIsNot) {
  // One A, a million B, one C; and timed links that every row may leave from and none arrives at in time.
  std::vector<StepRow> rows{{0, 0b001}};
  for (int i = 1; i <= 1'000'000; ++i) rows.push_back({i * kSecond, 0b010});
  rows.push_back({1'000'001 * kSecond, 0b100});
  EXPECT_EQ(Count("(?1).*(?2).*(?2).*(?2).*(?3)", rows), 1);
  EXPECT_EQ(Count("(?2)(?t>=900000)(?2)(?t>=900000)(?3)", rows), 0);
  EXPECT_EQ(Longest("(?2)(?t<=1000000)(?2)(?t>1000000)(?3)", rows).size(), 2u);
  EXPECT_EQ(Longest("(?1)(?t>=500000)(?2)(?t<=500001)(?t!=7)(?3)", rows),
            (std::vector<Micros>{0, 500'000 * kSecond, 1'000'001 * kSecond}));
}

TEST(SequenceMatcher, TakesInfiniteTimes) {
  EXPECT_EQ(Count("(?1)(?t>5)(?2)", {{kMinusInfinity, 1}, {0, 2}}), 1);
  EXPECT_EQ(Count("(?1)(?t<5)(?2)", {{kMinusInfinity, 1}, {0, 2}}), 0);
  EXPECT_EQ(Count("(?1)(?t>5)(?2)", {{0, 1}, {kInfinity, 2}}), 1);
  EXPECT_EQ(Count("(?1)(?t==0)(?2)", {{kInfinity, 1}, {kInfinity, 2}}), 1);
}

TEST(SequenceMatcher, StopsWhenAsked) {
  const volatile std::sig_atomic_t stop = 1;
  const auto pattern = ParsePattern("(?1)", 1, Memory());
  const std::vector<StepRow> rows{{0, 1}};
  EXPECT_THROW(CountMatches(pattern, rows, kNoLimit, StopToken(&stop), Memory()), Error);
  EXPECT_THROW(LongestMatch(pattern, rows, StopToken(&stop), Memory()), Error);
}

TEST(SequencePattern, SaysWhereItIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "invalid pattern at character 1: pattern has no event"},
      {".*", "invalid pattern at character 3: pattern has no event"},
      {"(?1", "invalid pattern at character 4: expected )"},
      {"(?3)", "invalid pattern at character 3: there is no condition of that number"},
      {"(?0)", "invalid pattern at character 3: there is no condition of that number"},
      {"(?99999999999)", "invalid pattern at character 3: there is no condition of that number"},
      {"(?x)", "invalid pattern at character 3: expected the number of a condition, or t"},
      {"abc", "invalid pattern at character 1: expected (?N), (?t OP seconds), . or .*"},
      {"(?t<1)(?1)", "invalid pattern at character 4: a time condition must follow an event"},
      {"(?1)(?t~1)", "invalid pattern at character 8: expected <=, <, >=, >, == or !="},
      {"(?1)(?t<)", "invalid pattern at character 9: expected a number of seconds"},
      {"(?1)(?t<-1)", "invalid pattern at character 9: expected a number of seconds"},
      {"(?1)(?t<99999999999999999999)", "invalid pattern at character 9: too many seconds"},
      {"(?1)(?t<'1 day)", "invalid pattern at character 10: the interval has no closing quote"}};
  for (const auto& [pattern, message] : wrong) {
    try {
      ParsePattern(pattern, 2, Memory());
      ADD_FAILURE() << pattern;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), message);
    }
  }
  std::string long_one;
  for (int i = 0; i <= kMaxPatternEvents; ++i) long_one += "(?1)";
  EXPECT_THROW(ParsePattern(long_one, 1, Memory()), Error);
}

TEST(SequencePattern, ReadsFractionsSpacesAndIntervals) {
  const auto pattern = ParsePattern(" (? 1) .* (?t <= 1.25)(?t>0.0000019) (?2)(?t != '1 day').", 2, Memory());
  ASSERT_EQ(pattern.size(), 3u);
  EXPECT_EQ(pattern[1].link, PatternEvent::Link::kTimed);
  ASSERT_EQ(pattern[1].times.size(), 2u);
  EXPECT_EQ(pattern[1].times[0].micros, 1'250'000);
  EXPECT_EQ(pattern[1].times[1].micros, 1);
  EXPECT_EQ(pattern[2].times[0].literal, "1 day");
  EXPECT_TRUE(pattern[2].any);
}

}  // namespace
}  // namespace productgraph::core
