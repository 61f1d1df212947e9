// For each condition, the rows that meet it: what a walk over an actor's rows jumps along.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/step_rows.hpp"

namespace productgraph::core {

// Memory: 4 bytes for each condition that a row meets. Up to 2^32 - 1 rows.
class StepIndex {
 public:
  // Throws bad_alloc, and Error(kStopped).
  StepIndex(std::span<const StepRow> rows, std::pmr::memory_resource* memory, const StopToken& stop);

  // The number of rows, which is also what stands for no row.
  std::size_t size() const { return rows_; }

  // The first row from `from` on that meets the condition (from 0).
  std::size_t Next(int condition, std::size_t from) const;

  // The first row from `from` on that meets any of the conditions.
  std::size_t NextOfAny(StepMask conditions, std::size_t from) const {
    std::size_t next = rows_;
    for (; conditions != 0; conditions &= conditions - 1) {
      next = std::min(next, Next(std::countr_zero(conditions), from));
    }
    return next;
  }

 private:
  const std::size_t rows_;
  std::array<std::size_t, kMaxSteps + 1> starts_{};  // in positions_, of each condition
  std::pmr::vector<std::uint32_t> positions_;
};

}  // namespace productgraph::core
