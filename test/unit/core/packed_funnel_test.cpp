// The funnel and its attempts asked of segments, against the kernel asked of the same rows.
#include "src/core/packed_funnel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "src/core/packed_attempt_list.hpp"
#include "src/core/session_marks.hpp"
#include "test/unit/core/packed_world.hpp"

namespace productgraph::core {
namespace {

constexpr int kKinds = 6;

std::pmr::memory_resource* Memory() {
  return std::pmr::get_default_resource();
}

// What each kind means: kinds that do not matter have none.
struct Meaning {
  std::vector<EventMeaning> meanings;
  std::vector<EventValue> of_kinds;
};

Meaning RandomMeaning(Random* random, const PackedAttemptsSpec& spec) {
  Meaning meaning;
  const int conditions = spec.options.steps + spec.options.exclusions;
  for (int kind = 0; kind < kKinds; ++kind) {
    StepMask mask = StepMask{1} << random->Below(conditions);
    if (random->Below(4) == 0) mask |= StepMask{1} << random->Below(conditions);
    if (random->Below(3) == 0) mask = 0;
    const bool matters = mask != 0 || spec.options.needs_all_rows();
    meaning.of_kinds.push_back(matters ? static_cast<EventValue>(meaning.meanings.size()) : kNoValue);
    if (matters) meaning.meanings.push_back({mask, static_cast<std::uint32_t>(random->Below(3))});
  }
  return meaning;
}

PackedAttemptsSpec RandomSpec(Random* random) {
  PackedAttemptsSpec spec;
  spec.options.steps = 1 + static_cast<int>(random->Below(4));
  spec.options.order = static_cast<StepOrder>(random->Below(3));
  if (spec.options.steps > 2 && random->Below(3) == 0 && spec.options.order != StepOrder::kAny)
    spec.options.optional = 2;
  if (spec.options.steps > 1 && random->Below(3) == 0)
    spec.options.excluded[spec.options.exclusions++] = {1, static_cast<std::uint8_t>(spec.options.steps)};
  if (random->Below(4) == 0 && spec.options.order == StepOrder::kStrict) spec.options.per_step = true;
  if (random->Below(3) == 0) spec.begin_before = static_cast<Micros>(random->Below(60)) * 1000;
  spec.total = random->Below(3) == 0;
  spec.by_session = random->Below(3) == 0;
  spec.in_session = !spec.by_session && random->Below(3) == 0;
  spec.hold = random->Below(4) == 0;
  return spec;
}

// Whose events are walked together, and of whose attempts the best one counts.
std::pair<std::string, std::string> GroupOf(const PackedAttemptsSpec& spec, const WorldEvent& event,
                                            std::uint32_t label) {
  std::string group = spec.by_session ? event.session : event.actor;
  const std::string counted = group;
  if (spec.in_session) group += "/" + event.session;
  if (spec.hold) group += "/" + std::to_string(label);
  return {counted, group};
}

struct FoundAttempt {
  std::string actor;
  FunnelChain chain;
};

// What lies before the first start is a period too.
std::size_t PeriodOf(const std::vector<Micros>& periods, Micros ts) {
  return static_cast<std::size_t>(std::upper_bound(periods.begin(), periods.end(), ts) - periods.begin());
}

// The rows of each group whose attempts are told apart, by whose they are.
using Groups = std::map<std::string, std::map<std::string, std::vector<StepRow>>>;

// Attempts may begin in one period only.
Groups GroupsOf(const PackedWorld& world, const Meaning& meaning, const PackedAttemptsSpec& spec,
                const std::vector<Micros>& periods, std::size_t period) {
  Groups groups;
  for (const WorldEvent& event : world.events) {
    const EventValue value = meaning.of_kinds[event.kind];
    if (value == kNoValue) continue;
    EventMeaning its = meaning.meanings[value];
    if (spec.hold && its.label == 0) continue;
    const bool begins = event.ts < spec.begin_before && (spec.total || PeriodOf(periods, event.ts) == period);
    if (spec.options.order == StepOrder::kAny) {
      if ((its.mask & FirstSteps(spec.options.steps)) && begins) its.mask |= spec.options.beginning();
    } else if (!begins) {
      its.mask &= ~StepMask{1};
    }
    const auto [counted, group] = GroupOf(spec, event, its.label);
    groups[counted][group].push_back({event.ts, its.mask});
  }
  return groups;
}

std::vector<FoundAttempt> Expected(const PackedWorld& world, const Meaning& meaning,
                                   const PackedAttemptsSpec& spec, Micros length,
                                   const std::vector<Micros>& periods) {
  std::vector<FoundAttempt> found;
  const FunnelWindow window{.length = length};
  for (std::size_t period = 0; period <= (spec.total ? 0 : periods.size()); ++period) {
    for (auto& [counted, rows_of_groups] : GroupsOf(world, meaning, spec, periods, period)) {
      FunnelChain best;
      for (auto& [group, grouped] : rows_of_groups) {
        std::vector<StepRow> rows = grouped;
        SortRows(rows, StopToken());
        if (spec.total) {
          ForEachAttempt(rows, window, spec.options, Memory(), StopToken(), [&](const FunnelChain& chain) {
            found.push_back({counted, chain});
          });
          continue;
        }
        const FunnelChain chain = BestAttempt(rows, window, spec.options, Memory(), StopToken());
        if (chain.IsBetterThan(best)) best = chain;
      }
      if (best.depth > 0) found.push_back({counted, best});
    }
  }
  return found;
}

// Shards are shared out to two questions, as two processes would have them. Calls `take` with the leader's.
template <class Question, class... Periods, class Take>
void Ask(const PackedWorld& world, const Meaning& meaning, const PackedAttemptsSpec& spec, Micros length,
         Take take, const Periods&... periods) {
  RepeatedSessions repeated(world.events.size(), Memory());
  for (const auto& segments : world.shards) {
    for (const SegmentBytes& segment : segments) {
      for (const SessionId& id : ReadSessions(segment.sessions)) repeated.See(id);
    }
  }
  const MarkedSessions marked(repeated.words());
  const QuestionContext context{meaning.meanings, marked, length, nullptr, Memory(), StopToken()};
  Question leader(spec, context, periods...), worker(spec, context, periods...);
  for (std::uint32_t shard = 0; shard < world.shards.size(); ++shard) {
    ScanOptions options;
    options.sessions = spec.by_session || spec.in_session;
    options.repeated = marked;
    options.meanings = meaning.meanings;
    options.required = spec.options.order == StepOrder::kAny || spec.by_session ? 0 : 1;
    options.shard_bits = PackedWorld::kShardBits;
    options.shard = shard;
    // Not the default memory, which nothing may come from.
    std::pmr::monotonic_buffer_resource memory;
    SegmentScan scan(options, &memory);
    for (const SegmentBytes& segment : world.shards[shard])
      scan.Add(segment.content, segment.sessions, meaning.of_kinds);
    scan.Run(shard % 2 ? &worker : &leader, StopToken());
  }
  std::pmr::vector<std::uint8_t> partial(Memory());
  worker.WritePartial(&partial);
  leader.AddPartial(partial);
  leader.Finish();
  take(leader);
}

TEST(PackedFunnelTest, AnswersAsTheKernelDoesOnRows) {
  Random random(7);
  for (int round = 0; round < 700; ++round) {
    const PackedAttemptsSpec spec = RandomSpec(&random);
    if (spec.options.Problem()) continue;
    const Micros length = static_cast<Micros>(random.Below(12)) * 1000;
    const int times = random.Below(2) ? 60 : 2000;
    const PackedWorld world(&random, static_cast<int>(random.Below(120)), kKinds, times,
                            1 + static_cast<int>(random.Below(3)));
    const Meaning meaning = RandomMeaning(&random, spec);
    FunnelSummary expected(spec.options.steps, Memory());
    for (const FoundAttempt& attempt : Expected(world, meaning, spec, length, {}))
      expected.Add(attempt.chain);
    FunnelSummary asked(spec.options.steps, Memory());
    Ask<PackedFunnel>(world, meaning, spec, length,
                      [&](PackedFunnel& funnel) { asked.Add(funnel.summaries()[0]); });
    for (int step = 0; step < spec.options.steps; ++step) {
      ASSERT_EQ(asked.reached(step), expected.reached(step)) << "round " << round << ", step " << step;
      // Of sessions and held values, which of equal attempts counts is not said.
      if (spec.in_session || spec.hold) continue;
      const StepSummary a = asked.Summarize(step), b = expected.Summarize(step);
      ASSERT_EQ(a.has_durations, b.has_durations);
      ASSERT_EQ(a.median, b.median) << "round " << round << ", step " << step;
      ASSERT_EQ(a.p95, b.p95);
      ASSERT_EQ(a.average, b.average);
    }
  }
}

// Whose it is, how deep it gets, and when it begins and ends: of equal ones, which counts is not said.
using Described = std::tuple<std::string, int, Micros, Micros>;

TEST(PackedAttemptListTest, ListsTheBestAttemptsOfPeriods) {
  Random random(8);
  std::size_t attempts = 0;
  for (int round = 0; round < 700; ++round) {
    PackedAttemptsSpec spec = RandomSpec(&random);
    if (spec.options.Problem()) continue;
    spec.named = random.Below(3) > 0;
    const Micros length = static_cast<Micros>(random.Below(12)) * 1000;
    const int times = random.Below(2) ? 60 : 300;
    std::vector<Micros> periods;
    for (Micros start = 0; start < times * 1000; start += static_cast<Micros>(random.Below(40)) * 1000) {
      if (random.Below(3) == 0) break;
      periods.push_back(start);
    }
    const PackedWorld world(&random, static_cast<int>(random.Below(120)), kKinds, times,
                            1 + static_cast<int>(random.Below(3)));
    const Meaning meaning = RandomMeaning(&random, spec);
    std::vector<Described> expected, asked;
    const bool named = spec.named && !spec.by_session;
    for (const FoundAttempt& attempt : Expected(world, meaning, spec, length, periods)) {
      const FunnelChain& chain = attempt.chain;
      expected.emplace_back(named ? attempt.actor : "", chain.depth, chain.times[0], chain.completed_at());
    }
    Ask<PackedAttemptList>(
        world, meaning, spec, length,
        [&](const PackedAttemptList& list) {
          ASSERT_FALSE(list.is_cut());
          ListedAttempt attempt;
          for (PackedAttemptList::Cursor cursor(list); cursor.Next(&attempt);)
            asked.emplace_back(attempt.actor, attempt.depth, attempt.times.front(), attempt.times.back());
        },
        periods);
    std::sort(expected.begin(), expected.end());
    std::sort(asked.begin(), asked.end());
    ASSERT_EQ(asked, expected) << "round " << round;
    attempts += asked.size();
  }
  EXPECT_GT(attempts, 2000u);
}

TEST(FunnelSummaryTest, PercentilesLieBetweenTheValuesNextToThem) {
  FunnelSummary summary(2, Memory());
  for (const Micros micros : {10, 20, 40, 80}) {
    FunnelChain chain;
    chain.depth = 2;
    chain.times[0] = 100;
    chain.times[1] = 100 + micros;
    summary.Add(chain);
  }
  const StepSummary step = summary.Summarize(1);
  EXPECT_EQ(step.reached, 4u);
  EXPECT_EQ(step.median, 30.0);
  EXPECT_DOUBLE_EQ(step.p95, 74.0);
  EXPECT_EQ(step.average, 38);  // 37.5, half away from zero
  EXPECT_FALSE(summary.Summarize(0).has_durations);
}

}  // namespace
}  // namespace productgraph::core
