// What is told of many durations, as PostgreSQL tells it.
#pragma once

#include <cstdint>
#include <span>

#include "src/core/step_rows.hpp"

namespace productgraph::core {

// As percentile_cont() of double precision: between the two values next to the place, in proportion. There
// must be one value at least. Changes their order.
double Percentile(std::span<Micros> values, double share);

// Rounded, half away from zero. The values are not negative, and there is one at least.
std::int64_t RoundedAverage(std::span<const Micros> values);

}  // namespace productgraph::core
