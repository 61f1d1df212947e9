#include "bench/traffic/delivery.hpp"

#include <algorithm>

#include "bench/traffic/calendar.hpp"

namespace productgraph::bench {
namespace {

constexpr std::uint32_t kOfflinePermille = 15;  // of visits
constexpr std::uint32_t kResentPermille = 3;    // of events

void GoOffline(Random* random, std::vector<Event>* events) {
  const auto count = static_cast<std::uint32_t>(events->size());
  const std::uint32_t first = random->Below(count);
  const std::uint32_t last = std::min(count - 1, first + random->Below(count));
  const std::int64_t online_again = (*events)[last].time + random->Tailed(kMinute, 3 * kHour);
  for (std::uint32_t i = first; i <= last; ++i) (*events)[i].arrival = online_again;
}

}  // namespace

void Deliver(bool is_mobile, Random* random, std::vector<Event>* events) {
  if (events->empty()) return;
  if (is_mobile && random->Chance(kOfflinePermille)) GoOffline(random, events);
  const std::size_t recorded = events->size();
  for (std::size_t i = 0; i < recorded; ++i) {
    if (!random->Chance(kResentPermille)) continue;
    Event again = (*events)[i];
    again.arrival += random->Between(2, 60) * kSecond;
    events->push_back(again);
  }
  std::stable_sort(events->begin(), events->end(),
                   [](const Event& a, const Event& b) { return a.arrival < b.arrival; });
}

}  // namespace productgraph::bench
