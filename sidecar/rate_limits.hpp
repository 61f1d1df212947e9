#pragma once

#include <optional>
#include <string_view>

#include "config.hpp"
#include "rate_limiter.hpp"

namespace productgraph::sidecar {

enum class LimitedBy { kAddress, kKey, kSession };
inline constexpr std::size_t kLimitCount = 3;
std::string_view LimitName(LimitedBy limit);

struct RateLimited {
  LimitedBy limit;
  RateLimiter::Clock::duration wait;
};

// How often one client may send: by its address, its API key and its session header. Shared by all workers.
class RateLimits {
 public:
  explicit RateLimits(const Config& config);

  // An empty name is not limited.
  std::optional<RateLimited> Take(LimitedBy limit, std::string_view name, RateLimiter::Clock::time_point now);

 private:
  RateLimiter address_;
  RateLimiter key_;
  RateLimiter session_;
};

}  // namespace productgraph::sidecar
