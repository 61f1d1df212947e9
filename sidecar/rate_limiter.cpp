#include "rate_limiter.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sha256.hpp"

namespace productgraph::sidecar {

RateLimiter::RateLimiter(std::int64_t per_second, std::int64_t burst_seconds, std::size_t entries,
                         std::string seed)
    : seed_(std::move(seed)) {
  if (per_second == 0) return;
  cost_ = std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second;
  capacity_ = std::max<Clock::duration>(cost_, cost_ * per_second * burst_seconds);
  groups_.resize((entries + kWays - 1) / kWays);
}

RateLimiter::Bucket& RateLimiter::Find(Group& group, std::uint64_t name) {
  auto same = std::find_if(group.begin(), group.end(), [&](const Bucket& b) { return b.name == name; });
  if (same != group.end()) return *same;
  Bucket& fullest = *std::min_element(group.begin(), group.end(),
                                      [](const Bucket& a, const Bucket& b) { return a.full_at < b.full_at; });
  fullest = Bucket{name, Clock::time_point::min()};
  return fullest;
}

std::optional<RateLimiter::Clock::duration> RateLimiter::Take(std::string_view name, Clock::time_point now) {
  if (!Enabled()) return std::nullopt;
  const std::string digest = Sha256(seed_ + std::string(name));
  std::uint64_t parts[2];
  std::memcpy(parts, digest.data(), sizeof parts);
  const std::size_t place = parts[1] % groups_.size();
  const std::lock_guard lock(locks_[place % kLocks]);
  Bucket& bucket = Find(groups_[place], parts[0]);
  const Clock::time_point full_at = std::max(bucket.full_at, now) + cost_;
  if (full_at - now > capacity_) return full_at - now - capacity_;
  bucket.full_at = full_at;
  return std::nullopt;
}

}  // namespace productgraph::sidecar
