#include "src/core/attempt_walk.hpp"

#include <algorithm>
#include <bit>

#include "src/core/tie_matching.hpp"

namespace productgraph::core {

std::size_t WalkBase::TimeBegin(std::size_t row, std::size_t from) const {
  std::size_t begin = row;
  while (begin > from && rows_[begin - 1].ts == rows_[row].ts) --begin;
  return begin;
}

std::size_t WalkBase::TimeEnd(std::size_t row) const {
  std::size_t end = row + 1;
  while (end < size() && rows_[end].ts == rows_[row].ts) ++end;
  return end;
}

std::size_t WalkBase::After(Micros ts, std::size_t from) const {
  const auto later = [](Micros time, const StepRow& row) { return time < row.ts; };
  return static_cast<std::size_t>(
      std::upper_bound(rows_.begin() + static_cast<std::ptrdiff_t>(from), rows_.end(), ts, later) -
      rows_.begin());
}

StepMask WalkBase::Candidates(int taken) const {
  StepMask candidates = 0;
  for (int step = taken; step < options_.steps; ++step) {
    const StepMask bit = StepMask{1} << step;
    candidates |= bit;
    if (!(options_.optional & bit)) break;
  }
  return candidates;
}

void WalkBase::ApplyExclusions(Micros deadline, const std::array<std::size_t, kMaxSteps>& ends,
                               AttemptWalk* walk) const {
  const FunnelChain& chain = walk->chain;
  for (int i = 0; i < options_.exclusions; ++i) {
    const Exclusion& exclusion = options_.excluded[i];
    if (chain.depth < exclusion.after) continue;
    const std::size_t row = index_.Next(options_.steps + i, ends[exclusion.after - 1]);
    if (row == size()) continue;
    const Micros ts = rows_[row].ts;
    if (chain.depth >= exclusion.before ? ts >= chain.times[exclusion.before - 1] : ts > deadline) continue;
    walk->broken = true;
    walk->end = std::min(walk->end, TimeEnd(row));
  }
}

// --- other rows may come between the steps

// The first time from the row `from` on at which an attempt with `taken` steps behind goes on; null when
// there is none. Attempts that follow one another mostly get the same answer, which is kept.
const OrderedWalk::Serving* OrderedWalk::Serve(int taken, std::size_t from) {
  const StepMask candidates = Candidates(taken);
  const std::size_t row = index_.NextOfAny(candidates, from);
  if (row == size()) return nullptr;
  Serving& serving = servings_[taken];
  if (row >= serving.begin && row < serving.end) return &serving;
  serving.begin = TimeBegin(row, from);
  serving.end = TimeEnd(row);
  if (serving.end - serving.begin == 1) {
    const StepMask fitting = rows_[row].mask & candidates;
    serving.steps = fitting & (~fitting + 1);
  } else {
    TieMatching matching(rows_.subspan(serving.begin, serving.end - serving.begin), options_.steps);
    serving.steps = matching.Serve(taken, options_.optional);
  }
  return &serving;
}

AttemptWalk OrderedWalk::Walk(std::size_t start) {
  AttemptWalk walk;
  std::array<std::size_t, kMaxSteps> ends;  // the row after the time of each step taken
  const Micros deadline = Deadline(start, options_.beginning());
  StepMask steps = 0;
  for (const Serving* serving = Serve(0, TimeBegin(start, 0));
       serving && rows_[serving->begin].ts <= deadline; serving = Serve(walk.chain.depth, serving->end)) {
    steps |= serving->steps;
    for (StepMask left = serving->steps; left != 0; left &= left - 1) {
      const int step = std::countr_zero(left);
      walk.chain.times[step] = rows_[serving->begin].ts;
      walk.chain.depth = step + 1;
      ends[step] = serving->end;
    }
    if (walk.chain.depth == options_.steps) break;
  }
  walk.chain.skipped = FirstSteps(walk.chain.depth) & ~steps;
  walk.next = TimeEnd(start);
  walk.end = walk.chain.depth == options_.steps ? ends[walk.chain.depth - 1] : After(deadline, ends[0]);
  ApplyExclusions(deadline, ends, &walk);
  return walk;
}

// --- no other row may come between the steps

bool StrictWalk::Breaks(const StepRow& row, int taken) const {
  for (int i = 0; i < options_.exclusions; ++i) {
    const Exclusion& exclusion = options_.excluded[i];
    if ((row.mask >> (options_.steps + i) & 1) && taken >= exclusion.after && taken < exclusion.before)
      return true;
  }
  return false;
}

AttemptWalk StrictWalk::Walk(std::size_t start) const {
  AttemptWalk walk;
  FunnelChain& chain = walk.chain;
  Micros deadline = Deadline(start, options_.beginning());
  StepMask steps = 0;
  std::size_t row = start;
  for (; row < size() && chain.depth < options_.steps && rows_[row].ts <= deadline; ++row) {
    const StepMask fitting = rows_[row].mask & Candidates(chain.depth);
    if (fitting == 0) {
      walk.broken = Breaks(rows_[row], chain.depth);
      break;
    }
    const int step = std::countr_zero(fitting);
    steps |= StepMask{1} << step;
    chain.times[step] = rows_[row].ts;
    chain.depth = step + 1;
    if (options_.per_step) deadline = Deadline(row, rows_[row].mask);
  }
  chain.skipped = FirstSteps(chain.depth) & ~steps;
  walk.next = start + 1;
  walk.end = row;
  return walk;
}

}  // namespace productgraph::core
