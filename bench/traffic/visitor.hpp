#pragma once

#include <cstdint>

#include "bench/traffic/catalogue.hpp"
#include "bench/traffic/random.hpp"

namespace productgraph::bench {

// A person with one browser. A function of seed and index alone, so that the same people come back every day.
struct Visitor {
  std::uint32_t index;
  std::uint64_t key;  // where everything about this visitor is drawn from
  const Country* country;
  const Device* device;
  const Plan* plan;
  const Channel* channel;
  const Company* company;  // of visitors with a business plan, else null
  std::string_view viewport;
  std::string_view variant;  // of the checkout experiment
  std::string_view app_version;
  bool has_account;
  std::uint16_t daily_permille;  // how likely a visit is on a given day
};

Visitor MakeVisitor(std::uint64_t seed, std::uint32_t index);

}  // namespace productgraph::bench
