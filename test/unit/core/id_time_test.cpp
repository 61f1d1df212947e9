#include "src/core/id_time.hpp"

#include <gtest/gtest.h>

namespace productgraph::core {
namespace {

// The examples of RFC 9562 for one instant, 2022-02-22T19:22:22Z.
constexpr std::uint32_t kInstant = 1645557742;

TEST(IdTime, IsThatOfAUuidWithTime) {
  EXPECT_EQ(TimeOfId("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), kInstant);
  EXPECT_EQ(TimeOfId("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), kInstant);
  EXPECT_EQ(TimeOfId("1EC9414C-232A-6B00-B3C8-9F6BDECED846"), kInstant);
  EXPECT_EQ(TimeOfId("C232AB00-9414-11EC-B3C8-9F6BDECED846"), kInstant);
}

TEST(IdTime, IsThatOfAUlid) {
  // 1645557742000 ms, then any 80 bits.
  EXPECT_EQ(TimeOfId("01FWHE4YDGFK1SHH6W1G60EECF"), kInstant);
  EXPECT_EQ(TimeOfId("01fwhe4ydgfk1shh6w1g60eecf"), kInstant);
}

TEST(IdTime, FollowsTheId) {
  EXPECT_EQ(TimeOfId("00000000-0000-7000-8000-000000000000"), 0U);
  EXPECT_EQ(TimeOfId("00000000-03e7-7000-8000-000000000000"), 0U) << "999 ms";
  EXPECT_EQ(TimeOfId("00000000-03e8-7000-8000-000000000000"), 1U) << "1000 ms";
  EXPECT_EQ(TimeOfId("ffffffff-ffff-7000-8000-000000000000"),
            static_cast<std::uint32_t>(((std::uint64_t{1} << 48) - 1) / 1000))
      << "beyond 32 bits";
}

TEST(IdTime, IsNotInOtherIds) {
  for (const char* id : {
           "",
           "a",
           "order-17",
           "e691c385-95b9-4cf2-96bd-07face85cb04",   // version 4
           "017f22e2-79b0-5cc3-98c4-dc0c0c07398f",   // version 5
           "017f22e279b07cc398c4dc0c0c07398f",       // another form
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398",    // too short
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",  // too long
           "017f22g2-79b0-7cc3-98c4-dc0c0c07398f",   // no digit in the time
           "017f22e2-79b\xff-7cc3-98c4-dc0c0c07398f",
           "017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
           "017f22e2-79b0_7cc3-98c4-dc0c0c07398f",
           "017f22e2-79b0-7cc3_98c4-dc0c0c07398f",
           "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
           "01FWHE4YDIFK1SHH6W1G60EECF",  // I is no digit
           "01FWHE4YD-FK1SHH6W1G60EECF",
       }) {
    EXPECT_EQ(TimeOfId(id), std::nullopt) << id;
  }
}

}  // namespace
}  // namespace productgraph::core
