// Times as text and as milliseconds: nothing, or a time from year 0 to 10000 that reads back the same.
#include <chrono>
#include <cstdio>

#include "src/core/timestamp.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

static constexpr UnixMicros kDay = 86'400 * kMicrosPerSecond;
static constexpr UnixMicros kYear1 = -62'135'596'800 * kMicrosPerSecond;

static void RequireSameAgain(UnixMicros time) {
  const std::chrono::sys_time<std::chrono::microseconds> point{std::chrono::microseconds(time)};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  char text[80];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  REQUIRE(ParseTimestamp(text) == time);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = ParseTimestamp(text)) {
    REQUIRE(*time >= kYear1 - kDay && *time <= kLastTimestamp + kDay);
    if (*time >= kYear1 && *time <= kLastTimestamp) RequireSameAgain(*time);
  }
  if (const auto time = ParseEpochMilliseconds(text)) {
    REQUIRE(*time >= kYear1 && *time <= kLastTimestamp);
    RequireSameAgain(*time);
  }
  return 0;
}
