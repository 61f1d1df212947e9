// Retention asked of segments against a look at all pairs of a start and a return.
#include "src/core/packed_retention.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "src/core/session_marks.hpp"
#include "test/unit/core/packed_world.hpp"
#include "test/unit/core/period_world.hpp"

namespace productgraph::core {
namespace {

constexpr int kKinds = 6;

struct Question {
  PackedRetentionSpec spec;
  std::vector<std::int32_t> brackets;
  std::vector<PeriodStart> starts;
};

Question RandomQuestion(Random* random) {
  Question question;
  PackedRetentionSpec& spec = question.spec;
  if (random->Below(2)) spec.since = static_cast<Micros>(random->Below(40)) * 1000;
  if (random->Below(2)) spec.until = static_cast<Micros>(random->Below(60)) * 1000;
  if (random->Below(3) == 0) spec.length = 1000 * (1 + static_cast<Micros>(random->Below(9)));
  spec.periods = 1 + static_cast<std::int32_t>(random->Below(8));
  spec.recurring = random->Below(2);
  spec.unbounded = random->Below(2);
  spec.by_session = random->Below(3) == 0;
  spec.breakdown = random->Below(2);
  for (std::int32_t i = 0; i < spec.periods; ++i) {
    if (random->Below(3)) question.brackets.push_back(i);
  }
  if (question.brackets.empty()) question.brackets.push_back(0);
  spec.brackets = static_cast<std::int32_t>(question.brackets.size());
  question.starts = RandomPeriods(random);
  return question;
}

// By number and label: how many started, and returned in each bracket.
using Cohorts = std::map<std::pair<std::int32_t, std::uint32_t>, std::vector<std::uint64_t>>;

struct Started {
  Micros at;
  std::int32_t number;
  std::set<std::uint32_t> labels;  // of all starts at that time
};

std::vector<Started> StartsOf(const Question& question, const std::vector<MeantEvent>& events) {
  std::map<std::int32_t, Started> by_number;
  for (const MeantEvent& event : events) {
    const std::int32_t number = NumberAt(question.starts, event.ts);
    const bool in_range = !question.spec.recurring || event.ts >= question.spec.since;
    if (!(event.meaning.mask & 1) || event.ts >= question.spec.until || !in_range) continue;
    const auto known =
        by_number.emplace(question.spec.recurring ? number : 0, Started{event.ts, number, {}}).first;
    Started& started = known->second;
    if (event.ts < started.at) started = {event.ts, number, {}};
    if (event.ts == started.at) started.labels.insert(question.spec.breakdown ? event.meaning.label : 0);
  }
  std::vector<Started> starts;
  for (const auto& [number, started] : by_number) {
    if (started.at >= question.spec.since) starts.push_back(started);
  }
  return starts;
}

std::set<std::size_t> BracketsOf(const Question& question, const Started& started,
                                 const std::vector<MeantEvent>& events) {
  std::set<std::size_t> reached;
  for (const MeantEvent& event : events) {
    if (!(event.meaning.mask & 2) || event.ts < started.at) continue;
    const std::int64_t away = question.spec.length
                                  ? (event.ts - started.at) / question.spec.length
                                  : std::int64_t{NumberAt(question.starts, event.ts)} - started.number;
    for (std::size_t i = 0; i < question.brackets.size(); ++i) {
      const bool is_last = i + 1 == question.brackets.size();
      const std::int32_t end = is_last ? question.spec.periods : question.brackets[i + 1];
      if (away >= question.brackets[i] && (question.spec.unbounded || away < end)) reached.insert(i);
    }
  }
  return reached;
}

// Nothing when it depends on the order of events at one time.
std::optional<Cohorts> Expected(const Question& question, const PackedWorld& world,
                                const WorldMeanings& meanings) {
  Cohorts cohorts;
  for (const auto& [actor, events] : EventsOfActors(world, meanings, question.spec.by_session)) {
    for (const Started& started : StartsOf(question, events)) {
      if (started.labels.size() > 1) return std::nullopt;
      auto& counts = cohorts[{started.number, *started.labels.begin()}];
      counts.resize(1 + question.brackets.size());
      ++counts[0];
      for (const std::size_t bracket : BracketsOf(question, started, events)) ++counts[1 + bracket];
    }
  }
  return cohorts;
}

TEST(PackedRetentionTest, CountsAsPairsOfEventsDo) {
  Random random(11);
  int compared = 0;
  for (int round = 0; round < 1500; ++round) {
    const PackedWorld world(&random, static_cast<int>(random.Below(100)), kKinds, 60,
                            1 + static_cast<int>(random.Below(3)));
    const WorldMeanings meanings(&random, kKinds, 3);
    const Question question = RandomQuestion(&random);
    std::pmr::vector<std::uint8_t> spec;
    AppendValue(question.spec, &spec);
    for (const std::int32_t first : question.brackets) AppendValue(first, &spec);
    for (const PeriodStart& start : question.starts) AppendValue(start, &spec);

    PackedWalk<PackedRetention> walk(world, meanings, spec, question.spec.by_session);
    const std::optional<Cohorts> expected = Expected(question, world, meanings);
    if (!expected) continue;  // which of them is first need not be noticed where the order is known
    if (walk.leader.ambiguous()) continue;
    ++compared;
    Cohorts asked;
    for (const PackedRetention::Cohort& cohort : walk.leader.cohorts()) {
      auto& counts = asked[{cohort.number, cohort.label}];
      counts.push_back(cohort.size);
      for (std::size_t i = 0; i < question.brackets.size(); ++i)
        counts.push_back(walk.leader.returned()[cohort.first + i]);
    }
    ASSERT_EQ(asked, *expected) << "round " << round;
  }
  EXPECT_GT(compared, 800);
}

}  // namespace
}  // namespace productgraph::core
