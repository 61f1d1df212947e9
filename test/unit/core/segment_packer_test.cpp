#include "src/core/segment_packer.hpp"

#include <gtest/gtest.h>

#include <map>

#include "test/unit/core/segments.hpp"

namespace productgraph::core {
namespace {

struct Happened {
  PlainEvent event;
  std::optional<std::int64_t> sequence;
  std::uint32_t place;
};

void AddAll(const std::vector<Happened>& all, SegmentPacker* packer) {
  for (const Happened& one : all) {
    packer->Add(
        one.event.actor, ActorHash(one.event.actor),
        {one.event.ts, one.sequence, "session of " + one.event.actor, one.event.kind, {one.place, 1}});
  }
}

// What all shards together have, and how many segments they are.
PlainEvents WriteAll(SegmentPacker* packer, int shard_bits, std::size_t most, int* segments) {
  PlainEvents written;
  std::int64_t last_shard = -1;
  for (*segments = 0;; ++*segments) {
    SegmentWriter writer(std::pmr::get_default_resource());
    const auto shard = packer->Write(shard_bits, most, &writer);
    if (!shard) return written;
    EXPECT_GE(static_cast<std::int64_t>(*shard), last_shard);
    last_shard = *shard;
    for (PlainEvent& event : Unpack(writer.Finish())) {
      EXPECT_EQ(ShardOf(ActorHash(event.actor), shard_bits), *shard);
      written.push_back(std::move(event));
    }
  }
}

TEST(SegmentPacker, OrdersByActorTimeSequenceAndWhatTiesSay) {
  Random random(1);
  for (int round = 0; round < 80; ++round) {
    EventWorld world;
    world.events = random.Between(0, 800);
    world.span = random.Between(1, 50);
    world.kinds = random.Between(1, 4);
    std::vector<Happened> all;
    for (PlainEvent& event : RandomEvents(world, &random)) {
      event.session = MakeSessionId("session of " + event.actor);
      std::optional<std::int64_t> sequence;
      if (!random.OneIn(4)) sequence = random.OneIn(9) ? INT64_MAX : random.Between(-2, 2);
      all.push_back({std::move(event), sequence, static_cast<std::uint32_t>(all.size())});
    }
    for (std::size_t i = all.size(); i > 1; --i)
      std::swap(all[i - 1], all[static_cast<std::size_t>(random.Below(static_cast<int>(i)))]);
    SegmentPacker packer(10, std::pmr::get_default_resource());
    AddAll(all, &packer);
    packer.Sort(StopToken());
    // Places stand for ids here.
    for (const EventTie& tie : packer.ties()) {
      std::vector<std::size_t> positions(tie.count);
      for (std::size_t i = 0; i < tie.count; ++i) positions[i] = tie.first + i;
      std::sort(positions.begin(), positions.end(),
                [&](std::size_t a, std::size_t b) { return packer.place(a).block < packer.place(b).block; });
      packer.Order(tie, positions);
    }
    std::sort(all.begin(), all.end(), [](const Happened& a, const Happened& b) {
      const auto key = [](const Happened& h) {
        return std::tuple(ActorHash(h.event.actor), h.event.actor, h.event.ts, !h.sequence,
                          h.sequence.value_or(0), h.place);
      };
      return key(a) < key(b);
    });
    PlainEvents expected;
    for (const Happened& one : all) expected.push_back(one.event);
    int segments;
    ASSERT_EQ(WriteAll(&packer, random.Below(5), 1'000'000, &segments), expected) << round;
  }
}

TEST(SegmentPacker, AskForIdsOnlyWhereTheyMatter) {
  SegmentPacker packer(10, std::pmr::get_default_resource());
  AddAll({{{"a", 1, 1, {}}, 1, 0},
          {{"a", 1, 2, {}}, 2, 1},
          {{"a", 1, 3, {}}, {}, 2},  // their sequence tells
          {{"a", 2, 1, {}}, {}, 3},
          {{"a", 2, 1, {}}, {}, 4},  // they are alike
          {{"b", 1, 1, {}}, 7, 5},
          {{"b", 1, 2, {}}, 7, 6}},
         &packer);
  packer.Sort(StopToken());
  ASSERT_EQ(packer.ties().size(), 1u);
  EXPECT_EQ(packer.ties()[0].count, 2u);
}

TEST(SegmentPacker, PartsWhatIsTooMuchForOneSegmentBetweenTimes) {
  std::vector<Happened> all;
  for (std::uint32_t i = 0; i < 100; ++i)
    all.push_back({{"a", i / 7, 1, MakeSessionId("session of a")}, i, i});
  SegmentPacker packer(10, std::pmr::get_default_resource());
  AddAll(all, &packer);
  packer.Sort(StopToken());
  Micros last = -1;
  std::size_t written = 0, segments = 0;
  for (;; ++segments) {
    SegmentWriter writer(std::pmr::get_default_resource());
    if (!packer.Write(0, 10, &writer)) break;
    const PlainEvents events = Unpack(writer.Finish());
    EXPECT_LE(events.size(), 10u + 7);
    EXPECT_GT(events.front().ts, last);
    last = events.back().ts;
    written += events.size();
  }
  EXPECT_EQ(written, all.size());
  EXPECT_GT(segments, 5u);
}

}  // namespace
}  // namespace productgraph::core
