#include "src/core/chain_slots.hpp"

#include <algorithm>

namespace productgraph::core {

void ChainSlots::Start(Micros ts, Micros deadline) {
  if (by_deadline_ && reached(0) && slots_[0].deadline > deadline) return;
  slots_[0].times[0] = ts;
  slots_[0].deadline = deadline;
  reached_ |= 1;
  Consider(1);
}

void ChainSlots::Take(int step, Micros ts, Micros deadline, bool replace) {
  const Slot& previous = slots_[step - 1];
  Slot& slot = slots_[step];
  if (reached(step) && !replace) {
    const bool longer = deadline > slot.deadline;
    const bool later_start = previous.times[0] > slot.times[0];
    if (by_deadline_ ? !longer && !(deadline == slot.deadline && later_start) : !later_start) return;
  }
  std::copy_n(previous.times.begin(), step, slot.times.begin());
  slot.times[step] = ts;
  slot.deadline = deadline;
  reached_ |= StepMask{1} << step;
  Consider(step + 1);
}

bool ChainSlots::AllClosed(Micros ts) const {
  for (int step = 0; reached(step); ++step) {
    if (ts <= slots_[step].deadline) return false;
  }
  return true;
}

// Chains come in the order they complete, so an earlier completion is never given up.
void ChainSlots::Consider(int depth) {
  const std::array<Micros, kMaxSteps>& times = slots_[depth - 1].times;
  const bool deeper = depth > best_.depth;
  const bool later_start =
      depth == best_.depth && times[depth - 1] == best_.times[depth - 1] && times[0] > best_.times[0];
  if (!deeper && !later_start) return;
  best_.depth = depth;
  std::copy_n(times.begin(), depth, best_.times.begin());
}

void ChainSlots::LimitDepth(int depth) {
  if (best_.depth <= depth) return;
  std::fill(best_.times.begin() + depth, best_.times.end(), 0);
  best_.depth = depth;
}

}  // namespace productgraph::core
