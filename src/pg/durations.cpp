// Durations as numbers.
#include "src/pg/boundary.hpp"

using namespace productgraph;

PRODUCTGRAPH_FUNCTION(micros_between) {
  const TimestampTz earlier = PG_GETARG_TIMESTAMPTZ(0);
  const TimestampTz later = PG_GETARG_TIMESTAMPTZ(1);
  if (TIMESTAMP_NOT_FINITE(earlier) || TIMESTAMP_NOT_FINITE(later)) PG_RETURN_NULL();
  PG_RETURN_INT64(later - earlier);
}
