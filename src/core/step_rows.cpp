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
  const auto count = [&] {
    if (++comparisons % kStopInterval == 0) stop.ThrowIfRequested();
  };
  const auto earlier = [&](const StepRow& a, const StepRow& b) {
    count();
    return a.ts < b.ts;
  };
  const auto less = [&](const StepRow& a, const StepRow& b) {
    count();
    return std::tie(a.ts, a.mask) < std::tie(b.ts, b.mask);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), std::cref(earlier))) {
    std::sort(rows.begin(), rows.end(), std::cref(less));
    return;
  }
  // Rows often come in the order of time, and then only those of one time are left to sort.
  for (auto first = rows.begin(); first != rows.end();) {
    auto end = first + 1;
    while (end != rows.end() && end->ts == first->ts) ++end;
    if (end - first > 1) std::sort(first, end, std::cref(less));
    first = end;
  }
}

}  // namespace productgraph::core
