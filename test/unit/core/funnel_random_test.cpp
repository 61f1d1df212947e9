// The funnel kernel against oracles that try everything, on small random cases full of ties.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

struct Case {
  Rows rows;
  int steps;
  bool once;
  Micros length;
  std::vector<Micros> deadlines;  // empty = length counts
};

std::string Show(const Case& c) {
  std::string text =
      std::to_string(c.steps) + " steps" + (c.once ? ", once" : "") + ", window " + std::to_string(c.length);
  for (std::size_t i = 0; i < c.rows.size(); ++i) {
    text += "; " + std::to_string(c.rows[i].ts) + ":" + std::to_string(c.rows[i].mask);
    if (!c.deadlines.empty()) text += "<=" + std::to_string(c.deadlines[i]);
  }
  return text;
}

// The depth as the published semantics define it: entries (ts, k) in order, one slot a step.
int DepthBySlots(const Case& c) {
  struct Entry {
    Micros ts;
    int k;
    Micros deadline;
  };
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < c.rows.size(); ++i) {
    for (int k = 1; k <= c.steps; ++k) {
      if (c.rows[i].mask >> (k - 1) & 1) {
        entries.push_back({c.rows[i].ts, k, c.deadlines.empty() ? c.rows[i].ts + c.length : c.deadlines[i]});
      }
    }
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.ts != b.ts ? a.ts < b.ts : a.k < b.k; });
  std::vector<std::optional<Micros>> until(c.steps + 1);  // of the chain in each slot
  int depth = 0;
  for (const Entry& entry : entries) {
    if (entry.k == 1) {
      until[1] = entry.deadline;
    } else if (until[entry.k - 1] && entry.ts <= *until[entry.k - 1]) {
      until[entry.k] = until[entry.k - 1];
    } else {
      continue;
    }
    depth = std::max(depth, entry.k);
  }
  return depth;
}

// All chains there are: each step takes any row (once: any other row) that is not earlier than the step
// before it.
class Exhaustive {
 public:
  explicit Exhaustive(const Case& c) : c_(c), used_(c.rows.size(), false) { Extend(0); }

  // What MatchFunnel promises: deepest, then first to complete, then latest start, then each step as early as
  // any chain of that depth and start has it.
  FunnelChain Best() const {
    FunnelChain best;
    for (const FunnelChain& chain : chains_) {
      if (chain.depth > best.depth) best = chain;
      if (chain.depth < best.depth) continue;
      const Micros end = chain.times[chain.depth - 1];
      const Micros best_end = best.times[best.depth - 1];
      if (end < best_end || (end == best_end && chain.times[0] > best.times[0])) best = chain;
    }
    for (const FunnelChain& chain : chains_) {
      if (chain.depth != best.depth || chain.times[0] != best.times[0]) continue;
      for (int i = 0; i < best.depth; ++i) best.times[i] = std::min(best.times[i], chain.times[i]);
    }
    return best;
  }

 private:
  void Extend(int step) {
    if (step > 0) {
      chain_.depth = step;
      chains_.push_back(chain_);
    }
    if (step == c_.steps) return;
    for (std::size_t i = 0; i < c_.rows.size(); ++i) {
      const StepRow& row = c_.rows[i];
      if (!(row.mask >> step & 1) || (c_.once && used_[i])) continue;
      if (step > 0 && (row.ts < chain_.times[step - 1] || row.ts > until_)) continue;
      if (step == 0) until_ = c_.deadlines.empty() ? row.ts + c_.length : c_.deadlines[i];
      used_[i] = true;
      chain_.times[step] = row.ts;
      Extend(step + 1);
      used_[i] = false;
    }
  }

  const Case& c_;
  std::vector<bool> used_;
  Micros until_ = 0;
  FunnelChain chain_;
  std::vector<FunnelChain> chains_;
};

Case MakeCase(Random* random, int max_rows, int max_steps) {
  Case c;
  c.steps = random->Between(1, max_steps);
  c.once = random->OneIn(2);
  c.length = random->Below(5);
  const int times = random->Between(1, 6);
  const bool sparse = random->OneIn(2);
  for (int i = random->Below(max_rows + 1); i > 0; --i) {
    const StepMask all = (StepMask{1} << c.steps) - 1;
    const StepMask mask =
        static_cast<StepMask>(random->Next()) & (sparse ? static_cast<StepMask>(random->Next()) : all) & all;
    c.rows.push_back({random->Below(times), mask});
  }
  SortRows(c.rows, StopToken());
  if (random->OneIn(3)) {
    // Windows whose length changes with the calendar; those of rows without step 1 mean nothing.
    const Micros jump = random->Below(times);
    const Micros extra = random->Below(3);
    for (const StepRow& row : c.rows) {
      c.deadlines.push_back(row.mask & 1 ? row.ts + c.length + (row.ts >= jump ? extra : 0)
                                         : -1 - random->Below(9));
    }
  }
  return c;
}

FunnelChain MatchCase(const Case& c) {
  return MatchFunnel(c.rows, {c.deadlines.empty() ? c.length : 0, c.deadlines}, {c.steps, c.once},
                     StopToken());
}

void Check(const Case& c) {
  const FunnelChain chain = MatchCase(c);
  const FunnelChain expected = Exhaustive(c).Best();
  ASSERT_EQ(chain.depth, expected.depth) << Show(c);
  if (!c.once) {
    ASSERT_EQ(chain.depth, DepthBySlots(c)) << Show(c);
  }
  for (int i = 0; i < chain.depth; ++i)
    ASSERT_EQ(chain.times[i], expected.times[i]) << "step " << i + 1 << " of " << Show(c);
  // What holds of any answer, said without an oracle.
  for (int i = 0; i < chain.depth; ++i) {
    if (i > 0) {
      ASSERT_LE(chain.times[i - 1], chain.times[i]) << Show(c);
    }
    const bool step_holds = std::any_of(c.rows.begin(), c.rows.end(), [&](const StepRow& row) {
      return row.ts == chain.times[i] && (row.mask >> i & 1);
    });
    ASSERT_TRUE(step_holds) << Show(c);
    if (c.deadlines.empty()) {
      ASSERT_LE(chain.times[i], chain.times[0] + c.length) << Show(c);
    }
  }
}

TEST(FunnelRandom, SmallCases) {
  Random random(4);
  for (int i = 0; i < 250'000 && !testing::Test::HasFatalFailure(); ++i) Check(MakeCase(&random, 5, 4));
}

TEST(FunnelRandom, LargerCases) {
  Random random(5);
  for (int i = 0; i < 10'000 && !testing::Test::HasFatalFailure(); ++i) Check(MakeCase(&random, 8, 5));
}

// Too large to try everything: the default mode against the slots alone.
TEST(FunnelRandom, LongCases) {
  Random random(6);
  for (int i = 0; i < 2'000; ++i) {
    Case c;
    c.steps = random.Between(1, kMaxSteps);
    c.once = false;
    c.length = random.Below(200);
    const int count = random.Below(300);
    for (int j = 0; j < count; ++j)
      c.rows.push_back({random.Below(400), StepMask{1} << random.Below(c.steps)});
    SortRows(c.rows, StopToken());
    ASSERT_EQ(MatchCase(c).depth, DepthBySlots(c)) << Show(c);
  }
}

}  // namespace
}  // namespace productgraph::core
