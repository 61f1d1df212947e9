// Patterns over rows: (?1).*(?2)(?t<=3600)(?3).
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "src/core/step_rows.hpp"

namespace productgraph::core {

inline constexpr int kMaxPatternEvents = 64;  // a set of positions in a pattern fits in one word
using PositionMask = std::uint64_t;

enum class TimeOperator : std::uint8_t { kLess, kLessOrEqual, kEqual, kNotEqual, kGreaterOrEqual, kGreater };

struct TimeCondition {
  TimeOperator op;
  Micros micros;
  // The interval as written in quotes, for whoever can read it to set `micros`; empty when it was a number.
  std::string_view literal;
};

// A token that takes a row, and how that row must follow the one before it.
struct PatternEvent {
  enum class Link : std::uint8_t {
    kNext,   // the next kept row
    kLater,  // any later row: .* stands between
    kTimed,  // any later row whose distance in time meets all `times`
  };

  bool any = false;   // the token is `.`
  int condition = 0;  // otherwise (?condition + 1)
  Link link = Link::kLater;
  std::pmr::vector<TimeCondition> times;

  explicit PatternEvent(std::pmr::memory_resource* memory) : times(memory) {}
};

// Reads a pattern of at least one and at most kMaxPatternEvents tokens that take rows; conditions are
// numbered from 1 to `conditions`. A match may begin at any row, so the first link is kLater. Where .* and
// time conditions stand together, the time conditions count. Time conditions at the end ask for one more row
// that meets them; .* at either end asks for nothing. Literals point into `pattern`. Throws
// Error(kInvalidParameter) with the position.
std::pmr::vector<PatternEvent> ParsePattern(std::string_view pattern, int conditions,
                                            std::pmr::memory_resource* memory);

}  // namespace productgraph::core
