#pragma once

#include <atomic>

#include "byte_budget.hpp"
#include "client_address.hpp"
#include "config.hpp"
#include "event_store.hpp"
#include "handler.hpp"
#include "metrics.hpp"
#include "rate_limits.hpp"

namespace productgraph::sidecar {

// What every session of a worker uses. All outlive the sessions.
struct Services {
  const Config& config;
  const Handler& handler;
  Metrics& metrics;
  ByteBudget& budget;
  const TrustedProxies& proxies;
  RateLimits& limits;
  const std::atomic<bool>& stopping;
  EventStore& store;
};

}  // namespace productgraph::sidecar
