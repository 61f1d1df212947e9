// Ids of events and requests: UUIDs of version 7, which sort by the time they were made at.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace productgraph {

// Those of one source increase even when the clock goes back, and differ from those of every other source by
// 62 random bits. Safe to use from any number of threads.
class EventIds {
 public:
  // The text has 36 characters.
  std::string Next(std::chrono::system_clock::time_point now);

 private:
  std::uint64_t Random();

  std::mutex mutex_;
  std::uint64_t last_ = 0;  // milliseconds since 1970 in the upper 52 bits, a count in the lower 12
  std::array<std::uint64_t, 32> random_{};
  std::size_t random_left_ = 0;
};

}  // namespace productgraph
