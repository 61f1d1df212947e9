// Windows of days and months, as PostgreSQL adds an interval to a time in the session's time zone.
#pragma once

#include "src/core/packed_question.hpp"
#include "src/pg/boundary.hpp"

namespace productgraph::pg {

// Whether the length of the window depends on when in [from, to] it opens. If not it is that of `length`.
bool IsCalendarWindow(const Interval& window, core::Micros from, core::Micros to, core::Micros* length);

// Of days, the length is that of the calendar only where clocks are changed meanwhile; PostgreSQL is asked
// once for all times between two such changes. It cannot raise an error for times that can be packed.
class SessionCalendarWindow : public core::CalendarWindow {
 public:
  explicit SessionCalendarWindow(const Interval& window) : window_(window) {}
  core::Micros End(core::Micros ts) override;

 private:
  core::Micros Ask(core::Micros ts) const;

  const Interval window_;
  // Of times in [from_, to_) the window is so long.
  core::Micros from_ = 0;
  core::Micros to_ = 0;
  core::Micros length_ = 0;
};

}  // namespace productgraph::pg
