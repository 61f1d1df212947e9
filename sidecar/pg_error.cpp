#include "pg_error.hpp"

namespace productgraph::sidecar {

SqlFault ClassifySqlState(std::string_view sqlstate) {
  if (sqlstate == "40001" || sqlstate == "40P01") return SqlFault::kRetryNow;
  if (sqlstate == "57014") return SqlFault::kTooSlow;
  // Undefined schema, function, table or prepared statement; missing privilege; a standby that takes no
  // writes; a store that setup() has to see to.
  for (std::string_view state : {"3F000", "42883", "42P01", "26000", "42501", "25006", "55000"})
    if (sqlstate == state) return SqlFault::kStoreGone;
  if (sqlstate == "55P03") return SqlFault::kUnavailable;
  const std::string_view sql_class = sqlstate.substr(0, 2);
  for (std::string_view unavailable : {"08", "53", "57", "58"})
    if (sql_class == unavailable) return SqlFault::kUnavailable;
  return SqlFault::kRequest;
}

}  // namespace productgraph::sidecar
