// From times to the periods of a calendar that they lie in.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/byte_codec.hpp"
#include "src/core/step_rows.hpp"

namespace productgraph::core {

// From a time on, until the next start, times lie in the period of a number. Clocks that are put back may
// show the end of a period again after the next one has begun, so that numbers need not ascend.
struct PeriodStart {
  Micros at;
  std::int32_t number;
  std::int32_t group;  // the number of the larger period around it, if the question has such ones
};

// Finds periods. Fast when one time is not much later than the one before.
class PeriodCursor {
 public:
  // Ascending by time, at least one; times before the first lie in its period. They must stay.
  explicit PeriodCursor(std::span<const PeriodStart> starts);

  // The start of the period that a time lies in.
  const PeriodStart& Find(Micros ts) {
    if (ts < begin_ || ts >= end_) Seek(ts);
    return starts_[at_];
  }
  // Until when the period lasts that was found last.
  Micros end() const { return end_; }

  std::int32_t least() const { return least_; }
  // How many numbers there are from the least to the greatest.
  std::size_t size() const { return size_; }
  // A number's place among them, from 0.
  std::size_t IndexOf(std::int32_t number) const { return static_cast<std::size_t>(number - least_); }

 private:
  void Seek(Micros ts);
  void Stand(std::size_t at);

  std::span<const PeriodStart> starts_;
  std::size_t at_ = 0;
  Micros begin_ = 0;
  Micros end_ = 0;
  std::int32_t least_;
  std::size_t size_;
};

// All that is left. Throws Error(kInvalidParameter) when it is not what it must be.
std::pmr::vector<PeriodStart> ReadPeriods(ByteReader* reader, std::pmr::memory_resource* memory);

}  // namespace productgraph::core
