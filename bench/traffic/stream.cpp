#include "bench/traffic/stream.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "bench/traffic/calendar.hpp"
#include "bench/traffic/delivery.hpp"
#include "bench/traffic/visit.hpp"

namespace productgraph::bench {
namespace {

// How busy the shop is by the visitor's own clock.
constexpr std::uint16_t kHourWeights[24] = {10, 5,  3,  2,  2,  4,  10, 20, 32, 42, 48, 52,
                                            56, 50, 48, 46, 48, 54, 66, 80, 86, 70, 42, 22};

std::uint64_t DayKey(const Visitor& visitor, std::int64_t day) {
  return Mix(visitor.key, static_cast<std::uint64_t>(day / kDay));
}

std::int64_t StartOfVisit(const Visitor& visitor, std::int64_t day, Random* random) {
  const auto hour = static_cast<std::int64_t>(random->Weighted(kHourWeights));
  const std::int64_t utc = hour * kHour + random->Below(kHour) - visitor.country->utc_minutes * kMinute;
  return day + (utc + 2 * kDay) % kDay;
}

}  // namespace

TrafficStream::TrafficStream(TrafficOptions options) : options_(std::move(options)), now_(options_.begin) {
  // The day before may reach into the window with second and third visits.
  const std::int64_t first_day = options_.begin - options_.begin % kDay - kDay;
  for (std::int64_t day = first_day; day < options_.end; day += kDay) PlanDay(day);
  std::sort(planned_.begin(), planned_.end(), [](const PlannedVisit& a, const PlannedVisit& b) {
    return std::tie(a.start, a.user) < std::tie(b.start, b.user);
  });
}

void TrafficStream::PlanDay(std::int64_t day) {
  for (std::uint32_t user = 0; user < options_.users; ++user) {
    const Visitor visitor = MakeVisitor(options_.seed, user);
    Random random(DayKey(visitor, day));
    if (!random.Chance(visitor.daily_permille)) continue;
    constexpr std::uint16_t kVisitWeights[] = {72, 20, 8};
    const auto visits = static_cast<std::uint32_t>(random.Weighted(kVisitWeights)) + 1;
    std::int64_t start = StartOfVisit(visitor, day, &random);
    for (std::uint32_t visit = 0; visit < visits; ++visit) {
      if (start >= options_.begin && start < options_.end) planned_.push_back({start, user});
      start += random.Between(2 * kHour, 6 * kHour);  // long enough apart to be visits of their own
    }
  }
}

void TrafficStream::StartVisit(const PlannedVisit& visit) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(running_.size()));
    running_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  RunningVisit& running = running_[slot];
  const Visitor visitor = MakeVisitor(options_.seed, visit.user);
  const std::uint64_t key = Mix(visitor.key, static_cast<std::uint64_t>(visit.start));
  Random random(key);
  running.events.clear();
  running.next = 0;
  RecordVisit(visitor, visit.start, &random, &running.events);
  Deliver(visitor.device->is_mobile, &random, &running.events);
  running.json.Begin(options_.project, visitor, key, visit.start, options_.ids);
  due_.push_back({running.events.front().arrival, slot});
}

bool TrafficStream::Next(std::string* out, EventType* type) {
  const auto later = [](const Due& a, const Due& b) {
    return std::tie(a.arrival, a.slot) > std::tie(b.arrival, b.slot);
  };
  while (next_planned_ < planned_.size() &&
         (due_.empty() || planned_[next_planned_].start <= due_.front().arrival)) {
    StartVisit(planned_[next_planned_++]);
    std::push_heap(due_.begin(), due_.end(), later);
  }
  if (due_.empty()) return false;
  if (options_.arrivals_end != 0 && due_.front().arrival >= options_.arrivals_end) return false;
  std::pop_heap(due_.begin(), due_.end(), later);
  Due& due = due_.back();
  now_ = due.arrival;
  RunningVisit& running = running_[due.slot];
  const Event& event = running.events[running.next++];
  running.json.Append(event, out);
  *type = event.type;
  if (running.next < running.events.size()) {
    due.arrival = running.events[running.next].arrival;
    std::push_heap(due_.begin(), due_.end(), later);
  } else {
    free_slots_.push_back(due.slot);
    due_.pop_back();
  }
  return true;
}

}  // namespace productgraph::bench
