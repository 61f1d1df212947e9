// journey_graph() asked of segments against a plain reading of what it says.
#include "src/core/packed_journey_graph.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "test/unit/core/packed_world.hpp"

namespace productgraph::core {
namespace {

constexpr int kKinds = 6;

std::pmr::memory_resource* Memory() {
  return std::pmr::new_delete_resource();
}

// While it lives, memory can only be had from where one is told to take it.
struct NoDefaultMemory {
  NoDefaultMemory() { std::pmr::set_default_resource(std::pmr::null_memory_resource()); }
  ~NoDefaultMemory() { std::pmr::set_default_resource(nullptr); }
};

// What each kind means: all of them matter.
std::vector<EventMeaning> RandomMeanings(Random* random) {
  std::vector<EventMeaning> meanings;
  for (int kind = 0; kind < kKinds; ++kind) {
    StepMask mask = 0;
    if (random->Below(4) == 0) mask |= PackedJourneyGraph::kConversion;
    if (random->Below(4) == 0) mask |= PackedJourneyGraph::kError;
    meanings.push_back({mask, static_cast<std::uint32_t>(random->Below(4))});
  }
  return meanings;
}

struct Found {
  std::set<std::string> actors;
  std::vector<Micros> durations;
  std::uint64_t visits = 0, exits = 0, errors = 0, converts = 0;
};

// Whether it is a node, the node, and the next one.
using Key = std::tuple<bool, std::uint32_t, std::uint32_t>;

struct NodeVisit {
  std::uint32_t node;
  std::string actor;
  Micros arrived, latest;
  std::uint64_t errors = 0;
};

void AddSession(const std::vector<WorldEvent>& events, const std::vector<EventMeaning>& meanings,
                bool by_session, std::map<Key, Found>* parts) {
  std::vector<NodeVisit> visits;
  Micros converted = -1;
  for (const WorldEvent& event : events) {
    const EventMeaning& meaning = meanings[event.kind];
    if (meaning.label != 0 && (visits.empty() || visits.back().node != meaning.label))
      visits.push_back({meaning.label, by_session ? event.session : event.actor, event.ts, event.ts});
    if (meaning.mask & PackedJourneyGraph::kConversion) converted = event.ts;
    if (visits.empty()) continue;
    visits.back().latest = event.ts;
    visits.back().errors += (meaning.mask & PackedJourneyGraph::kError) != 0;
  }
  for (std::size_t i = 0; i < visits.size(); ++i) {
    const NodeVisit& visit = visits[i];
    const bool exits = i + 1 == visits.size();
    const Micros left = exits ? visit.latest : visits[i + 1].arrived;
    for (const Key& key :
         {Key{true, visit.node, 0}, Key{false, visit.node, exits ? 0 : visits[i + 1].node}}) {
      Found& found = (*parts)[key];
      ++found.visits;
      found.actors.insert(visit.actor);
      found.exits += exits;
      found.errors += visit.errors;
      found.converts += converted >= visit.arrived;
      if (!exits || left > visit.arrived) found.durations.push_back(left - visit.arrived);
    }
  }
}

std::map<Key, Found> Expected(const PackedWorld& world, const std::vector<EventMeaning>& meanings,
                              bool by_session) {
  std::map<std::string, std::vector<WorldEvent>> sessions;
  for (const WorldEvent& event : world.events) sessions[event.session].push_back(event);
  std::map<Key, Found> parts;
  for (auto& [session, events] : sessions) {
    std::stable_sort(events.begin(), events.end(),
                     [](const WorldEvent& a, const WorldEvent& b) { return a.ts < b.ts; });
    AddSession(events, meanings, by_session, &parts);
  }
  return parts;
}

// Shards are shared out to two questions, as two processes would have them. Nothing when ties are ambiguous.
std::pmr::vector<GraphPart> Asked(const PackedWorld& world, const std::vector<EventMeaning>& meanings,
                                  bool by_session) {
  const NoDefaultMemory no_default_memory;
  RepeatedSessions repeated(world.events.size(), Memory());
  for (const auto& segments : world.shards) {
    for (const SegmentBytes& segment : segments) {
      for (const SessionId& id : ReadSessions(segment.sessions)) repeated.See(id);
    }
  }
  const MarkedSessions marked(repeated.words());
  const QuestionContext context{meanings, marked, 0, nullptr, Memory(), StopToken()};
  PackedJourneyGraph leader({by_session}, context), worker({by_session}, context);
  const std::vector<EventValue> values = {0, 1, 2, 3, 4, 5};
  for (std::uint32_t shard = 0; shard < world.shards.size(); ++shard) {
    ScanOptions options;
    options.sessions = true;
    options.repeated = marked;
    options.meanings = meanings;
    options.shard_bits = PackedWorld::kShardBits;
    options.shard = shard;
    SegmentScan scan(options, Memory());
    for (const SegmentBytes& segment : world.shards[shard])
      scan.Add(segment.content, segment.sessions, values);
    scan.Run(shard % 2 ? &worker : &leader, StopToken());
  }
  std::pmr::vector<std::uint8_t> partial(Memory());
  worker.WritePartial(&partial);
  leader.AddPartial(partial);
  leader.Finish();
  EXPECT_FALSE(leader.has_snapshots());
  return leader.is_ambiguous() ? std::pmr::vector<GraphPart>() : leader.Parts();
}

void ExpectSame(const std::pmr::vector<GraphPart>& asked, const std::map<Key, Found>& expected) {
  ASSERT_EQ(asked.size(), expected.size());
  for (const GraphPart& part : asked) {
    const auto place = expected.find({part.is_node, part.node, part.next});
    ASSERT_NE(place, expected.end());
    const Found& found = place->second;
    EXPECT_EQ(part.summary.visits, found.visits);
    EXPECT_EQ(part.summary.actors, found.actors.size());
    EXPECT_EQ(part.exits, found.exits);
    EXPECT_EQ(part.errors, found.errors);
    EXPECT_EQ(part.converts, found.converts);
    ASSERT_EQ(part.summary.has_durations, !found.durations.empty());
    if (found.durations.empty()) continue;
    std::vector<Micros> durations = found.durations;
    std::sort(durations.begin(), durations.end());
    const std::size_t half = (durations.size() - 1) / 2;
    EXPECT_EQ(part.summary.median,
              static_cast<double>(durations[half] + durations[durations.size() / 2]) / 2);
  }
}

TEST(PackedJourneyGraphTest, FindsTheNodesThatSessionsVisit) {
  Random random(21);
  int compared = 0;
  for (int round = 0; round < 250; ++round) {
    const PackedWorld world(&random, 1 + static_cast<int>(random.Below(150)), kKinds, 40000,
                            1 + static_cast<int>(random.Below(3)));
    const std::vector<EventMeaning> meanings = RandomMeanings(&random);
    const bool by_session = random.Below(3) == 0;
    const std::pmr::vector<GraphPart> asked = Asked(world, meanings, by_session);
    if (asked.empty()) continue;
    ++compared;
    SCOPED_TRACE(round);
    ExpectSame(asked, Expected(world, meanings, by_session));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared, 150);
}

}  // namespace
}  // namespace productgraph::core
