// Writes JSON that any server can take, whatever text and numbers it is given.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "productgraph/value.hpp"

namespace productgraph {

// A string with its quotes. U+0000, which no database holds, and bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

void AppendJsonNumber(std::int64_t value, std::string* out);
void AppendJsonNumber(std::uint64_t value, std::string* out);
// The shortest text that reads as the same number; null when it is not finite.
void AppendJsonNumber(double value, std::string* out);

// RFC 3339 in UTC with microseconds, without quotes. Years before 0 and after 9999 become these.
void AppendTime(std::chrono::system_clock::time_point time, std::string* out);

}  // namespace productgraph
