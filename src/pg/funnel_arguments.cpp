#include "src/pg/funnel_arguments.hpp"

namespace productgraph::pg {

const core::Micros* CalendarDeadlines(std::span<const core::StepRow> rows, const Interval& window,
                                      core::StepMask opening) {
  auto* const deadlines = static_cast<core::Micros*>(
      MemoryContextAllocHuge(CurrentMemoryContext, rows.size() * sizeof(core::Micros)));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const core::StepRow& row = rows[i];
    if (i % 1024 == 0) CHECK_FOR_INTERRUPTS();
    deadlines[i] = row.ts;
    if ((row.mask & opening) && !TIMESTAMP_NOT_FINITE(row.ts)) {
      deadlines[i] = DatumGetTimestampTz(DirectFunctionCall2(
          timestamptz_pl_interval, TimestampTzGetDatum(row.ts), PointerGetDatum(&window)));
    }
  }
  return deadlines;
}

void CheckFunnelWindow(const Interval& window) {
  if (window.month < 0 || window.day < 0 || window.time < 0) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("window must not be negative")));
  }
}

void RaiseNullFunnelArgument(const char* name) {
  ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
  pg_unreachable();
}

}  // namespace productgraph::pg
