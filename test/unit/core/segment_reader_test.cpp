#include "src/core/segment_reader.hpp"

#include <gtest/gtest.h>

#include "src/core/error.hpp"
#include "test/unit/core/segments.hpp"

namespace productgraph::core {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes Copy(const std::pmr::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

bool IsRefused(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions) {
  try {
    Unpack(content, sessions);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorruptedSegment);
    return true;
  }
  return false;
}

TEST(SegmentReader, GivesBackWhatWasPacked) {
  Random random(1);
  constexpr Micros kUnits[] = {1, 1'000, 1'000'000, 999};
  for (int round = 0; round < 100; ++round) {
    EventWorld world;
    world.actors = random.Between(1, 60);
    world.events = random.Between(0, 2'000);
    world.kinds = random.OneIn(3) ? 65'536 : random.Between(1, 400);
    world.sessions = random.OneIn(4) ? 200 : random.Between(1, 5);
    world.unit = kUnits[random.Below(4)];
    world.span = random.OneIn(3) ? random.Between(1, 5) : random.Between(1, 600'000);
    world.from = random.OneIn(4) ? -1'234'567'890'123'457 : 1'700'000'000'000'000 + random.Below(3) * 500;
    const PlainEvents events = RandomEvents(world, &random);
    const SegmentBytes bytes = Pack(events);
    ASSERT_EQ(Unpack(bytes), events) << "round " << round;
  }
}

TEST(SegmentReader, AnEmptySegmentHasNoActors) {
  const SegmentBytes bytes = Pack({});
  SegmentReader reader(bytes.content, bytes.sessions, std::pmr::get_default_resource());
  EXPECT_EQ(reader.header().events, 0u);
  EXPECT_FALSE(reader.Next());
}

TEST(SegmentReader, NamesMayBeEmptyOrLookLikeUuids) {
  PlainEvents events;
  for (const char* name :
       {"", "a", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-fffffffffffg"})
    events.push_back({name, 5, 1, MakeSessionId("s")});
  SortForSegment(&events);
  EXPECT_EQ(Unpack(Pack(events)), events);
}

TEST(SegmentReader, KindsTakeTwoBytesOnceThereAreMoreThan256) {
  for (const std::uint16_t kinds : {256, 257}) {
    PlainEvents events;
    for (std::uint16_t kind = 0; kind < kinds; ++kind)
      events.push_back({"a", kind, static_cast<std::uint16_t>(kind * 200), MakeSessionId("s")});
    const SegmentBytes bytes = Pack(events);
    SegmentReader reader(bytes.content, {}, std::pmr::get_default_resource());
    EXPECT_EQ(reader.header().kind_bytes, kinds > 256 ? 2 : 1);
    EXPECT_EQ(Unpack(bytes), events);
  }
}

TEST(SegmentReader, TellsWhetherTheOrderIsKnown) {
  const PlainEvents events = {{"a", 1, 1, MakeSessionId("s")}};
  for (const bool ambiguous : {false, true}) {
    const SegmentBytes bytes = Pack(events, ambiguous);
    SegmentReader reader(bytes.content, bytes.sessions, std::pmr::get_default_resource());
    EXPECT_EQ((reader.header().flags & kAmbiguousTies) != 0, ambiguous);
  }
}

TEST(SegmentReader, RefusesEveryTruncation) {
  Random random(2);
  EventWorld world;
  world.events = 100;
  const SegmentBytes bytes = Pack(RandomEvents(world, &random));
  const Bytes content = Copy(bytes.content), sessions = Copy(bytes.sessions);
  for (std::size_t size = 0; size < content.size(); ++size)
    EXPECT_TRUE(IsRefused(std::span(content).first(size), sessions)) << size;
  for (std::size_t size = 1; size < sessions.size(); ++size)
    EXPECT_TRUE(IsRefused(content, std::span(sessions).first(size))) << size;
  Bytes longer = content;
  longer.push_back(0);
  EXPECT_TRUE(IsRefused(longer, sessions));
}

TEST(SegmentReader, RefusesEveryFlippedBit) {
  Random random(3);
  EventWorld world;
  world.events = 60;
  world.actors = 5;
  const SegmentBytes bytes = Pack(RandomEvents(world, &random));
  Bytes content = Copy(bytes.content), sessions = Copy(bytes.sessions);
  for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
    content[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_TRUE(IsRefused(content, sessions)) << bit;
    content[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
  for (std::size_t bit = 0; bit < sessions.size() * 8; ++bit) {
    // What is zero bytes may become anything.
    if (bit / 8 >= 1 && bit / 8 <= 3) continue;
    sessions[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_TRUE(IsRefused(content, sessions)) << bit;
    sessions[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
}

// Under the sanitizers: whatever they are, forged bytes are read or refused, and times lie in the range the
// header says.
TEST(SegmentReader, SurvivesForgedBytes) {
  Random random(4);
  int read = 0, refused = 0;
  for (int round = 0; round < 3'000; ++round) {
    EventWorld world;
    world.events = random.Between(1, 80);
    world.actors = random.Between(1, 6);
    world.kinds = random.OneIn(2) ? 3 : 60'000;
    const SegmentBytes bytes = Pack(RandomEvents(world, &random));
    Bytes content = Copy(bytes.content);
    for (int i = random.Between(1, 4); i > 0; --i)
      content[static_cast<std::size_t>(random.Below(static_cast<int>(content.size())))] =
          static_cast<std::uint8_t>(random.Next());
    if (random.OneIn(5)) content.resize(content.size() - static_cast<std::size_t>(random.Below(20)));
    Reseal(content);
    if (IsRefused(content, bytes.sessions)) {
      ++refused;
    } else {
      ++read;
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_GT(refused, 0);
}

TEST(SegmentReader, NeedsSessionsOfThisSegment) {
  Random random(5);
  const SegmentBytes one = Pack(RandomEvents(EventWorld(), &random));
  EventWorld larger;
  larger.sessions = 50;
  const SegmentBytes other = Pack(RandomEvents(larger, &random));
  EXPECT_TRUE(IsRefused(one.content, other.sessions));
}

}  // namespace
}  // namespace productgraph::core
