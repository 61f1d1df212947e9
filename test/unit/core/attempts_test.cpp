#include "src/core/attempts.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

constexpr Micros kHour = 3600 * kSecond;
constexpr Micros kDay = 24 * kHour;

std::pmr::memory_resource* Memory() {
  return std::pmr::get_default_resource();
}

// Letters one second apart. `steps` are letters; "excluded" ones come after them, with the ends given. Upper
// case stands for an optional step. With kAny every row of a step may begin an attempt.
struct Funnel {
  std::string steps;
  AttemptOptions options = {};
  std::string excluded = {};
  Micros window = kDay;

  Rows RowsOf(std::string_view letters) const {
    Rows rows = LetterRows(letters, steps + excluded);
    if (options.order == StepOrder::kAny) {
      for (StepRow& row : rows)
        row.mask |= row.mask & LowSteps() ? StepMask{1} << (steps.size() + excluded.size()) : 0;
    }
    return rows;
  }
  StepMask LowSteps() const { return (StepMask{1} << steps.size()) - 1; }
  AttemptOptions Options() const {
    AttemptOptions all = options;
    all.steps = static_cast<int>(steps.size());
    return all;
  }

  FunnelChain Best(std::string_view letters) const {
    EXPECT_EQ(Options().Problem(), nullptr);
    return BestAttempt(RowsOf(letters), {window}, Options(), Memory(), StopToken());
  }
  int Depth(std::string_view letters) const { return Best(letters).depth; }
  // The depths of all attempts, one after the other.
  std::vector<int> Depths(std::string_view letters) const {
    std::vector<int> depths;
    ForEachAttempt(RowsOf(letters), {window}, Options(), Memory(), StopToken(),
                   [&](const FunnelChain& chain) { depths.push_back(chain.depth); });
    return depths;
  }
};

AttemptOptions Order(StepOrder order) {
  AttemptOptions options;
  options.order = order;
  return options;
}

AttemptOptions Excluding(std::uint8_t after, std::uint8_t before, StepOrder order = StepOrder::kOrdered) {
  AttemptOptions options = Order(order);
  options.exclusions = 1;
  options.excluded[0] = {after, before};
  return options;
}

AttemptOptions Optional(StepMask steps, StepOrder order = StepOrder::kOrdered) {
  AttemptOptions options = Order(order);
  options.optional = steps;
  return options;
}

// How many of the actors reach each of three steps.
std::vector<int> Reached(const Funnel& funnel, const std::vector<std::string>& actors) {
  std::vector<int> reached(3, 0);
  for (const std::string& letters : actors) {
    for (int step = 0; step < funnel.Depth(letters); ++step) ++reached[step];
  }
  return reached;
}

TEST(Attempts, OrdersOfSteps) {
  const std::vector<std::string> actors = {"s", "ps", "spxi", "ixps", "spxpi", "xsxp", "xspix", "ip"};
  using Counts = std::vector<int>;
  EXPECT_EQ(Reached({"spi"}, actors), (Counts{7, 4, 3}));
  EXPECT_EQ(Reached({"spi", Order(StepOrder::kStrict)}, actors), (Counts{7, 3, 1}));
  EXPECT_EQ(Reached({"spi", Order(StepOrder::kAny)}, actors), (Counts{8, 7, 4}));
}

TEST(Attempts, ARowServesOneStep) {
  for (const StepOrder order : {StepOrder::kOrdered, StepOrder::kStrict, StepOrder::kAny}) {
    EXPECT_EQ((Funnel{"aaa", Order(order)}).Depth("aa"), 2);
    EXPECT_EQ((Funnel{"aaa", Order(order)}).Depth("aaa"), 3);
  }
}

