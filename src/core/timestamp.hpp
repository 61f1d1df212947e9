// Points in time as clients write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace productgraph::core {

// Microseconds since 1970-01-01T00:00:00Z, without leap seconds.
using UnixMicros = std::int64_t;

// The start of the year 2000, from which PostgreSQL counts.
inline constexpr UnixMicros kPostgresEpoch = 946'684'800'000'000;

inline constexpr UnixMicros kMicrosPerSecond = 1'000'000;
inline constexpr UnixMicros kFirstTimestamp = 0;                       // 1970-01-01T00:00:00Z
inline constexpr UnixMicros kLastTimestamp = 253'402'300'799'999'999;  // 9999-12-31T23:59:59.999999Z

// Reads RFC 3339: YYYY-MM-DD, T or a space, HH:MM:SS, any number of decimals (cut to microseconds), and Z or
// ±HH:MM. Second 60 is the first of the next minute. Nothing when text is anything else.
std::optional<UnixMicros> ParseTimestamp(std::string_view text);

// Milliseconds since 1970 as a JSON number; decimals are rounded to microseconds. Nothing when outside of
// years 1 to 9999.
std::optional<UnixMicros> ParseEpochMilliseconds(std::string_view number);

}  // namespace productgraph::core
