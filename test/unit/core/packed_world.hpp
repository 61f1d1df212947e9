// Random events of a few actors and sessions, and the segments they may be packed into.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "src/core/segment_writer.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {

struct WorldEvent {
  std::string actor;
  std::string session;
  Micros ts;
  std::uint16_t kind;
};

struct PackedWorld {
  static constexpr int kShardBits = 2;

  std::vector<WorldEvent> events;
  // Of each shard its segments, in each of which actors are as they must be.
  std::vector<std::vector<SegmentBytes>> shards;

  // Times are whole units from 0 to `times`, so that some are equal; sessions change hands now and then.
  PackedWorld(Random* random, int count, int kinds, int times, int segments) {
    for (int i = 0; i < count; ++i) {
      const std::string actor = "actor " + std::to_string(random->Below(8));
      const std::string session = random->Below(10) == 0 ? "shared " + std::to_string(random->Below(3))
                                                         : actor + "'s " + std::to_string(random->Below(4));
      events.push_back({actor, session, static_cast<Micros>(random->Below(times)) * 1000,
                        static_cast<std::uint16_t>(random->Below(kinds))});
    }
    std::vector<std::size_t> segment_of;
    for (int i = 0; i < count; ++i) segment_of.push_back(random->Below(segments));
    shards.resize(std::size_t{1} << kShardBits);
    for (std::size_t shard = 0; shard < shards.size(); ++shard) {
      for (std::size_t segment = 0; segment < static_cast<std::size_t>(segments); ++segment)
        Pack(static_cast<std::uint32_t>(shard), segment, segment_of);
    }
  }

 private:
  void Pack(std::uint32_t shard, std::size_t segment, const std::vector<std::size_t>& segment_of) {
    std::map<std::pair<std::uint64_t, std::string>, std::vector<const WorldEvent*>> actors;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const std::uint64_t hash = ActorHash(events[i].actor);
      if (segment_of[i] == segment && ShardOf(hash, kShardBits) == shard)
        actors[{hash, events[i].actor}].push_back(&events[i]);
    }
    if (actors.empty()) return;
    SegmentWriter writer(std::pmr::get_default_resource());
    for (auto& [key, of_actor] : actors) {
      std::stable_sort(of_actor.begin(), of_actor.end(),
                       [](const WorldEvent* a, const WorldEvent* b) { return a->ts < b->ts; });
      writer.BeginActor(key.second);
      for (const WorldEvent* event : of_actor)
        writer.Add(event->ts, event->kind, MakeSessionId(event->session));
    }
    shards[shard].push_back(writer.Finish());
  }
};

}  // namespace productgraph::core
