#include "src/pg/result_rows.hpp"

namespace productgraph::pg {
namespace {

constexpr int kMaxColumns = 16;

}  // namespace

ResultRows BeginRows(FunctionCallInfo fcinfo) {
  InitMaterializedSRF(fcinfo, 0);
  auto* const info = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  return {info->setResult, info->setDesc};
}

void AddRow(const ResultRows& rows, const Datum* values, const bool* nulls) {
  static const bool kNoNulls[kMaxColumns] = {};
  Assert(rows.description->natts <= kMaxColumns);
  tuplestore_putvalues(rows.store, rows.description, const_cast<Datum*>(values),
                       const_cast<bool*>(nulls ? nulls : kNoNulls));
}

void AddNullRow(const ResultRows& rows) {
  Datum values[kMaxColumns] = {};
  bool nulls[kMaxColumns];
  memset(nulls, true, sizeof(nulls));
  AddRow(rows, values, nulls);
}

}  // namespace productgraph::pg
