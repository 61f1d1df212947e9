// sessionize(): the window function over src/core/sessionizer.hpp.
#include "src/core/sessionizer.hpp"
#include "src/pg/boundary.hpp"

namespace productgraph::pg {
namespace {

// Zero-initialised by PostgreSQL at the start of each partition.
struct PartitionState {
  bool started;
  core::Sessionizer sessions;
};

Interval CheckedGap(WindowObject window) {
  bool null;
  const Datum gap = WinGetFuncArgCurrent(window, 1, &null);
  if (null) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("gap must not be null")));
  const Interval result = *DatumGetIntervalP(gap);
  if (result.month < 0 || result.day < 0 || result.time < 0) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("gap must not be negative")));
  }
  return result;
}

core::Micros AddGap(TimestampTz time, Interval gap) {
  if (gap.month == 0 && gap.day == 0) return core::AddMicros(time, gap.time);
  if (TIMESTAMP_NOT_FINITE(time)) return time;
  return DatumGetTimestampTz(
      DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(time), PointerGetDatum(&gap)));
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(sessionize) {
  const WindowObject window = PG_WINDOW_OBJECT();
  const Interval gap = CheckedGap(window);
  bool null;
  const Datum value = WinGetFuncArgCurrent(window, 0, &null);
  if (null) PG_RETURN_NULL();
  const TimestampTz ts = DatumGetTimestampTz(value);
  auto* const state =
      static_cast<PartitionState*>(WinGetPartitionLocalMemory(window, sizeof(PartitionState)));
  if (!state->started) {
    new (state) PartitionState();
    state->started = true;
  }
  PG_RETURN_INT64(state->sessions.Next(ts, AddGap(state->sessions.FromEarlier(ts), gap)));
}
