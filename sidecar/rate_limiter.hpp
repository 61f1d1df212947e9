#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace productgraph::sidecar {

// Token buckets, one for each name, all of one rate. A bucket is kept as the time at which it will be full
// again. Memory is fixed: where there is no room, the fullest bucket is forgotten, which is the one that
// mattered least; so a flood of names frees nobody who is being held back. Safe from any thread.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  // per_second 0 means no limit. A bucket holds burst_seconds' worth, and at least one request. entries is
  // how many buckets there is room for. seed keeps names from being chosen so that they share a bucket.
  RateLimiter(std::int64_t per_second, std::int64_t burst_seconds, std::size_t entries, std::string seed);

  bool Enabled() const { return cost_.count() > 0; }
  // Takes a token; without one, how long until there is.
  std::optional<Clock::duration> Take(std::string_view name, Clock::time_point now);

 private:
  struct Bucket {
    std::uint64_t name = 0;
    Clock::time_point full_at = Clock::time_point::min();
  };
  static constexpr std::size_t kWays = 8;  // places where a bucket may be
  static constexpr std::size_t kLocks = 64;
  using Group = std::array<Bucket, kWays>;

  static Bucket& Find(Group& group, std::uint64_t name);

  Clock::duration cost_{};      // of a token, in time to refill
  Clock::duration capacity_{};  // of a bucket, likewise
  std::string seed_;
  std::vector<Group> groups_;
  std::array<std::mutex, kLocks> locks_;
};

}  // namespace productgraph::sidecar
