// The funnel kernel: how far does one actor get through a chain of steps within a window?
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "src/core/step_rows.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

// What a chain must be like. The modes combine; their names and meanings are ClickHouse's.
struct FunnelOptions {
  int steps = 1;      // 1 to kMaxSteps
  bool once = false;  // a row serves at most one step of a chain
  bool strict_deduplication =
      false;                     // a repeat of a step that was reached, other than the first, ends the scan
  bool strict_order = false;     // after the first step a row of no step, or of one not due yet, ends it
  bool strict_increase = false;  // each step strictly later than the one before
  bool allow_reentry = false;    // with strict_order: steps not due yet are passed over
  bool per_step = false;         // the window opens anew at each step; with `once`, and no other mode

  bool operator==(const FunnelOptions&) const = default;
  int conditions() const { return steps; }
  // Whether rows of no step matter.
  bool needs_all_rows() const { return strict_order; }
  // Whether nothing but the order of the steps and the window matter, and a row serves one step.
  bool is_simple() const { return *this == FunnelOptions{.steps = steps, .once = true}; }
};

struct FunnelMode {
  const char* name;
  bool FunnelOptions::*option;
};

inline constexpr FunnelMode kFunnelModes[] = {
    {"strict_deduplication", &FunnelOptions::strict_deduplication},
    {"strict_order", &FunnelOptions::strict_order},
    {"strict_increase", &FunnelOptions::strict_increase},
    {"strict_once", &FunnelOptions::once},
    {"allow_reentry", &FunnelOptions::allow_reentry},
};

// When the window that opens at a certain row ends, inclusive.
struct FunnelWindow {
  Micros length = 0;                    // added to the row's time, when there are no deadlines
  std::span<const Micros> deadlines{};  // one for each row, used of rows that open a window

  // Of the window that opens at the time of the row `first`: one of the rows from it on that share its time
  // and have any of the `opening` bits opens it.
  Micros Deadline(std::span<const StepRow> rows, std::size_t first, StepMask opening) const {
    if (deadlines.empty()) return AddMicros(rows[first].ts, length);
    while (!(rows[first].mask & opening)) ++first;
    return deadlines[first];
  }
};

struct FunnelChain {
  int depth = 0;         // the last step taken; 0 = none
  StepMask skipped = 0;  // optional steps before it that were not taken
  // Of each step taken. Non-decreasing, all within the window that opens at times[0].
  std::array<Micros, kMaxSteps> times{};

  Micros completed_at() const { return times[depth - 1]; }
  // Deeper wins, then the one that completes first, then the one that starts later.
  bool IsBetterThan(const FunnelChain& other) const {
    if (depth != other.depth || depth == 0) return depth > other.depth;
    if (completed_at() != other.completed_at()) return completed_at() < other.completed_at();
    return times[0] > other.times[0];
  }
};

// The chain that gets deepest; among equals the one that completes first; of those the one that starts
// latest, each of its steps taken as early as it can be. `rows` must be sorted by SortRows; rows of no step
// matter with strict_order only and may be left out otherwise.
//
// Semantics are those of ClickHouse's windowFunnel: the window is anchored at the chain's first step and
// includes its end; steps at the same time may follow one another whatever order their rows came in. Without
// `once` a row that matches several steps may serve all of them, and for each step only the chain that
// started last is kept. With it, rows of equal time are assigned to steps by bipartite matching, so no tie is
// ever lost. With strict_increase alone a row that takes a step again moves that step's time, as in
// ClickHouse; with `once` added the earlier time is remembered too. With per_step the window is that between
// a step and the next, so that a step taken again later lengthens the chain; the steps are then not always as
// early as they can be.
//
// Time is rows × steps, plus steps^3 × rows for groups of rows that share a time (their size capped at
// steps²).
FunnelChain MatchFunnel(std::span<const StepRow> rows, const FunnelWindow& window,
                        const FunnelOptions& options, const StopToken& stop);

// The one chain that starts with the first row of step 1, at the end of which others may start: `end` is set
// to the first row after the time at which it completed, or after which it cannot go on.
FunnelChain MatchFirstChain(std::span<const StepRow> rows, const FunnelWindow& window,
                            const FunnelOptions& options, const StopToken& stop, std::size_t* end);

}  // namespace productgraph::core
