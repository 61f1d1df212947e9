#include "rate_limits.hpp"

#include "request_id.hpp"

namespace productgraph::sidecar {
namespace {

RateLimiter MakeLimiter(std::int64_t per_second, const Config& config) {
  return {per_second, config.rate_limit_burst_seconds, static_cast<std::size_t>(config.rate_limit_entries),
          MakeRequestId()};
}

}  // namespace

std::string_view LimitName(LimitedBy limit) {
  constexpr std::string_view kNames[kLimitCount] = {"address", "key", "session"};
  return kNames[static_cast<std::size_t>(limit)];
}

RateLimits::RateLimits(const Config& config)
    : address_(MakeLimiter(config.rate_limit_address, config)),
      key_(MakeLimiter(config.rate_limit_key, config)),
      session_(MakeLimiter(config.rate_limit_session, config)) {}

std::optional<RateLimited> RateLimits::Take(LimitedBy limit, std::string_view name,
                                            RateLimiter::Clock::time_point now) {
  if (name.empty()) return std::nullopt;
  RateLimiter& limiter = limit == LimitedBy::kAddress ? address_ : limit == LimitedBy::kKey ? key_ : session_;
  if (auto wait = limiter.Take(name, now)) return RateLimited{limit, *wait};
  return std::nullopt;
}

}  // namespace productgraph::sidecar
