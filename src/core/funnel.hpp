// The funnel kernel: how far does one actor get through a chain of steps within a window?
#pragma once

#include <array>
#include <span>

#include "src/core/step_rows.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

struct FunnelOptions {
  int steps = 1;      // 1 to kMaxSteps
  bool once = false;  // a row serves at most one step of a chain (ClickHouse's strict_once)
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
// latest, each of its steps taken as early as it can be. `rows` must be sorted by SortRows.
//
// Semantics are those of ClickHouse's windowFunnel: the window is anchored at the chain's first step and
// includes its end; steps at the same time may follow one another whatever order their rows came in. Without
// `once` a row that matches several steps may serve all of them. With it, rows of equal time are assigned to
// steps by bipartite matching, so no tie is ever lost.
//
// Time is rows × steps, plus steps^3 × rows for groups of rows that share a time (their size capped at
// steps²).
FunnelChain MatchFunnel(std::span<const StepRow> rows, const FunnelWindow& window,
                        const FunnelOptions& options, const StopToken& stop);

}  // namespace productgraph::core
