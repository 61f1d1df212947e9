#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace productgraph::bench {

// All instants are milliseconds since 1970, UTC.
constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// "2026-05-31", its midnight.
std::optional<std::int64_t> ParseDay(std::string_view text);

// "2026-05-31T14:00Z", "2026-05-31T14:00:00Z" or a day alone.
std::optional<std::int64_t> ParseInstant(std::string_view text);

// "2026-05-31T14:00:00.000Z"
void AppendInstant(std::int64_t instant, std::string* out);

}  // namespace productgraph::bench
