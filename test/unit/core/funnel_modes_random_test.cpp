// All combinations of modes of the funnel kernel against scans that follow their definition to the letter.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>

#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

struct Case {
  Rows rows;  // sorted
  FunnelOptions options;
  Micros window;
};

std::string Show(const Case& c) {
  std::string text = std::to_string(c.options.steps) + " steps, window " + std::to_string(c.window);
  for (const FunnelMode& mode : kFunnelModes) {
    if (c.options.*mode.option) text += std::string(", ") + mode.name;
  }
  for (const StepRow& row : c.rows) text += "; " + std::to_string(row.ts) + ":" + std::to_string(row.mask);
  return text;
}

// One true condition of a row; step 0 stands for a row of no step.
struct Entry {
  Micros ts;
  int step;  // from 1
  int row;

  bool operator<(const Entry& other) const {
    return std::tie(ts, step, row) < std::tie(other.ts, other.step, other.row);
  }
};

std::vector<Entry> Entries(const Case& c) {
  std::vector<Entry> entries;
  for (int i = 0; i < static_cast<int>(c.rows.size()); ++i) {
    if (c.rows[i].mask == 0) entries.push_back({c.rows[i].ts, 0, i});
    for (int step = 1; step <= c.options.steps; ++step) {
      if (c.rows[i].mask >> (step - 1) & 1) entries.push_back({c.rows[i].ts, step, i});
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

// What is known of each step: whether it is reached, and how an entry reaches it.
class SlotScan {
 public:
  explicit SlotScan(const Case& c) : c_(c) {}

  bool Reached(int step) const { return start_[step].has_value(); }
  void Begin(const Entry& entry) { start_[1] = last_[1] = entry.ts; }
  void Take(const Entry& entry) {
    const std::optional<Micros>& start = start_[entry.step - 1];
    if (!start || entry.ts - *start > c_.window) return;
    if (c_.options.strict_increase && last_[entry.step - 1] >= entry.ts) return;
    start_[entry.step] = start;
    last_[entry.step] = entry.ts;
  }

 private:
  const Case& c_;
  std::array<std::optional<Micros>, kMaxSteps + 1> start_;
  std::array<Micros, kMaxSteps + 1> last_{};
};

// The same for strict_once: every chain there is, with the rows it has used.
class ChainScan {
 public:
  explicit ChainScan(const Case& c) : c_(c) {}

  bool Reached(int step) const { return !chains_[step].empty(); }
  void Begin(const Entry& entry) { chains_[1].push_back({entry.ts, entry.ts, 1u << entry.row}); }
  void Take(const Entry& entry) {
    for (const Chain& chain : chains_[entry.step - 1]) {
      if (entry.ts - chain.start > c_.window || (chain.used >> entry.row & 1)) continue;
      if (c_.options.strict_increase && chain.last >= entry.ts) continue;
      chains_[entry.step].push_back({chain.start, entry.ts, chain.used | 1u << entry.row});
    }
  }

 private:
  struct Chain {
    Micros start, last;
    std::uint32_t used;
  };

  const Case& c_;
  std::array<std::vector<Chain>, kMaxSteps + 1> chains_;
};

template <class Scan>
int DepthByScan(const Case& c) {
  Scan scan(c);
  const auto depth = [&] {
    int reached = 0;
    while (reached < c.options.steps && scan.Reached(reached + 1)) ++reached;
    return reached;
  };
  for (const Entry& entry : Entries(c)) {
    if (entry.step == 0) {
      if (c.options.strict_order && scan.Reached(1)) break;
    } else if (entry.step == 1) {
      scan.Begin(entry);
    } else if (c.options.strict_deduplication && scan.Reached(entry.step)) {
      break;
    } else if (c.options.strict_order && scan.Reached(1) && !scan.Reached(entry.step - 1)) {
      if (!c.options.allow_reentry) break;
    } else {
      scan.Take(entry);
      // Once all steps are reached nothing can change the answer.
      if (scan.Reached(c.options.steps)) break;
    }
  }
  return depth();
}

// All assignments of different rows to steps at strictly growing times.
int DepthOfIncreasingRows(const Case& c, int step = 0, Micros start = 0, Micros last = 0) {
  int best = step;
  for (const StepRow& row : c.rows) {
    if (step == c.options.steps || !(row.mask >> step & 1)) continue;
    if (step > 0 && (row.ts <= last || row.ts - start > c.window)) continue;
    best = std::max(best, DepthOfIncreasingRows(c, step + 1, step == 0 ? row.ts : start, row.ts));
  }
  return best;
}

// What holds of the times of any answer.
void CheckTimes(const Case& c, const FunnelChain& chain) {
  for (int i = 0; i < chain.depth; ++i) {
    const Micros least = i == 0 ? chain.times[0] : chain.times[i - 1] + c.options.strict_increase;
    ASSERT_GE(chain.times[i], least) << Show(c);
    ASSERT_LE(chain.times[i] - chain.times[0], c.window) << Show(c);
    ASSERT_TRUE(
        std::any_of(c.rows.begin(), c.rows.end(),
                    [&](const StepRow& row) { return row.ts == chain.times[i] && (row.mask >> i & 1); }))
        << "step " << i + 1 << " of " << Show(c);
  }
}

FunnelChain MatchCase(const Case& c) {
  return MatchFunnel(c.rows, {c.window}, c.options, StopToken());
}

std::vector<FunnelOptions> AllModes() {
  std::vector<FunnelOptions> all;
  for (unsigned bits = 0; bits < 1u << std::size(kFunnelModes); ++bits) {
    FunnelOptions options;
    for (std::size_t i = 0; i < std::size(kFunnelModes); ++i)
      options.*kFunnelModes[i].option = (bits >> i) & 1;
    if (!options.allow_reentry || options.strict_order) all.push_back(options);
  }
  return all;
}

// Half of the cases are sparse; rows of no step are in all of them, as states keep them in strict_order.
Case MakeCase(Random* random, const FunnelOptions& options, bool ties) {
  Case c;
  c.options = options;
  c.options.steps = random->Between(1, 4);
  c.window = random->Below(10);
  const int times = random->Between(1, 8);
  const int shape = random->Below(3);
  const StepMask all = (StepMask{1} << c.options.steps) - 1;
  Micros ts = 0;
  for (int i = random->Below(9); i > 0; --i) {
    const auto bits = static_cast<StepMask>(random->Next());
    const StepMask mask = shape == 0   ? StepMask{1} << random->Below(c.options.steps)
                          : shape == 1 ? bits & all
                                       : bits & static_cast<StepMask>(random->Next()) & all;
    ts += random->Between(1, 3);
    c.rows.push_back({ties ? random->Below(times) : ts, random->OneIn(10) ? 0 : mask});
  }
  SortRows(c.rows, StopToken());
  return c;
}

void CheckModes(std::uint64_t seed, bool once, bool ties, int rounds) {
  Random random(seed);
  int combinations = 0;
  for (const FunnelOptions& options : AllModes()) {
    if (options.once != once) continue;
    // Which row of a tie is the repeat is open there; see the last test.
    if (options.once && options.strict_deduplication && ties) continue;
    ++combinations;
    for (int i = 0; i < rounds; ++i) {
      const Case c = MakeCase(&random, options, ties);
      const FunnelChain chain = MatchCase(c);
      ASSERT_EQ(chain.depth, once ? DepthByScan<ChainScan>(c) : DepthByScan<SlotScan>(c)) << Show(c);
      ASSERT_NO_FATAL_FAILURE(CheckTimes(c, chain));
    }
  }
  EXPECT_EQ(combinations, once && ties ? 6 : 12);
}

TEST(FunnelModesRandom, RowsThatServeManySteps) {
  CheckModes(1, false, true, 12'000);
  CheckModes(2, false, false, 5'000);
}

TEST(FunnelModesRandom, RowsThatServeOneStep) {
  CheckModes(3, true, true, 12'000);
  CheckModes(4, true, false, 8'000);
}

TEST(FunnelModesRandom, IncreasingTimesNeedNoSharingOut) {
  Random random(5);
  for (int i = 0; i < 50'000; ++i) {
    FunnelOptions options;
    options.strict_increase = options.once = true;
    const Case c = MakeCase(&random, options, true);
    ASSERT_EQ(MatchCase(c).depth, DepthOfIncreasingRows(c)) << Show(c);
  }
}

// Two rows of one time and step, the first of which cannot serve it: whether the second is a repeat depends
// on which comes first. The kernel answers for the order in which the scan ends soonest.
TEST(FunnelModesRandom, RepeatsAtOneTimeEndTheScanInWhateverOrder) {
  Random random(6);
  int undecided = 0;
  for (int i = 0; i < 5'000; ++i) {
    FunnelOptions options;
    options.once = options.strict_deduplication = true;
    options.strict_order = random.OneIn(3);
    options.allow_reentry = options.strict_order && random.OneIn(2);
    Case c = MakeCase(&random, options, true);
    if (c.rows.size() > 5) c.rows.resize(5);
    const int depth = MatchCase(c).depth;
    // All orders of rows; the scan puts them into the order of time and step and leaves the rest.
    std::vector<int> order(c.rows.size());
    std::iota(order.begin(), order.end(), 0);
    int least = c.options.steps, most = 0;
    do {
      Case reordered = c;
      for (std::size_t row = 0; row < order.size(); ++row) reordered.rows[row] = c.rows[order[row]];
      const int scanned = DepthByScan<ChainScan>(reordered);
      least = std::min(least, scanned);
      most = std::max(most, scanned);
    } while (std::next_permutation(order.begin(), order.end()));
    ASSERT_EQ(depth, least) << Show(c);
    undecided += least < most;
  }
  EXPECT_GT(undecided, 10);
}

}  // namespace
}  // namespace productgraph::core