TEST(Attempts, WindowIncludesItsEnd) {
  AttemptOptions per_step;
  per_step.per_step = true;
  EXPECT_EQ((Funnel{"abc", {}, "", 3 * kSecond}).Depth("axbc"), 3);
  EXPECT_EQ((Funnel{"abc", {}, "", 2 * kSecond}).Depth("axbc"), 2);
  EXPECT_EQ((Funnel{"abc", per_step, "", 2 * kSecond}).Depth("axbxc"), 3);
  EXPECT_EQ((Funnel{"abc", per_step, "", 2 * kSecond}).Depth("axbxxc"), 2);
  EXPECT_EQ((Funnel{"abc", per_step, "", 2 * kSecond}).Depth("abbxc"), 3)
      << "a repeated step opens its window anew";
  EXPECT_EQ((Funnel{"abc", Order(StepOrder::kAny), "", 2 * kSecond}).Depth("cab"), 3);
  EXPECT_EQ((Funnel{"abc", Order(StepOrder::kAny), "", 1 * kSecond}).Depth("cab"), 2);
}

TEST(Attempts, ExclusionsBreakAttempts) {
  const Funnel funnel = {"abc", Excluding(1, 2), "x"};
  EXPECT_EQ(funnel.Depth("axbc"), 0) << "not even the first step counts";
  EXPECT_EQ(funnel.Depth("axabc"), 3) << "a later attempt does";
  EXPECT_EQ(funnel.Depth("xabc"), 3);
  EXPECT_EQ(funnel.Depth("abxc"), 3) << "the second step was taken";
  EXPECT_EQ((Funnel{"abc", Excluding(1, 3), "x"}).Depth("abxc"), 0);
  EXPECT_EQ((Funnel{"abc", Excluding(2, 3), "x"}).Depth("axbc"), 3);
  EXPECT_EQ((Funnel{"abc", Excluding(2, 3), "x"}).Depth("abx"), 0)
      << "broken though the third step never came";
  EXPECT_EQ((Funnel{"abc", Excluding(1, 3), "x", 2 * kSecond}).Depth("abyx"), 2)
      << "after the window no harm is done";
  EXPECT_EQ((Funnel{"abc", Excluding(1, 3), "x", 2 * kSecond}).Depth("abx"), 0) << "at its end it is";
  EXPECT_EQ((Funnel{"abc", Excluding(1, 3, StepOrder::kAny), "x"}).Depth("cxab"), 2) << "the attempt from a";
  EXPECT_EQ((Funnel{"abc", Excluding(1, 3, StepOrder::kAny), "x"}).Depth("cabx"), 3);
  EXPECT_EQ((Funnel{"abc", Excluding(1, 2, StepOrder::kStrict), "x"}).Depth("axbc"), 0);
  EXPECT_EQ((Funnel{"abc", Excluding(1, 2, StepOrder::kStrict), "x"}).Depth("aybc"), 1)
      << "ended, not broken";
}

TEST(Attempts, ExcludedRowsAtTheTimeOfAStepDoNoHarm) {
  const Rows rows = {{1, 1}, {1, 4}, {5, 2}, {5, 4}};  // steps 1 and 2, both with an excluded row
  AttemptOptions options = Excluding(1, 2);
  options.steps = 2;
  EXPECT_EQ(BestAttempt(rows, {9}, options, Memory(), StopToken()).depth, 2);
  const Rows between = {{1, 1}, {1, 4}, {3, 4}, {5, 2}};
  EXPECT_EQ(BestAttempt(between, {9}, options, Memory(), StopToken()).depth, 0);
}

TEST(Attempts, OptionalStepsMayBeLeftOut) {
  const Funnel funnel = {"abcd", Optional(0b0010)};
  EXPECT_EQ(funnel.Best("acd").depth, 4);
  EXPECT_EQ(funnel.Best("acd").skipped, 0b0010u);
  EXPECT_EQ(funnel.Best("abcd").skipped, 0u);
  EXPECT_EQ(funnel.Depth("abd"), 2) << "the third step is needed";
  EXPECT_EQ((Funnel{"abcd", Optional(0b0110)}).Best("ad").skipped, 0b0110u);
  EXPECT_EQ((Funnel{"abcd", Optional(0b0010, StepOrder::kStrict)}).Depth("acd"), 4);
  EXPECT_EQ((Funnel{"abcd", Optional(0b0010, StepOrder::kStrict)}).Depth("axcd"), 1);
}

