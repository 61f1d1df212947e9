#include "src/pg/progress.hpp"

#include "src/pg/boundary.hpp"

namespace productgraph::pg {
namespace {

const char* Count(int64 value) {
  return value < 0 ? "?" : psprintf(INT64_FORMAT, value);
}

}  // namespace

// progress() in sql/progress.sql reads this text.
void ReportProgress(const char* step, int64 done, int64 total) {
  if (!pgstat_track_activities) return;
  const char* const statement = debug_query_string ? debug_query_string : "";
  char* const text = psprintf("productgraph: %s | %s of %s | %.*s", step, Count(done), Count(total),
                              pgstat_track_activity_query_size, statement);
  // Reporting a text forgets which query it is.
  const auto query_id = pgstat_get_my_query_id();
  pgstat_report_activity(STATE_RUNNING, text);
  pgstat_report_query_id(query_id, true);
  pfree(text);
}

}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(report_progress) {
  const char* const step = PG_ARGISNULL(0) ? "?" : text_to_cstring(PG_GETARG_TEXT_PP(0));
  ReportProgress(step, PG_ARGISNULL(1) ? -1 : PG_GETARG_INT64(1), PG_ARGISNULL(2) ? -1 : PG_GETARG_INT64(2));
  PG_RETURN_VOID();
}
