#include "src/core/segment_merge.hpp"

#include <gtest/gtest.h>

#include "test/unit/core/segments.hpp"

namespace productgraph::core {
namespace {

struct Merged {
  PlainEvents events;
  bool ambiguous;
};

Merged Merge(const std::vector<SegmentBytes>& sources, int shard_bits, std::uint32_t shard) {
  std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
  std::vector<std::unique_ptr<SegmentReader>> readers;
  std::vector<SegmentReader*> pointers;
  for (const SegmentBytes& bytes : sources) {
    readers.push_back(std::make_unique<SegmentReader>(bytes.content, bytes.sessions, memory));
    pointers.push_back(readers.back().get());
  }
  SegmentWriter writer(memory);
  MergeSegments(pointers, shard_bits, shard, &writer, StopToken(), memory);
  const bool ambiguous = writer.is_ambiguous();
  return {Unpack(writer.Finish()), ambiguous};
}

TEST(SegmentMerge, EqualsPackingAllAtOnce) {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    EventWorld world;
    world.events = random.Between(0, 1'500);
    world.span = random.OneIn(3) ? 20 : 100'000;
    const PlainEvents all = RandomEvents(world, &random);
    std::vector<PlainEvents> parts(static_cast<std::size_t>(random.Between(1, 5)));
    for (const PlainEvent& event : all)
      parts[static_cast<std::size_t>(random.Below(static_cast<int>(parts.size())))].push_back(event);
    std::vector<SegmentBytes> sources;
    PlainEvents expected;
    for (const PlainEvents& part : parts) {
      sources.push_back(Pack(part));
      expected.insert(expected.end(), part.begin(), part.end());
    }
    // Of one time, those of the first source come first.
    SortForSegment(&expected);
    ASSERT_EQ(Merge(sources, 0, 0).events, expected) << round;
    // In several shards they are the same ones.
    const int bits = random.Between(1, 4);
    PlainEvents sharded;
    for (std::uint32_t shard = 0; shard < 1u << bits; ++shard) {
      for (PlainEvent& event : Merge(sources, bits, shard).events) {
        EXPECT_EQ(ShardOf(ActorHash(event.actor), bits), shard);
        sharded.push_back(std::move(event));
      }
    }
    ASSERT_EQ(sharded, expected) << round;
  }
}

TEST(SegmentMerge, SaysWhenTheOrderIsNotKnown) {
  const SessionId s = MakeSessionId("s"), t = MakeSessionId("t");
  const auto is_ambiguous = [](PlainEvents a, PlainEvents b) {
    std::vector<SegmentBytes> sources;
    sources.push_back(Pack(a));
    sources.push_back(Pack(b));
    return Merge(sources, 0, 0).ambiguous;
  };
  EXPECT_FALSE(is_ambiguous({{"a", 1, 1, s}}, {{"a", 2, 2, s}}));
  EXPECT_TRUE(is_ambiguous({{"a", 1, 1, s}}, {{"a", 1, 2, s}}));
  EXPECT_TRUE(is_ambiguous({{"a", 1, 1, s}}, {{"a", 1, 1, t}}));
  EXPECT_FALSE(is_ambiguous({{"a", 1, 1, s}}, {{"a", 1, 1, s}}));
  // Of one source the order is known.
  EXPECT_FALSE(is_ambiguous({{"a", 1, 1, s}, {"a", 1, 2, s}}, {{"a", 2, 1, s}}));
  EXPECT_TRUE(is_ambiguous({{"a", 1, 1, s}, {"a", 1, 2, s}}, {{"a", 1, 1, s}}));
  // What was not known before is not known later.
  std::vector<SegmentBytes> sources;
  sources.push_back(Pack({{"a", 1, 1, s}}, true));
  EXPECT_TRUE(Merge(sources, 0, 0).ambiguous);
}

TEST(SegmentMerge, CanBeStopped) {
  const std::sig_atomic_t stop = 1;
  std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
  SegmentWriter writer(memory);
  EXPECT_THROW(MergeSegments({}, 0, 0, &writer, StopToken(&stop), memory), Error);
}

}  // namespace
}  // namespace productgraph::core
