// What an operation that takes long is doing, for other sessions to see: pg_stat_activity.query begins with
// it, as with autovacuum, until the statement ends. PostgreSQL's own progress views know its own commands
// only, and a table shows others nothing before the commit.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// How often a loop over rows is to report.
constexpr int64 kRowsBetweenReports = 65536;

// done of total; negative = not known. Does nothing with track_activities off.
void ReportProgress(const char* step, int64 done, int64 total);

}  // namespace productgraph::pg
