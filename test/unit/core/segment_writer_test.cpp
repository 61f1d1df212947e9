#include "src/core/segment_writer.hpp"

#include <gtest/gtest.h>

#include "src/core/error.hpp"
#include "test/unit/core/segments.hpp"

namespace productgraph::core {
namespace {

std::string Hex(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string Without(std::string text, char drop) {
  std::erase(text, drop);
  return text;
}

// The example of docs/segments.md.
TEST(SegmentWriter, WritesTheDocumentedBytes) {
  constexpr Micros kNoon = 1'767'355'200'000'000;  // 2026-01-02 12:00 UTC
  PlainEvents events = {
      {"ada", kNoon, 7, MakeSessionId("s1")},
      {"ada", kNoon + 5'000'000, 9, MakeSessionId("s1")},
      {"ada", kNoon + 12'000'000, 7, MakeSessionId("s1")},
      {"ada", kNoon + 3'600'000'000, 7, MakeSessionId("s2")},
      {"7b1de5a0-0000-4000-8000-00000000000a", kNoon + 60'000'000, 9, MakeSessionId("s3")},
  };
  SortForSegment(&events);
  const SegmentBytes bytes = Pack(events);
  const std::span<const std::uint8_t> content = bytes.content;
  EXPECT_EQ(Unpack(bytes), events);
  EXPECT_EQ(Hex(content.first(56)),
            Without("01 01 02 00 02000000 05000000 03000000 02000000 1f000000 0900000000000000 "
                    "0050e37266470600 00f4764967470600 f92ad04c5d9db7c4",
                    ' '));
  EXPECT_EQ(Hex(content.subspan(56)),
            Without("07000900 04 616461 02 07 00 03 03 901c 00 7b1de5a000004000800000000000000a 01 "
                    "03 3c 0001000001 3d0000000000000000",
                    ' '));
  EXPECT_EQ(Hex(bytes.sessions),
            Without("01 000000 03000000 e8d4add21570c9c8 a240618b9e4162f59a27 761565babed19b05c74b "
                    "da6849c465e80a6494fa",
                    ' '));
}

TEST(SegmentWriter, ChoosesTheCoarsestUnit) {
  const auto unit_of = [](std::vector<Micros> times) {
    PlainEvents events;
    for (const Micros ts : times) events.push_back({"a", ts, 0, MakeSessionId("s")});
    const SegmentBytes bytes = Pack(events);
    EXPECT_EQ(Unpack(bytes), events);
    return static_cast<TimeUnit>(bytes.content[2]);
  };
  EXPECT_EQ(unit_of({0, 1'000'000, 5'000'000}), TimeUnit::kSecond);
  EXPECT_EQ(unit_of({0, 1'000'000, 5'001'000}), TimeUnit::kMillisecond);
  EXPECT_EQ(unit_of({-1'000, 1'000'000}), TimeUnit::kMillisecond);
  EXPECT_EQ(unit_of({0, 1}), TimeUnit::kMicrosecond);
  EXPECT_EQ(unit_of({-1'500'000'001, -1}), TimeUnit::kMicrosecond);
}

TEST(SegmentWriter, TakesFewBytesAnEvent) {
  Random random(1);
  EventWorld world;
  world.actors = 1'000;
  world.events = 100'000;
  world.unit = 1'000'000;
  world.span = 7 * 86'400;
  world.sessions = 1;
  const SegmentBytes bytes = Pack(RandomEvents(world, &random));
  EXPECT_LT(bytes.content.size(), 5u * 100'000);
}

TEST(SegmentWriter, RefusesWhatCannotBePacked) {
  const auto refuses = [](PlainEvents events) {
    try {
      Pack(events);
    } catch (const Error& error) {
      return error.code() == ErrorCode::kInvalidParameter;
    }
    return false;
  };
  const SessionId session = MakeSessionId("s");
  EXPECT_TRUE(refuses({{"a", 2, 0, session}, {"a", 1, 0, session}}));
  PlainEvents events = {{"a", 1, 0, session}, {"b", 1, 0, session}};
  SortForSegment(&events);
  EXPECT_FALSE(refuses(events));
  std::swap(events[0], events[1]);
  EXPECT_TRUE(refuses(events));
  EXPECT_TRUE(refuses({{"a", 0, 0, session}, {"a", kMaxPackedTime + 1, 0, session}}));
  EXPECT_TRUE(refuses({{"a", -kMaxPackedTime - 1, 0, session}}));
  EXPECT_TRUE(refuses({{"a", 0, 0, session}, {"a", kMaxPackedTime, 0, session}}));
  EXPECT_FALSE(refuses({{"a", 0, 0, session}, {"a", Micros{1} << 55, 0, session}}));
}

TEST(SegmentWriter, KnowsManySessionsOfOneActor) {
  Random random(2);
  EventWorld world;
  world.actors = 1;
  world.events = 3'000;
  world.sessions = 1'000;
  const PlainEvents events = RandomEvents(world, &random);
  EXPECT_EQ(Unpack(Pack(events)), events);
}

}  // namespace
}  // namespace productgraph::core
