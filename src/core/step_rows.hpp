// Rows as the sequence kernels see them: a time and the conditions that hold.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "src/core/stop_token.hpp"

namespace productgraph::core {

inline constexpr int kMaxSteps = 32;

// A set of steps or conditions, bit 0 for the first.
using StepMask = std::uint32_t;

// The first `count` steps, 0 to kMaxSteps.
constexpr StepMask FirstSteps(int count) {
  return static_cast<StepMask>((std::uint64_t{1} << count) - 1);
}

// Microseconds on any time line; the extremes stand for -infinity and infinity.
using Micros = std::int64_t;
inline constexpr Micros kMinusInfinity = std::numeric_limits<Micros>::min();
inline constexpr Micros kInfinity = std::numeric_limits<Micros>::max();

struct StepRow {
  Micros ts;
  StepMask mask;
};

// By time, ties by mask, so that what follows depends on the rows and not on the order they came in. Rows
// that come in the order of time cost one pass, whatever the order of ties. Throws Error(kStopped), with the
// rows in any order.
void SortRows(std::span<StepRow> rows, const StopToken& stop);

// time + interval; infinite times stay as they are, and what would overflow becomes infinite.
constexpr Micros AddMicros(Micros time, Micros interval) {
  if (time == kMinusInfinity || time == kInfinity) return time;
  Micros sum = 0;
  if (__builtin_add_overflow(time, interval, &sum)) return interval > 0 ? kInfinity : kMinusInfinity;
  return sum;
}

}  // namespace productgraph::core
