// A pattern, a line end, and rows of two bytes (seconds since the row before, conditions): whatever the
// pattern, the three ways to ask about it agree.
#include <algorithm>
#include <limits>

#include "src/core/sequence_matcher.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kConditions = 8;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view pattern_text = text.substr(0, text.find('\n'));
  std::vector<StepRow> rows;
  Micros ts = 0;
  for (std::size_t i = pattern_text.size() + 1; i + 1 < size; i += 2) {
    ts = AddMicros(ts, data[i] * Micros{1'000'000});
    if (data[i + 1] != 0) rows.push_back({ts, data[i + 1]});
  }
  SortRows(rows, StopToken());
  std::pmr::monotonic_buffer_resource memory;
  try {
    const auto pattern = ParsePattern(pattern_text, kConditions, &memory);
    REQUIRE(!pattern.empty() && pattern.size() <= kMaxPatternEvents);
    for (const PatternEvent& event : pattern) REQUIRE(event.condition >= 0 && event.condition < kConditions);
    const std::int64_t all = std::numeric_limits<std::int64_t>::max();
    const std::int64_t count = CountMatches(pattern, rows, all, StopToken(), &memory);
    REQUIRE(count * static_cast<std::int64_t>(pattern.size()) <= static_cast<std::int64_t>(rows.size()));
    REQUIRE(CountMatches(pattern, rows, 1, StopToken(), &memory) == std::min<std::int64_t>(count, 1));
    const auto times = LongestMatch(pattern, rows, StopToken(), &memory);
    const auto named =
        std::count_if(pattern.begin(), pattern.end(), [](const PatternEvent& event) { return !event.any; });
    REQUIRE(static_cast<std::ptrdiff_t>(times.size()) <= named);
    REQUIRE(count == 0 || static_cast<std::ptrdiff_t>(times.size()) == named);
    REQUIRE(std::is_sorted(times.begin(), times.end()));
  } catch (const Error& error) {
    REQUIRE(error.code() == ErrorCode::kInvalidParameter);
  }
  return 0;
}