TEST(Attempts, OneAfterTheOther) {
  using Depths = std::vector<int>;
  EXPECT_EQ((Funnel{"ab"}).Depths("abab"), (Depths{2, 2}));
  EXPECT_EQ((Funnel{"ab"}).Depths("aaab"), (Depths{2})) << "an open attempt takes no second start";
  EXPECT_EQ((Funnel{"ab", {}, "", 2 * kSecond}).Depths("axxab"), (Depths{1, 2})) << "again after the window";
  EXPECT_EQ((Funnel{"aa"}).Depths("aaaaa"), (Depths{2, 2, 1}));
  EXPECT_EQ((Funnel{"ab", Excluding(1, 2), "x"}).Depths("axbab"), (Depths{2}))
      << "the broken one is left out";
  EXPECT_EQ((Funnel{"ab", Order(StepOrder::kStrict)}).Depths("aabxab"), (Depths{1, 2, 2}));
  EXPECT_EQ((Funnel{"ab", Order(StepOrder::kAny)}).Depths("baab"), (Depths{2, 2}));
  AttemptOptions per_step;
  per_step.per_step = true;
  EXPECT_EQ((Funnel{"ab", per_step, "", 1 * kSecond}).Depths("axab"), (Depths{1, 2}));
}

TEST(Attempts, WrongOptionsHaveAProblem) {
  const auto problem = [](int steps, AttemptOptions options) {
    options.steps = steps;
    return options.Problem() != nullptr;
  };
  AttemptOptions per_step;
  per_step.per_step = true;
  EXPECT_FALSE(problem(32, {}));
  EXPECT_FALSE(problem(31, Order(StepOrder::kAny)));
  EXPECT_TRUE(problem(32, Order(StepOrder::kAny)));
  EXPECT_TRUE(problem(32, Excluding(1, 2)));
  EXPECT_TRUE(problem(3, Optional(0b001)));
  EXPECT_TRUE(problem(3, Optional(0b100)));
  EXPECT_TRUE(problem(3, Optional(0b010, StepOrder::kAny)));
  EXPECT_TRUE(problem(3, Excluding(2, 2)));
  EXPECT_TRUE(problem(3, Excluding(0, 2)));
  EXPECT_TRUE(problem(3, Excluding(1, 4)));
  EXPECT_TRUE(problem(3, Excluding(1, 2, StepOrder::kAny)));
  per_step.order = StepOrder::kAny;
  EXPECT_TRUE(problem(3, per_step));
}

// An actor of very many rows costs little more than a sort, whatever the options.
TEST(Attempts, ManyRowsOfOneActor) {
  constexpr int kRows = 200'000;
  for (const StepOrder order : {StepOrder::kOrdered, StepOrder::kStrict, StepOrder::kAny}) {
    for (const bool tied : {false, true}) {
      AttemptOptions options = Excluding(1, 3, order);
      options.steps = 3;
      Rows rows;
      for (int i = 0; i < kRows; ++i) rows.push_back({tied ? i / 50'000 : i, StepMask{1} << (i % 2)});
      for (StepRow& row : rows) row.mask |= order == StepOrder::kAny ? options.beginning() : 0;
      SortRows(rows, StopToken());
      EXPECT_EQ(BestAttempt(rows, {kRows}, options, Memory(), StopToken()).depth, 2);
    }
  }
}

TEST(Attempts, StopsWhenAsked) {
  volatile std::sig_atomic_t flag = 1;
  for (const StepOrder order : {StepOrder::kOrdered, StepOrder::kStrict, StepOrder::kAny}) {
    AttemptOptions options = Excluding(1, 2, order);
    options.steps = 2;
    EXPECT_THROW(BestAttempt(LetterRows("ab", "ab"), {kDay}, options, Memory(), StopToken(&flag)), Error);
  }
}

}  // namespace
}  // namespace productgraph::core
