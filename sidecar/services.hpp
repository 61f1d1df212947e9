#pragma once

#include <atomic>

#include "byte_budget.hpp"
#include "config.hpp"
#include "handler.hpp"
#include "ingest_pool.hpp"
#include "metrics.hpp"

namespace productgraph::sidecar {

// What every session of a worker uses. All outlive the sessions.
struct Services {
  const Config& config;
  const Handler& handler;
  Metrics& metrics;
  ByteBudget& budget;
  const std::atomic<bool>& stopping;
  IngestPool& pool;
};

}  // namespace productgraph::sidecar
