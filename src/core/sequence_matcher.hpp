// Finds patterns in the rows of one actor.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/sequence_pattern.hpp"
#include "src/core/step_rows.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

// The rows that one end of a timed link can lie at, for a sweep over the rows at its other end. Each row is
// looked at a bounded number of times: time only grows (or only falls) during a sweep, so what is too far
// away once stays so.
class LinkTimes {
 public:
  explicit LinkTimes(std::pmr::memory_resource* memory) : list_(memory) {}

  // Times come in the order of the sweep.
  void Add(Micros ts) {
    if (list_.empty() || list_.back() != ts) list_.push_back(ts);
  }
  void Clear() {
    list_.clear();
    first_ = 0;
  }
  // Whether a row at `ts` meets the link's conditions with an added time before it; the sweep goes up.
  bool FollowsAny(const PatternEvent& event, Micros ts);
  // Whether one at `ts` meets them with an added time after it; the sweep goes down.
  bool PrecedesAny(const PatternEvent& event, Micros ts);

 private:
  template <class TooFar, class Meets>
  bool Any(const PatternEvent& event, TooFar too_far, Meets meets);

  std::pmr::vector<Micros> list_;
  std::size_t first_ = 0;  // those before are too far away for good
};

// Reads rows one by one and knows, for each position of the pattern, whether the rows so far can have matched
// up to it. There is no backtracking: a row costs one look at each position, whatever came before.
class SequenceMatcher {
 public:
  // `pattern` must outlive the matcher. Memory: 16 bytes for each row that may still be the predecessor of a
  // timed link, nothing that grows otherwise.
  SequenceMatcher(std::span<const PatternEvent> pattern, std::pmr::memory_resource* memory);

  // The positions that are reached at this row, bit p for the p-th token (from 0) having matched it. Rows
  // come in the order of SortRows, and each matches at least one condition.
  PositionMask Next(const StepRow& row);
  bool Complete(PositionMask reached) const { return reached >> (pattern_.size() - 1) & 1; }
  // Forgets all rows, so that a further match can only use later ones.
  void Restart();

 private:
  bool Reachable(std::size_t position, Micros ts);

  const std::span<const PatternEvent> pattern_;
  PositionMask previous_ = 0;  // reached at the last row
  PositionMask ever_ = 0;      // reached at any row
  std::pmr::vector<LinkTimes>
      times_;  // of the rows that reached each position, when a timed link leaves from it
};

// The number of matches, each using only rows after the last row of the one before and ending as early as it
// can. Stops counting at `limit`. Throws bad_alloc, Error(kStopped).
std::int64_t CountMatches(std::span<const PatternEvent> pattern, std::span<const StepRow> rows,
                          std::int64_t limit, const StopToken& stop, std::pmr::memory_resource* memory);

// The times of the rows that (?N) tokens match in the longest partial match from the pattern's start; among
// equals the one that is complete first, and of those the one whose rows come earliest. Empty when not even
// the first token matches. Memory: 8 bytes a row. Throws bad_alloc, Error(kStopped).
std::pmr::vector<Micros> LongestMatch(std::span<const PatternEvent> pattern, std::span<const StepRow> rows,
                                      const StopToken& stop, std::pmr::memory_resource* memory);

}  // namespace productgraph::core
