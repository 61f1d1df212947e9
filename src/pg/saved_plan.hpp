// Statements that are planned once for a session.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

inline constexpr int kMaxPlanParameters = 16;

struct SavedPlan {
  const char* query;
  int parameters;
  Oid types[kMaxPlanParameters];
  SPIPlanPtr plan;  // null until the first use
};

// Prepares the plan when this is its first use. Between SPI_connect and SPI_finish only.
void Prepare(SavedPlan* plan);

// Runs a SELECT, read only unless it changes rows itself; results are in SPI_tuptable. Returns their number,
// at most `limit` (0 = no limit). No parameter may be null.
uint64 ExecuteSelect(SavedPlan* plan, const Datum* values, long limit, bool read_only = true);

// Runs a statement that changes rows; `result` is what SPI says when it succeeds. Returns the number of rows;
// those of RETURNING are in SPI_tuptable.
uint64 ExecuteChange(SavedPlan* plan, const Datum* values, int result);

}  // namespace productgraph::pg
