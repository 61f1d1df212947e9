#include "src/core/duration_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace productgraph::core {

double Percentile(std::span<Micros> values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(std::floor(place));
  const auto at = values.begin() + below;
  std::nth_element(values.begin(), at, values.end());
  const double low = static_cast<double>(*at);
  if (std::ceil(place) == std::floor(place)) return low;
  const double high = static_cast<double>(*std::min_element(at + 1, values.end()));
  return low + (place - std::floor(place)) * (high - low);
}

std::int64_t RoundedAverage(std::span<const Micros> values) {
  __extension__ __int128 sum = 0;
  for (const Micros value : values) sum += value;
  const auto count = static_cast<std::int64_t>(values.size());
  return static_cast<std::int64_t>((2 * sum + count) / (2 * count));
}

}  // namespace productgraph::core
