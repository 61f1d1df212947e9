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

  bool operator==(const FunnelOptions&) const = default;
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

// When the window of a chain that starts at a certain row ends, inclusive.
struct FunnelWindow {
  Micros length = 0;                    // added to the start, when there are no deadlines
  std::span<const Micros> deadlines{};  // one for each row, used of rows with step 1
};

struct FunnelChain {
  int depth = 0;  // steps reached; 0 = none
  // Of each reached step. Non-decreasing, all within the window that opens at times[0].
  std::array<Micros, kMaxSteps> times{};
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
// ClickHouse; with `once` added the earlier time is remembered too.
//
// Time is rows × steps, plus steps^3 × rows for groups of rows that share a time (their size capped at
// steps²).
FunnelChain MatchFunnel(std::span<const StepRow> rows, const FunnelWindow& window,
                        const FunnelOptions& options, const StopToken& stop);

}  // namespace productgraph::core
