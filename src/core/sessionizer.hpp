// Numbers the sessions of one actor's rows.
#pragma once

#include <algorithm>
#include <cstdint>

#include "src/core/step_rows.hpp"

namespace productgraph::core {

// Feed it the times of the rows in their order, ascending or descending. For each: ask FromEarlier for the
// earlier of this row and the one before, add the gap to that, and pass the sum to Next.
class Sessionizer {
 public:
  Micros FromEarlier(Micros ts) const { return session_ == 0 ? ts : std::min(previous_, ts); }

  // The session of this row, from 1. A new one begins when the row lies beyond `deadline`, never at it.
  std::int64_t Next(Micros ts, Micros deadline) {
    if (session_ == 0 || std::max(previous_, ts) > deadline) ++session_;
    previous_ = ts;
    return session_;
  }

 private:
  std::int64_t session_ = 0;
  Micros previous_ = 0;
};

}  // namespace productgraph::core
