#include "src/pg/calendar_window.hpp"

#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

constexpr core::Micros kSecond = 1'000'000;
constexpr core::Micros kDay = 86'400 * kSecond;

// The next change of clocks after a time; infinity when none is known.
core::Micros NextChange(core::Micros ts) {
  const pg_time_t seconds = ts / kSecond;
  long before, after;
  int before_is_dst, after_is_dst;
  pg_time_t change;
  const int found = pg_next_dst_boundary(&seconds, &before, &before_is_dst, &change, &after, &after_is_dst,
                                         session_timezone);
  return found == 1 ? change * kSecond : core::kInfinity;
}

}  // namespace

bool IsCalendarWindow(const Interval& window, core::Micros from, core::Micros to, core::Micros* length) {
  *length = window.time + window.day * kDay;
  if (window.month != 0) return true;
  if (window.day == 0) return false;
  const core::Micros change = NextChange(from);
  return change != core::kInfinity && change <= core::AddMicros(core::AddMicros(to, *length), kDay);
}

core::Micros SessionCalendarWindow::Ask(core::Micros ts) const {
  const Datum end = DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(FromUnixMicros(ts)),
                                        PointerGetDatum(&window_));
  return ToUnixMicros(DatumGetTimestampTz(end));
}

core::Micros SessionCalendarWindow::End(core::Micros ts) {
  if (ts >= from_ && ts < to_) return ts + length_;
  const core::Micros end = Ask(ts);
  if (window_.month != 0) return end;
  // Up to when all windows end a day before the next change.
  const core::Micros change = NextChange(ts);
  const core::Micros to = change == core::kInfinity ? core::kInfinity : change - (end - ts) - kDay;
  if (ts >= to) return end;
  if (to == to_ && end - ts == length_) {
    from_ = std::min(from_, ts);
  } else {
    from_ = ts;
    to_ = to;
    length_ = end - ts;
  }
  return end;
}

}  // namespace productgraph::pg
