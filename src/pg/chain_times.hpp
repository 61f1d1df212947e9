// The times of an attempt at a funnel as a value of SQL.
#pragma once

#include "src/core/step_rows.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// timestamptz[] of `depth` times, microseconds since 2000, null for the steps that were skipped.
Datum ChainTimes(int depth, core::StepMask skipped, const core::Micros* times);

}  // namespace productgraph::pg
