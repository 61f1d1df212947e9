// paths() asked of segments against a plain reading of what it says.
#include "src/core/packed_paths.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "test/unit/core/packed_world.hpp"

namespace productgraph::core {
namespace {

constexpr int kKinds = 6;
constexpr std::uint32_t kOther = 3;  // is the label of a node, too

std::pmr::memory_resource* Memory() {
  return std::pmr::new_delete_resource();
}

// While it lives, memory can only be had from where one is told to take it.
struct NoDefaultMemory {
  NoDefaultMemory() { std::pmr::set_default_resource(std::pmr::null_memory_resource()); }
  ~NoDefaultMemory() { std::pmr::set_default_resource(nullptr); }
};

struct Meaning {
  std::vector<EventMeaning> meanings;
  std::vector<EventValue> of_kinds;
};

// Some kinds have no node; which is the start and which the end is said of nodes.
Meaning RandomMeaning(Random* random, const PackedPathsSpec& spec) {
  Meaning meaning;
  for (int kind = 0; kind < kKinds; ++kind) {
    const auto label = static_cast<std::uint32_t>(random->Below(5));
    if (label == 0 && !spec.has_gap) {
      meaning.of_kinds.push_back(kNoValue);
      continue;
    }
    StepMask mask = 0;
    if (label == 1) mask |= PackedPaths::kStart;
    if (label == 2) mask |= PackedPaths::kEnd;
    meaning.of_kinds.push_back(static_cast<EventValue>(meaning.meanings.size()));
    meaning.meanings.push_back({mask, label});
  }
  return meaning;
}

PackedPathsSpec RandomSpec(Random* random) {
  PackedPathsSpec spec;
  spec.steps = 1 + static_cast<std::int32_t>(random->Below(6));
  spec.has_start = random->Below(3) == 0;
  spec.has_end = random->Below(3) == 0;
  spec.by_session = random->Below(3) == 0;
  spec.has_gap = random->Below(3) == 0;
  return spec;
}

struct Row {
  Micros ts;
  std::uint32_t node;
  std::string actor;
};

using Key = std::tuple<std::int32_t, std::uint32_t, std::uint32_t>;

struct Taken {
  std::vector<std::string> actors;  // of each visit
  std::vector<Micros> durations;
};

void Take(const PackedPathsSpec& spec, const std::vector<Row>& rows, std::map<Key, Taken>* edges) {
  std::vector<Row> places;
  for (const Row& row : rows) {
    if (row.node != 0 && (places.empty() || places.back().node != row.node)) places.push_back(row);
  }
  const int count = static_cast<int>(places.size());
  int first = 0, last = count;
  if (spec.has_start) {
    while (first < count && places[first].node != 1) ++first;
  }
  if (spec.has_end) {
    last = spec.has_start ? first + 1 : 0;
    while (last < count && places[last].node != 2) ++last;
    if (last >= count) return;
  }
  const auto add = [&](int step, int from, int neighbour) {
    const bool is_end = neighbour < 0 || neighbour >= count;
    Taken& taken = (*edges)[{step, places[from].node, is_end ? 0 : places[neighbour].node}];
    taken.actors.push_back(places[from].actor);
    if (!is_end) taken.durations.push_back(std::abs(places[neighbour].ts - places[from].ts));
  };
  if (spec.backward()) {
    for (int i = last; i >= 0 && i > last - spec.steps; --i) add(i - last - 1, i, i - 1);
  } else {
    for (int i = first; i < last && i < first + spec.steps; ++i) add(i - first + 1, i, i + 1);
  }
}

std::map<Key, Taken> AllEdges(const PackedWorld& world, const Meaning& meaning, const PackedPathsSpec& spec,
                              Micros gap) {
  std::map<std::string, std::vector<Row>> visitors;
  for (const WorldEvent& event : world.events) {
    const EventValue value = meaning.of_kinds[event.kind];
    if (value == kNoValue) continue;
    const std::string& actor = spec.by_session ? event.session : event.actor;
    visitors[spec.has_gap ? actor : event.session].push_back(
        {event.ts, meaning.meanings[value].label, actor});
  }
  std::map<Key, Taken> edges;
  for (auto& [visitor, rows] : visitors) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.ts < b.ts; });
    std::vector<Row> visit;
    for (const Row& row : rows) {
      if (spec.has_gap && !visit.empty() && row.ts > visit.back().ts + gap) {
        Take(spec, visit, &edges);
        visit.clear();
      }
      visit.push_back(row);
    }
    Take(spec, visit, &edges);
  }
  return edges;
}

