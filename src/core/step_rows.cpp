#include "src/core/step_rows.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

namespace productgraph::core {
namespace {

constexpr std::uint32_t kStopInterval = 1 << 16;  // comparisons between two looks at the stop token

}  // namespace

void SortRows(std::span<StepRow> rows, const StopToken& stop) {
  std::uint32_t comparisons = 0;
  const auto less = [&](const StepRow& a, const StepRow& b) {
    if (++comparisons % kStopInterval == 0) stop.ThrowIfRequested();
    return std::tie(a.ts, a.mask) < std::tie(b.ts, b.mask);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), std::cref(less))) {
    std::sort(rows.begin(), rows.end(), std::cref(less));
  }
}

}  // namespace productgraph::core
