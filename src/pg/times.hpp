// Between the core's time, microseconds since 1970, and PostgreSQL's, microseconds since 2000.
#pragma once

#include "src/core/timestamp.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Infinite times stay the extremes of the type.
inline core::UnixMicros ToUnixMicros(TimestampTz time) {
  return TIMESTAMP_NOT_FINITE(time) ? time : time + core::kPostgresEpoch;
}

inline TimestampTz FromUnixMicros(core::UnixMicros time) {
  return time - core::kPostgresEpoch;
}

}  // namespace productgraph::pg
