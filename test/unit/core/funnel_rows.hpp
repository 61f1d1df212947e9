// Rows for the funnel tests.
#pragma once

#include <string_view>
#include <vector>

#include "src/core/funnel.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {

inline constexpr Micros kSecond = 1'000'000;

using Rows = std::vector<StepRow>;

// Letters that happen at 1, 2, 3 … seconds; the steps are letters, too.
inline Rows LetterRows(std::string_view letters, std::string_view steps) {
  Rows rows;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    StepMask mask = 0;
    for (std::size_t k = 0; k < steps.size(); ++k) mask |= StepMask{letters[i] == steps[k]} << k;
    rows.push_back({static_cast<Micros>(i + 1) * kSecond, mask});
  }
  return rows;
}

template <class T>
void Shuffle(std::vector<T>* items, Random* random) {
  for (std::size_t i = items->size(); i > 1; --i)
    std::swap((*items)[i - 1], (*items)[random->Below(static_cast<int>(i))]);
}

inline FunnelChain Match(Rows rows, int steps, const FunnelWindow& window, bool once = false) {
  SortRows(rows, StopToken());
  return MatchFunnel(rows, window, {steps, once}, StopToken());
}

}  // namespace productgraph::core
