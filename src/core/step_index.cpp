#include "src/core/step_index.hpp"

#include <algorithm>
#include <limits>

#include "src/core/error.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 1 << 14;  // rows between two looks at the stop token

template <class Visit>
void ForEachCondition(std::span<const StepRow> rows, const StopToken& stop, Visit visit) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (row % kStopInterval == 0) stop.ThrowIfRequested();
    for (StepMask left = rows[row].mask; left != 0; left &= left - 1) visit(row, std::countr_zero(left));
  }
}

}  // namespace

StepIndex::StepIndex(std::span<const StepRow> rows, std::pmr::memory_resource* memory, const StopToken& stop)
    : rows_(rows.size()), positions_(memory) {
  if (rows_ >= std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc();
  ForEachCondition(rows, stop, [&](std::size_t, int condition) { ++starts_[condition + 1]; });
  for (int condition = 0; condition < kMaxSteps; ++condition) starts_[condition + 1] += starts_[condition];
  positions_.resize(starts_[kMaxSteps]);
  std::array<std::size_t, kMaxSteps + 1> ends = starts_;
  ForEachCondition(rows, stop, [&](std::size_t row, int condition) {
    positions_[ends[condition]++] = static_cast<std::uint32_t>(row);
  });
}

std::size_t StepIndex::Next(int condition, std::size_t from) const {
  const auto begin = positions_.begin() + static_cast<std::ptrdiff_t>(starts_[condition]);
  const auto end = positions_.begin() + static_cast<std::ptrdiff_t>(starts_[condition + 1]);
  const auto next = std::lower_bound(begin, end, from);
  return next == end ? rows_ : *next;
}

}  // namespace productgraph::core
