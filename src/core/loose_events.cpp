#include "src/core/loose_events.hpp"

#include <algorithm>

#include "src/core/arena_text.hpp"
#include "src/core/error.hpp"

namespace productgraph::core {

LooseEvents::LooseEvents(std::pmr::memory_resource* memory)
    : memory_(memory), names_(memory), actors_(memory), numbers_(memory), events_(memory) {}

void LooseEvents::Add(std::string_view actor, Micros ts, EventValue value, const SessionId& session) {
  auto known = numbers_.find(actor);
  if (known == numbers_.end()) {
    actors_.push_back({CopyText(&names_, actor), ActorHash(actor)});
    known = numbers_.emplace(actors_.back().name, static_cast<std::uint32_t>(actors_.size() - 1)).first;
  }
  events_.push_back({known->second, value, ts, session});
}

std::pmr::vector<SegmentBytes> LooseEvents::Pack(int shard_bits) {
  std::stable_sort(events_.begin(), events_.end(), [&](const Event& a, const Event& b) {
    if (a.actor == b.actor) return a.ts < b.ts;
    const Actor &left = actors_[a.actor], &right = actors_[b.actor];
    return left.hash != right.hash ? left.hash < right.hash : left.name < right.name;
  });
  std::pmr::vector<SegmentBytes> shards(memory_);
  auto event = events_.begin();
  for (std::uint32_t shard = 0; shard < std::uint32_t{1} << shard_bits; ++shard) {
    SegmentWriter writer(memory_);
    const Actor* last = nullptr;
    for (; event != events_.end(); ++event) {
      const Actor& actor = actors_[event->actor];
      if (ShardOf(actor.hash, shard_bits) != shard) break;
      if (&actor != last) writer.BeginActor(actor.name, actor.hash);
      last = &actor;
      if (event->value >= kMaxKinds)
        throw Error(ErrorCode::kInvalidParameter, "events differ in too many ways to be told apart");
      writer.Add(event->ts, static_cast<std::uint16_t>(event->value), event->session);
    }
    shards.push_back(last ? writer.Finish()
                          : SegmentBytes{std::pmr::vector<std::uint8_t>(memory_),
                                         std::pmr::vector<std::uint8_t>(memory_)});
  }
  return shards;
}

}  // namespace productgraph::core