std::map<Key, Taken> Fold(const std::map<Key, Taken>& all, const PackedPathsSpec& spec, std::size_t most) {
  std::vector<std::pair<Key, std::size_t>> order;
  for (const auto& [key, taken] : all) order.emplace_back(key, taken.actors.size());
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    if (a.second != b.second) return a.second > b.second;
    const auto place = [](const Key& key) {
      return std::tuple(std::get<0>(key), std::get<1>(key), std::get<2>(key) == 0, std::get<2>(key));
    };
    return place(a.first) < place(b.first);
  });
  order.resize(std::min(most, order.size()));
  std::set<Key> frequent;
  std::set<std::pair<std::int32_t, std::uint32_t>> shown;
  for (const auto& [key, count] : order) {
    const auto [step, node, neighbour] = key;
    frequent.insert(key);
    shown.insert({step, node});
    if (neighbour != 0) shown.insert({step + (spec.backward() ? -1 : 1), neighbour});
  }
  std::map<Key, Taken> folded;
  for (const auto& [key, taken] : all) {
    auto [step, node, neighbour] = key;
    if (neighbour != 0 && !frequent.count(key)) neighbour = kOther;
    if (!shown.count({step, node})) node = kOther;
    Taken& to = folded[{step, node, neighbour}];
    to.actors.insert(to.actors.end(), taken.actors.begin(), taken.actors.end());
    to.durations.insert(to.durations.end(), taken.durations.begin(), taken.durations.end());
  }
  return folded;
}

// Shards are shared out to two questions, as two processes would have them.
std::pmr::vector<PathEdge> Asked(const PackedWorld& world, const Meaning& meaning,
                                 const PackedPathsSpec& spec, Micros gap, std::size_t most,
                                 bool* is_ambiguous) {
  const NoDefaultMemory no_default_memory;
  RepeatedSessions repeated(world.events.size(), Memory());
  for (const auto& segments : world.shards) {
    for (const SegmentBytes& segment : segments) {
      for (const SessionId& id : ReadSessions(segment.sessions)) repeated.See(id);
    }
  }
  const MarkedSessions marked(repeated.words());
  const QuestionContext context{meaning.meanings, marked, gap, nullptr, Memory(), StopToken()};
  PackedPaths leader(spec, context), worker(spec, context);
  for (std::uint32_t shard = 0; shard < world.shards.size(); ++shard) {
    ScanOptions options;
    options.sessions = !spec.has_gap || spec.by_session;
    options.repeated = marked;
    options.meanings = meaning.meanings;
    options.shard_bits = PackedWorld::kShardBits;
    options.shard = shard;
    SegmentScan scan(options, Memory());
    for (const SegmentBytes& segment : world.shards[shard])
      scan.Add(segment.content, segment.sessions, meaning.of_kinds);
    scan.Run(shard % 2 ? &worker : &leader, StopToken());
  }
  std::pmr::vector<std::uint8_t> partial(Memory());
  worker.WritePartial(&partial);
  leader.AddPartial(partial);
  leader.Finish();
  *is_ambiguous = leader.is_ambiguous();
  return leader.Edges(most, kOther);
}

void ExpectSame(const std::pmr::vector<PathEdge>& asked, const std::map<Key, Taken>& expected) {
  ASSERT_EQ(asked.size(), expected.size());
  for (const PathEdge& edge : asked) {
    const auto found = expected.find({edge.key.step, edge.key.node, edge.key.neighbour});
    ASSERT_NE(found, expected.end());
    const Taken& taken = found->second;
    EXPECT_EQ(edge.summary.visits, taken.actors.size());
    EXPECT_EQ(edge.summary.actors, std::set<std::string>(taken.actors.begin(), taken.actors.end()).size());
    ASSERT_EQ(edge.summary.has_durations, !taken.durations.empty());
    if (taken.durations.empty()) continue;
    std::vector<Micros> durations = taken.durations;
    std::sort(durations.begin(), durations.end());
    const std::size_t half = (durations.size() - 1) / 2;
    EXPECT_EQ(edge.summary.median,
              static_cast<double>(durations[half] + durations[durations.size() / 2]) / 2);
  }
}

TEST(PackedPathsTest, FindsTheEdgesThatVisitsTook) {
  Random random(11);
  int compared = 0;
  for (int round = 0; round < 500; ++round) {
    const PackedPathsSpec spec = RandomSpec(&random);
    const Micros gap = static_cast<Micros>(random.Below(40)) * 1000;
    const PackedWorld world(&random, static_cast<int>(random.Below(150)), kKinds, 20000,
                            1 + static_cast<int>(random.Below(3)));
    const Meaning meaning = RandomMeaning(&random, spec);
    const std::size_t most = random.Below(3) == 0 ? 1000 : 1 + random.Below(12);
    bool is_ambiguous;
    const std::pmr::vector<PathEdge> asked = Asked(world, meaning, spec, gap, most, &is_ambiguous);
    if (is_ambiguous) continue;
    ++compared;
    SCOPED_TRACE(round);
    ExpectSame(asked, Fold(AllEdges(world, meaning, spec, gap), spec, most));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared, 300);
}

TEST(PackedPathsTest, SaysWhenTheOrderOfTiesIsNotKnown) {
  Random random(12);
  int ambiguous = 0;
  for (int round = 0; round < 50; ++round) {
    const PackedWorld world(&random, 100, kKinds, 10, 3);
    bool is_ambiguous;
    Asked(world, RandomMeaning(&random, {}), {.steps = 3}, 0, 10, &is_ambiguous);
    ambiguous += is_ambiguous;
  }
  EXPECT_GT(ambiguous, 40);
}

}  // namespace
}  // namespace productgraph::core
