// Attempts against their oracle, on small random cases full of ties.
#include <gtest/gtest.h>

#include "test/unit/core/attempts_oracle.hpp"

namespace productgraph::core {
namespace {

std::pmr::memory_resource* Memory() {
  return std::pmr::get_default_resource();
}

// Exclusions with ends that may be used: required steps, and with any order the first and the last one.
void AddExclusions(Random* random, AttemptOptions* options) {
  for (int i = random->Below(3); i > 0 && options->steps > 1; --i) {
    int after = 1, before = options->steps;
    if (options->order != StepOrder::kAny) {
      after = random->Between(1, options->steps - 1);
      before = random->Between(after + 1, options->steps);
    }
    if (options->optional >> (after - 1) & 1 || options->optional >> (before - 1) & 1) continue;
    options->excluded[options->exclusions++] = {static_cast<std::uint8_t>(after),
                                                static_cast<std::uint8_t>(before)};
  }
}

AttemptCase MakeCase(Random* random, int max_rows, int max_steps) {
  AttemptCase c;
  AttemptOptions& options = c.options;
  options.steps = random->Between(1, max_steps);
  options.order = static_cast<StepOrder>(random->Below(3));
  options.per_step = options.order == StepOrder::kStrict && random->OneIn(2);
  if (options.order != StepOrder::kAny && options.steps > 2 && random->OneIn(2)) {
    const StepMask inner = ((StepMask{1} << (options.steps - 1)) - 1) & ~StepMask{1};
    options.optional = static_cast<StepMask>(random->Next()) & inner;
  }
  if (random->OneIn(2)) AddExclusions(random, &options);
  EXPECT_EQ(options.Problem(), nullptr) << Show(c);
  c.length = random->Below(6);
  const int times = random->Between(1, 8);
  const int sparse = random->Below(3);
  const StepMask all = (StepMask{1} << options.conditions()) - 1;
  const StepMask steps = (StepMask{1} << options.steps) - 1;
  for (int i = random->Below(max_rows + 1); i > 0; --i) {
    StepMask mask = static_cast<StepMask>(random->Next()) & all;
    for (int thinned = 0; thinned < sparse; ++thinned) mask &= static_cast<StepMask>(random->Next());
    c.rows.push_back({random->Below(times), mask});
  }
  if (options.order == StepOrder::kAny) {
    // Whether an attempt may begin is a matter of the time, and of there being a step.
    const Micros since = random->Below(4);
    for (StepRow& row : c.rows) {
      row.mask &= ~options.beginning();
      if (row.ts >= since && (row.mask & steps)) row.mask |= options.beginning();
    }
  }
  SortRows(c.rows, StopToken());
  if (random->OneIn(3)) {
    for (const StepRow& row : c.rows) c.deadlines.push_back(row.ts + c.length + (row.ts >= 3 ? 1 : 0));
  }
  return c;
}

void ExpectEqual(const FunnelChain& chain, const FunnelChain& expected, const AttemptCase& c) {
  ASSERT_EQ(chain.depth, expected.depth) << Show(c);
  ASSERT_EQ(chain.skipped, expected.skipped) << Show(c);
  for (int i = 0; i < chain.depth; ++i) {
    if (!(chain.skipped >> i & 1)) {
      ASSERT_EQ(chain.times[i], expected.times[i]) << "step " << i + 1 << " of " << Show(c);
    }
  }
}

std::vector<FunnelChain> AllOf(const AttemptCase& c) {
  std::vector<FunnelChain> all;
  ForEachAttempt(c.rows, c.window(), c.options, Memory(), StopToken(),
                 [&](const FunnelChain& chain) { all.push_back(chain); });
  return all;
}

void Check(const AttemptCase& c) {
  const AttemptOracle oracle(c);
  ExpectEqual(BestAttempt(c.rows, c.window(), c.options, Memory(), StopToken()), oracle.Best(), c);
  const std::vector<FunnelChain> all = AllOf(c);
  const std::vector<FunnelChain> expected = oracle.All();
  ASSERT_EQ(all.size(), expected.size()) << Show(c);
  for (std::size_t i = 0; i < all.size() && !testing::Test::HasFatalFailure(); ++i)
    ExpectEqual(all[i], expected[i], c);
}

TEST(AttemptsRandom, SmallCases) {
  Random random(21);
  for (int i = 0; i < 300'000 && !testing::Test::HasFatalFailure(); ++i) Check(MakeCase(&random, 7, 4));
}

TEST(AttemptsRandom, LargerCases) {
  Random random(22);
  for (int i = 0; i < 20'000 && !testing::Test::HasFatalFailure(); ++i) Check(MakeCase(&random, 14, 5));
}

// An exclusion that no row meets makes the walk do what the chain slots do otherwise.
TEST(AttemptsRandom, WalksFindTheChainsOfTheSlots) {
  Random random(23);
  for (int i = 0; i < 20'000 && !testing::Test::HasFatalFailure(); ++i) {
    AttemptCase c;
    c.options.steps = random.Between(2, 8);
    c.length = random.Below(40);
    const int times = random.Between(1, 100);
    for (int row = random.Below(120); row > 0; --row) {
      StepMask mask = StepMask{1} << random.Below(c.options.steps);
      if (random.OneIn(4)) mask |= StepMask{1} << random.Below(c.options.steps);
      c.rows.push_back({random.Below(times), mask});
    }
    SortRows(c.rows, StopToken());
    const FunnelChain chain = BestAttempt(c.rows, c.window(), c.options, Memory(), StopToken());
    AttemptCase walked = c;
    walked.options.exclusions = 1;
    walked.options.excluded[0] = {1, 2};
    ExpectEqual(BestAttempt(walked.rows, walked.window(), walked.options, Memory(), StopToken()), chain, c);
  }
}

// --- the window from step to step

// All chains of different rows, each step within the window of the one before it.
class PerStepChains {
 public:
  // Of those that begin at `only`, or of all.
  PerStepChains(const AttemptCase& c, std::optional<Micros> only)
      : c_(c), only_(only), used_(c.rows.size(), false) {
    Extend(0, 0);
  }
  const FunnelChain& best() const { return best_; }
  // After which no chain goes on.
  Micros last_deadline() const { return last_deadline_; }

 private:
  void Extend(int step, Micros deadline) {
    if (chain_.IsBetterThan(best_)) best_ = chain_;
    if (step > 0) last_deadline_ = std::max(last_deadline_, deadline);
    if (step == c_.options.steps) return;
    for (std::size_t i = 0; i < c_.rows.size(); ++i) {
      const StepRow& row = c_.rows[i];
      if (!(row.mask >> step & 1) || used_[i]) continue;
      if (step == 0 ? only_ && row.ts != *only_ : row.ts < chain_.times[step - 1] || row.ts > deadline)
        continue;
      used_[i] = true;
      chain_.times[step] = row.ts;
      chain_.depth = step + 1;
      Extend(step + 1, row.ts + c_.length);
      chain_.depth = step;
      used_[i] = false;
    }
  }

  const AttemptCase& c_;
  const std::optional<Micros> only_;
  std::vector<bool> used_;
  FunnelChain chain_, best_;
  Micros last_deadline_ = 0;
};

void ExpectPerStepChain(const FunnelChain& chain, const FunnelChain& expected, const AttemptCase& c) {
  ASSERT_EQ(chain.depth, expected.depth) << Show(c);
  if (chain.depth == 0) return;
  ASSERT_EQ(chain.times[0], expected.times[0]) << Show(c);
  ASSERT_EQ(chain.completed_at(), expected.completed_at()) << Show(c);
  for (int i = 1; i < chain.depth; ++i) {
    ASSERT_LE(chain.times[i - 1], chain.times[i]) << Show(c);
    ASSERT_LE(chain.times[i], chain.times[i - 1] + c.length) << Show(c);
  }
}

TEST(AttemptsRandom, WindowFromStepToStep) {
  Random random(24);
  for (int i = 0; i < 100'000 && !testing::Test::HasFatalFailure(); ++i) {
    AttemptCase c;
    c.options.steps = random.Between(1, 4);
    c.options.per_step = true;
    c.length = random.Below(4);
    const int times = random.Between(1, 12);
    for (int row = random.Below(8); row > 0; --row) {
      StepMask mask = StepMask{1} << random.Below(c.options.steps);
      if (random.OneIn(3)) mask |= StepMask{1} << random.Below(c.options.steps);
      c.rows.push_back({random.Below(times), mask});
    }
    SortRows(c.rows, StopToken());
    ExpectPerStepChain(BestAttempt(c.rows, c.window(), c.options, Memory(), StopToken()),
                       PerStepChains(c, std::nullopt).best(), c);
    std::vector<FunnelChain> expected;
    Micros after = -1;
    for (const StepRow& row : c.rows) {
      if (!(row.mask & 1) || row.ts <= after) continue;
      const PerStepChains chains(c, row.ts);
      expected.push_back(chains.best());
      after = chains.best().depth == c.options.steps ? chains.best().completed_at() : chains.last_deadline();
    }
    const std::vector<FunnelChain> all = AllOf(c);
    ASSERT_EQ(all.size(), expected.size()) << Show(c);
    for (std::size_t k = 0; k < all.size() && !testing::Test::HasFatalFailure(); ++k)
      ExpectPerStepChain(all[k], expected[k], c);
  }
}

}  // namespace
}  // namespace productgraph::core
