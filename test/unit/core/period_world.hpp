// What events of a random world mean, the periods they lie in, and a walk of a question over their segments.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/core/packed_question.hpp"
#include "src/core/period_cursor.hpp"
#include "src/core/session_marks.hpp"
#include "test/unit/core/packed_world.hpp"

namespace productgraph::core {

// Kinds that do not matter have no value.
struct WorldMeanings {
  std::vector<EventMeaning> meanings;
  std::vector<EventValue> of_kinds;

  // Masks of two conditions, not 0; labels below `labels`.
  WorldMeanings(Random* random, int kinds, int labels) {
    for (int kind = 0; kind < kinds; ++kind) {
      const auto mask = static_cast<StepMask>(random->Below(4));
      of_kinds.push_back(mask == 0 ? kNoValue : static_cast<EventValue>(meanings.size()));
      if (mask != 0) meanings.push_back({mask, static_cast<std::uint32_t>(random->Below(labels))});
    }
  }
};

struct MeantEvent {
  Micros ts;
  EventMeaning meaning;
};

// Those that matter, of each actor or session.
inline std::map<std::string, std::vector<MeantEvent>> EventsOfActors(const PackedWorld& world,
                                                                     const WorldMeanings& meanings,
                                                                     bool by_session) {
  std::map<std::string, std::vector<MeantEvent>> actors;
  for (const WorldEvent& event : world.events) {
    const EventValue value = meanings.of_kinds[event.kind];
    if (value == kNoValue) continue;
    actors[by_session ? event.session : event.actor].push_back({event.ts, meanings.meanings[value]});
  }
  return actors;
}

// Over times from 0 to 60,000; now and then a number comes back for a while, as when clocks are put back.
inline std::vector<PeriodStart> RandomPeriods(Random* random) {
  std::vector<PeriodStart> starts;
  auto number = static_cast<std::int32_t>(random->Below(5));
  for (Micros at = 0; at < 60'000; at += 1000 * (1 + static_cast<Micros>(random->Below(12)))) {
    starts.push_back({at, number, number / 3});
    if (starts.size() > 2 && random->Below(12) == 0) {
      starts.push_back({at + 300, number - 1, (number - 1) / 3});
      starts.push_back({at + 600, number, number / 3});
    }
    number += 1 + static_cast<std::int32_t>(random->Below(8) == 0);
  }
  return starts;
}

inline std::int32_t NumberAt(const std::vector<PeriodStart>& starts, Micros ts) {
  std::int32_t number = starts[0].number;
  for (const PeriodStart& start : starts) {
    if (start.at <= ts) number = start.number;
  }
  return number;
}

// Shards are shared out to two questions, as two processes would have them; the leader knows all in the end.
template <class Question>
struct PackedWalk {
  std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
  RepeatedSessions repeated;
  QuestionContext context;
  Question leader;

  PackedWalk(const PackedWorld& world, const WorldMeanings& meanings, std::span<const std::uint8_t> spec,
             bool by_session)
      : repeated(world.events.size(), memory),
        context(Context(world, meanings)),
        leader(ByteReader(spec), context) {
    Question worker(ByteReader(spec), context);
    for (std::uint32_t shard = 0; shard < world.shards.size(); ++shard) {
      ScanOptions options;
      options.sessions = by_session;
      options.repeated = context.repeated;
      options.meanings = context.meanings;
      options.shard_bits = PackedWorld::kShardBits;
      options.shard = shard;
      SegmentScan scan(options, memory);
      for (const SegmentBytes& segment : world.shards[shard])
        scan.Add(segment.content, segment.sessions, meanings.of_kinds);
      scan.Run(shard % 2 ? &worker : &leader, StopToken());
    }
    std::pmr::vector<std::uint8_t> partial(memory);
    worker.WritePartial(&partial);
    leader.AddPartial(partial);
    leader.Finish();
  }

 private:
  QuestionContext Context(const PackedWorld& world, const WorldMeanings& meanings) {
    for (const auto& segments : world.shards) {
      for (const SegmentBytes& segment : segments) {
        for (const SessionId& id : ReadSessions(segment.sessions)) repeated.See(id);
      }
    }
    return {meanings.meanings, MarkedSessions(repeated.words()), 0, nullptr, memory, StopToken()};
  }
};

}  // namespace productgraph::core
