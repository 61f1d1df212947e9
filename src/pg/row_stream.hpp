// Results of a query, row by row as they are found, without a copy of any.
#pragma once

#include <span>

#include "src/pg/compat.hpp"

namespace productgraph::pg {

struct QueryParameter {
  Oid type;
  Datum value;
};

// Takes a row; what its columns point to is gone afterwards. The current memory context is emptied after
// each. False ends the query.
using TakeRow = bool (*)(TupleTableSlot* row, void* state);

// Runs a SELECT with a snapshot of its own, planned for these very parameters, none of which is null. Between
// SPI_connect and SPI_finish only.
void StreamRows(const char* query, std::span<const QueryParameter> parameters, TakeRow take, void* state);

}  // namespace productgraph::pg
