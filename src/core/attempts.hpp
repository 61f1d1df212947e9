// Attempts at a product funnel: what one actor makes of its steps, each time it begins.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <span>

#include "src/core/funnel.hpp"
#include "src/core/step_rows.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

enum class StepOrder : std::uint8_t {
  kOrdered,  // other rows may come between the steps
  kStrict,   // no other row may
  kAny,      // the steps may come in any order
};

// Rows that break an attempt which has taken the step `after` and not yet the step `before` (from 1), and is
// still inside its window. Rows at the time of either step do not.
struct Exclusion {
  std::uint8_t after;
  std::uint8_t before;

  bool operator==(const Exclusion&) const = default;
};

struct AttemptOptions {
  int steps = 1;
  StepOrder order = StepOrder::kOrdered;
  bool per_step = false;  // the window is that from a step to the next, not from the first one
  StepMask optional = 0;  // steps that may be left out: neither the first nor the last
  int exclusions = 0;
  std::array<Exclusion, kMaxSteps> excluded{};

  bool operator==(const AttemptOptions&) const = default;
  // A row's bits are the steps, then the exclusions, then with kAny whether an attempt may begin with it.
  int conditions() const { return steps + exclusions + (order == StepOrder::kAny ? 1 : 0); }
  // Whether rows of no condition matter.
  bool needs_all_rows() const { return order == StepOrder::kStrict; }
  // Whether nothing but the order of the steps and the window matter.
  bool is_simple() const { return *this == AttemptOptions{.steps = steps}; }
  // The bit of rows that an attempt may begin with, and the bits of those that open a window.
  StepMask beginning() const { return order == StepOrder::kAny ? StepMask{1} << (steps + exclusions) : 1; }
  StepMask opening() const;
  // Null when the options go together, else what is wrong with them.
  const char* Problem() const;
};

// An attempt begins at a row of step 1, or with kAny at one of any step that may begin one. It takes each
// step at the first row that can be it, a row serving one step; rows of one time come in whatever order lets
// it take the most. The window includes its end. With kAny the chain's step k is the k-th one it took.
//
// `rows` must be sorted by SortRows and have no other bits than those of conditions(); rows without any
// matter for kStrict only, where rows of one time come in the order of SortRows. Deadlines in the window, if
// any, are needed of opening() rows.
//
// Time is attempts × steps × log(rows); memory that of StepIndex. Both throw bad_alloc and Error(kStopped).

// The best of all attempts, which may overlap, as FunnelChain::IsBetterThan has it; depth 0 when there is
// none.
FunnelChain BestAttempt(std::span<const StepRow> rows, const FunnelWindow& window,
                        const AttemptOptions& options, std::pmr::memory_resource* memory,
                        const StopToken& stop);

// Attempts one after the other: the next one begins after the time at which the one before it completed or
// was broken, or when its window has passed. Those that were broken are left out.
void ForEachAttempt(std::span<const StepRow> rows, const FunnelWindow& window, const AttemptOptions& options,
                    std::pmr::memory_resource* memory, const StopToken& stop,
                    const std::function<void(const FunnelChain&)>& visit);

}  // namespace productgraph::core
