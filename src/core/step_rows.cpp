#include "src/core/step_rows.hpp"

#include <algorithm>
#include <tuple>

namespace productgraph::core {

void SortRows(std::span<StepRow> rows) {
  const auto less = [](const StepRow& a, const StepRow& b) {
    return std::tie(a.ts, a.mask) < std::tie(b.ts, b.mask);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), less)) std::sort(rows.begin(), rows.end(), less);
}

}  // namespace productgraph::core
