// The strict modes of the funnel kernel: published vectors, and their definition done step by step.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {
namespace {

constexpr Micros kDay = 86'400 * kSecond;

int Depth(Rows rows, Micros window, const FunnelOptions& options) {
  SortRows(rows, StopToken());
  return MatchFunnel(rows, {window}, options, StopToken()).depth;
}

FunnelOptions Modes(int steps, std::initializer_list<bool FunnelOptions::*> modes) {
  FunnelOptions options;
  options.steps = steps;
  for (const auto mode : modes) options.*mode = true;
  return options;
}

struct LetterCase {
  std::string_view letters;
  int by_default, in_order, deduplicated_in_order;
};

TEST(FunnelModes, OrderAndDeduplication) {
  const LetterCase cases[] = {
      {"abc", 3, 3, 3}, {"adbc", 3, 1, 1}, {"aabbcc", 3, 3, 2}, {"aabbdcc", 3, 2, 2}, {"ccbbaa", 1, 1, 1}};
  for (const LetterCase& c : cases) {
    const Rows rows = LetterRows(c.letters, "abc");
    EXPECT_EQ(Depth(rows, kDay, Modes(3, {})), c.by_default) << c.letters;
    EXPECT_EQ(Depth(rows, kDay, Modes(3, {&FunnelOptions::strict_order})), c.in_order) << c.letters;
    EXPECT_EQ(
        Depth(rows, kDay, Modes(3, {&FunnelOptions::strict_order, &FunnelOptions::strict_deduplication})),
        c.deduplicated_in_order)
        << c.letters;
  }
  EXPECT_EQ(Depth(LetterRows("abcbd", "abcd"), kDay, Modes(4, {&FunnelOptions::strict_deduplication})), 3);
}

TEST(FunnelModes, Deduplication) {
  const Rows rows = {{0, 1}, {10, 2}, {20, 4}, {30, 8}, {40, 16}, {50, 32}, {51, 32}, {60, 64}};
  EXPECT_EQ(Depth(rows, kDay, Modes(7, {})), 7);
  EXPECT_EQ(Depth(rows, kDay, Modes(7, {&FunnelOptions::strict_deduplication})), 6);
  EXPECT_EQ(Depth(LetterRows("aaabac", "abc"), kDay, Modes(3, {&FunnelOptions::strict_deduplication})), 3)
      << "a repeated step 1 never ends the scan";
}

TEST(FunnelModes, Increase) {
  const Rows rows = {{0, 1}, {1, 2}, {1, 4}, {1, 8}, {2, 16}};
  EXPECT_EQ(Depth(rows, 10, Modes(5, {})), 5);
  EXPECT_EQ(Depth(rows, 10, Modes(5, {&FunnelOptions::strict_increase})), 2);
}

TEST(FunnelModes, Reentry) {
  const Rows rows = LetterRows("acbc", "abc");
  EXPECT_EQ(Depth(rows, kDay, Modes(3, {&FunnelOptions::strict_order})), 1);
  EXPECT_EQ(Depth(rows, kDay, Modes(3, {&FunnelOptions::strict_order, &FunnelOptions::allow_reentry})), 3);
  EXPECT_EQ(Depth(LetterRows("axbc", "abc"), kDay,
                  Modes(3, {&FunnelOptions::strict_order, &FunnelOptions::allow_reentry})),
            1)
      << "a row of no step ends the scan all the same";
}

// The definition: entries (ts, k) in order, a row of no step as k = 0, one slot a step.
int DepthByDefinition(const Rows& rows, Micros window, const FunnelOptions& options) {
  std::vector<std::pair<Micros, int>> entries;
  for (const StepRow& row : rows) {
    if (row.mask == 0) entries.emplace_back(row.ts, 0);
    for (int k = 1; k <= options.steps; ++k) {
      if (row.mask >> (k - 1) & 1) entries.emplace_back(row.ts, k);
    }
  }
  std::sort(entries.begin(), entries.end());
  std::vector<std::optional<Micros>> start(options.steps + 1);
  int depth = 0;
  for (const auto& [ts, k] : entries) {
    if (k == 1) {
      start[1] = ts;
    } else if (k == 0) {
      if (options.strict_order && start[1]) break;
      continue;
    } else {
      if (options.strict_deduplication && start[k]) break;
      if (options.strict_order && start[1] && !start[k - 1]) {
        if (options.allow_reentry) continue;
        break;
      }
      if (!start[k - 1] || ts - *start[k - 1] > window) continue;
      start[k] = start[k - 1];
    }
    depth = std::max(depth, k);
  }
  return depth;
}

TEST(FunnelModes, AgreeWithTheirDefinition) {
  Random random(13);
  for (int i = 0; i < 50'000; ++i) {
    FunnelOptions options;
    options.steps = random.Between(1, 4);
    options.strict_deduplication = random.OneIn(2);
    options.strict_order = random.OneIn(2);
    options.allow_reentry = options.strict_order && random.OneIn(3);
    const Micros window = random.Below(8);
    const int times = random.Between(1, 8);
    Rows rows;
    std::string shown = std::to_string(options.steps) + (options.strict_deduplication ? " dedup" : "") +
                        (options.strict_order ? " order" : "") + (options.allow_reentry ? " reentry" : "");
    for (int j = random.Below(9); j > 0; --j) {
      const StepMask all = (StepMask{1} << options.steps) - 1;
      const StepMask one = StepMask{1} << random.Below(options.steps);
      const StepMask mask = random.OneIn(8)   ? 0
                            : random.OneIn(4) ? static_cast<StepMask>(random.Next()) & all
                                              : one;
      rows.push_back({random.Below(times), mask});
      shown += "; " + std::to_string(rows.back().ts) + ":" + std::to_string(mask);
    }
    ASSERT_EQ(Depth(rows, window, options), DepthByDefinition(rows, window, options)) << shown;
  }
}

}  // namespace
}  // namespace productgraph::core
