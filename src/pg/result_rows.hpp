// Results of several rows, collected in a tuplestore.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

struct ResultRows {
  Tuplestorestate* store;
  TupleDesc description;
};

// Raises an error unless the function was called where a set is expected.
ResultRows BeginRows(FunctionCallInfo fcinfo);

// One value for each column; `nulls` may be left out when there are none.
void AddRow(const ResultRows& rows, const Datum* values, const bool* nulls = nullptr);

// A row of nulls.
void AddNullRow(const ResultRows& rows);

}  // namespace productgraph::pg
