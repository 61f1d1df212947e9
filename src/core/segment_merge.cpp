#include "src/core/segment_merge.hpp"

#include <algorithm>

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 256;  // actors between two looks at the stop token

struct MergedEvent {
  Micros ts;
  std::uint16_t kind;
  SessionId session;
  std::uint32_t source;
};

using Events = std::pmr::vector<MergedEvent>;

// Moves to the next actor of the shard; false when there is none.
bool Advance(SegmentReader* reader, int shard_bits, std::uint32_t shard) {
  while (reader->Next()) {
    const std::uint32_t at = ShardOf(reader->hash(), shard_bits);
    if (at >= shard) return at == shard;
  }
  return false;
}

void Gather(const SegmentReader& reader, std::uint32_t source, std::pmr::vector<Micros>* times,
            Events* events) {
  for (const SegmentRun& run : reader.runs()) {
    times->resize(run.events);
    reader.Times(run, times->data());
    for (std::uint32_t i = 0; i < run.events; ++i)
      events->push_back({(*times)[i], reader.Kind(run.first_event + i), reader.session(run.session), source});
  }
}

// Whether events of one time came from several sources and are not all alike.
bool HasUnknownOrder(const Events& events) {
  for (std::size_t begin = 0, end; begin < events.size(); begin = end) {
    bool several = false, differ = false;
    for (end = begin + 1; end < events.size() && events[end].ts == events[begin].ts; ++end) {
      several |= events[end].source != events[begin].source;
      differ |= events[end].kind != events[begin].kind || events[end].session != events[begin].session;
    }
    if (several && differ) return true;
  }
  return false;
}

}  // namespace

void MergeSegments(std::span<SegmentReader* const> readers, int shard_bits, std::uint32_t shard,
                   SegmentWriter* writer, const StopToken& stop, std::pmr::memory_resource* memory) {
  std::pmr::vector<bool> has_actor(readers.size(), false, memory);
  std::pmr::vector<Micros> times(memory);
  Events events(memory);
  for (std::size_t i = 0; i < readers.size(); ++i) {
    has_actor[i] = Advance(readers[i], shard_bits, shard);
    if (readers[i]->header().flags & kAmbiguousTies) writer->MarkAmbiguous();
  }
  for (std::size_t actors = 0;; ++actors) {
    if (actors % kStopInterval == 0) stop.ThrowIfRequested();
    const SegmentReader* next = nullptr;
    for (std::size_t i = 0; i < readers.size(); ++i) {
      if (has_actor[i] && (!next || readers[i]->IsBefore(*next))) next = readers[i];
    }
    if (!next) return;
    writer->BeginActor(next->name(), next->hash());
    events.clear();
    std::size_t sources = 0;
    for (std::size_t i = 0; i < readers.size(); ++i) {
      if (!has_actor[i] || !readers[i]->IsSameActor(*next)) continue;
      Gather(*readers[i], static_cast<std::uint32_t>(i), &times, &events);
      ++sources;
    }
    if (sources > 1) {
      std::stable_sort(events.begin(), events.end(),
                       [](const MergedEvent& a, const MergedEvent& b) { return a.ts < b.ts; });
      if (HasUnknownOrder(events)) writer->MarkAmbiguous();
    }
    for (const MergedEvent& event : events) writer->Add(event.ts, event.kind, event.session);
    // The one that the others are compared with moves last.
    for (std::size_t i = 0; i < readers.size(); ++i) {
      if (has_actor[i] && readers[i] != next && readers[i]->IsSameActor(*next))
        has_actor[i] = Advance(readers[i], shard_bits, shard);
    }
    for (std::size_t i = 0; i < readers.size(); ++i) {
      if (readers[i] == next) has_actor[i] = Advance(readers[i], shard_bits, shard);
    }
  }
}

}  // namespace productgraph::core
