// Activity and trends asked of segments against sets of the periods of each actor.
#include "src/core/packed_activity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "src/core/packed_trend.hpp"
#include "test/unit/core/packed_world.hpp"
#include "test/unit/core/period_world.hpp"

namespace productgraph::core {
namespace {

constexpr int kKinds = 6;

template <class Spec>
std::pmr::vector<std::uint8_t> BytesOf(const Spec& spec, const std::vector<PeriodStart>& starts) {
  std::pmr::vector<std::uint8_t> bytes;
  AppendValue(spec, &bytes);
  for (const PeriodStart& start : starts) AppendValue(start, &bytes);
  return bytes;
}

std::set<std::int32_t> NumbersOf(const std::vector<MeantEvent>& events,
                                 const std::vector<PeriodStart>& starts) {
  std::set<std::int32_t> numbers;
  for (const MeantEvent& event : events) numbers.insert(NumberAt(starts, event.ts));
  return numbers;
}

// Whether any of the periods is among the last `days` ones that end with a number.
bool IsIn(const std::set<std::int32_t>& numbers, std::int32_t number, int days) {
  const auto first = numbers.lower_bound(number - days + 1);
  return first != numbers.end() && *first <= number;
}

TEST(PackedActivityTest, CountsAsSetsOfPeriodsDo) {
  Random random(21);
  for (int round = 0; round < 300; ++round) {
    const PackedWorld world(&random, static_cast<int>(random.Below(100)), kKinds, 60,
                            1 + static_cast<int>(random.Below(3)));
    const WorldMeanings meanings(&random, kKinds, 1);
    const std::vector<PeriodStart> starts = RandomPeriods(&random);
    const bool by_session = random.Below(2);
    const PackedWalk<PackedActivity> walk(world, meanings, BytesOf(PackedActivitySpec{by_session}, starts),
                                          by_session);
    std::map<std::size_t, std::uint64_t> stickiness;
    std::vector<std::set<std::int32_t>> actors;
    for (const auto& [actor, events] : EventsOfActors(world, meanings, by_session)) {
      actors.push_back(NumbersOf(events, starts));
      ++stickiness[actors.back().size()];
    }
    for (std::size_t i = 0; i < walk.leader.actors().size(); ++i)
      ASSERT_EQ(walk.leader.actors()[i], stickiness[i]) << "round " << round;

    std::uint64_t in_7 = 0, in_30 = 0;
    for (std::size_t i = 0; i < walk.leader.periods().size(); ++i) {
      const auto n = walk.leader.least() + static_cast<std::int32_t>(i);
      const PeriodActivity& asked = walk.leader.periods()[i];
      in_7 += asked.active - asked.out_of_7;
      in_30 += asked.active - asked.out_of_30;
      PeriodActivity wanted = {};
      std::uint64_t wanted_in_7 = 0, wanted_in_30 = 0;
      for (const std::set<std::int32_t>& numbers : actors) {
        wanted_in_7 += IsIn(numbers, n, 7);
        wanted_in_30 += IsIn(numbers, n, 30);
        if (!numbers.count(n)) continue;
        const bool is_first = *numbers.begin() == n;
        ++wanted.active;
        wanted.fresh += is_first;
        wanted.returning += numbers.count(n - 1);
        wanted.resurrecting += !is_first && !numbers.count(n - 1);
        wanted.leaving += !numbers.count(n + 1);
        wanted.joining += is_first || *std::prev(numbers.find(n)) / 3 != n / 3;
      }
      ASSERT_EQ(asked.active, wanted.active) << "round " << round;
      ASSERT_EQ(asked.fresh, wanted.fresh);
      ASSERT_EQ(asked.returning, wanted.returning);
      ASSERT_EQ(asked.resurrecting, wanted.resurrecting);
      ASSERT_EQ(asked.leaving, wanted.leaving);
      ASSERT_EQ(asked.joining, wanted.joining);
      ASSERT_EQ(in_7, wanted_in_7);
      ASSERT_EQ(in_30, wanted_in_30);
    }
  }
}

TEST(PackedTrendTest, CountsEventsAndActorsByPeriodAndLabel) {
  Random random(22);
  for (int round = 0; round < 300; ++round) {
    const PackedWorld world(&random, static_cast<int>(random.Below(100)), kKinds, 60,
                            1 + static_cast<int>(random.Below(3)));
    const WorldMeanings meanings(&random, kKinds, 3);
    const std::vector<PeriodStart> starts = RandomPeriods(&random);
    const PackedTrendSpec spec = {random.Below(2) == 0, random.Below(2) == 0};
    const PackedWalk<PackedTrend> walk(world, meanings, BytesOf(spec, starts), spec.by_session);
    std::map<std::pair<std::int64_t, std::size_t>, std::uint64_t> wanted, asked;
    for (const auto& [actor, events] : EventsOfActors(world, meanings, spec.by_session)) {
      std::set<std::pair<std::int64_t, std::size_t>> seen;
      for (const MeantEvent& event : events) {
        const std::pair<std::int64_t, std::size_t> place(NumberAt(starts, event.ts), event.meaning.label);
        if (seen.insert(place).second || !spec.unique) ++wanted[place];
      }
    }
    const std::size_t labels = walk.leader.labels();
    for (std::size_t i = 0; i < walk.leader.counts().size(); ++i) {
      const std::int64_t number = walk.leader.least() + static_cast<std::int64_t>(i / labels);
      if (walk.leader.counts()[i] > 0) asked[{number, i % labels}] = walk.leader.counts()[i];
    }
    ASSERT_EQ(asked, wanted) << "round " << round;
  }
}

}  // namespace
}  // namespace productgraph::core
