// Segments for tests: made of plain events, and read back into such.
#pragma once

#include <algorithm>
#include <memory_resource>
#include <string>
#include <tuple>
#include <vector>

#include "src/core/segment_reader.hpp"
#include "src/core/segment_writer.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {

struct PlainEvent {
  std::string actor;
  Micros ts;
  std::uint16_t kind;
  SessionId session;

  bool operator==(const PlainEvent&) const = default;
};

using PlainEvents = std::vector<PlainEvent>;

// As segments have them; events of one actor and time stay as they are.
inline void SortForSegment(PlainEvents* events) {
  std::stable_sort(events->begin(), events->end(), [](const PlainEvent& a, const PlainEvent& b) {
    return std::tuple(ActorHash(a.actor), a.actor, a.ts) < std::tuple(ActorHash(b.actor), b.actor, b.ts);
  });
}

inline SegmentBytes Pack(const PlainEvents& events, bool ambiguous = false,
                         std::pmr::memory_resource* memory = std::pmr::get_default_resource()) {
  SegmentWriter writer(memory);
  const std::string* last = nullptr;
  for (const PlainEvent& event : events) {
    if (!last || *last != event.actor) writer.BeginActor(event.actor);
    last = &event.actor;
    writer.Add(event.ts, event.kind, event.session);
  }
  if (ambiguous) writer.MarkAmbiguous();
  return writer.Finish();
}

inline PlainEvents Unpack(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions) {
  SegmentReader reader(content, sessions, std::pmr::get_default_resource());
  PlainEvents events;
  std::vector<Micros> times;
  while (reader.Next()) {
    for (const SegmentRun& run : reader.runs()) {
      times.resize(run.events);
      reader.Times(run, times.data());
      for (std::uint32_t i = 0; i < run.events; ++i) {
        const SessionId session = sessions.empty() ? SessionId{} : reader.session(run.session);
        events.push_back({std::string(reader.name()), times[i], reader.Kind(run.first_event + i), session});
      }
    }
  }
  return events;
}

inline PlainEvents Unpack(const SegmentBytes& bytes) {
  return Unpack(bytes.content, bytes.sessions);
}

inline std::string RandomUuid(Random* random) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 36; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    text += dash ? '-' : kDigits[random->Below(16)];
  }
  return text;
}

struct EventWorld {
  int actors = 20;
  int events = 500;
  int kinds = 10;
  int sessions = 3;  // of each actor
  Micros unit = 1'000;
  int span = 10'000;  // in units; a small one makes events of one time
  Micros from = 1'700'000'000'000'000;
};

inline PlainEvents RandomEvents(const EventWorld& world, Random* random) {
  std::vector<std::string> names;
  for (int i = 0; i < world.actors; ++i) {
    names.push_back(i % 3 == 0 ? RandomUuid(random)
                    : i % 3 == 1
                        ? "user " + std::to_string(random->Next())
                        : std::string(static_cast<std::size_t>(random->Below(300)), 'x') + std::to_string(i));
  }
  PlainEvents events;
  for (int i = 0; i < world.events; ++i) {
    const std::string& actor = names[static_cast<std::size_t>(random->Below(world.actors))];
    events.push_back({actor, world.from + random->Below(world.span) * world.unit,
                      static_cast<std::uint16_t>(random->Below(world.kinds)),
                      MakeSessionId(actor + std::to_string(random->Below(world.sessions)))});
  }
  SortForSegment(&events);
  return events;
}

// Changes the checksum to what it should be, as whoever forges a segment would.
inline void Reseal(std::span<std::uint8_t> content) {
  if (content.size() < sizeof(SegmentHeader)) return;
  SegmentHeader header;
  std::memcpy(&header, content.data(), sizeof(header));
  header.checksum = SegmentChecksum(header, content.subspan(sizeof(header)));
  std::memcpy(content.data(), &header, sizeof(header));
}

}  // namespace productgraph::core
