#include "src/core/event_key.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace productgraph::core {
namespace {

constexpr const char* kTimed = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
constexpr const char* kRandom = "e691c385-95b9-4cf2-96bd-07face85cb04";

std::string Hex(const EventKey& key) {
  std::string hex;
  for (const std::uint8_t byte : key) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

// Stored keys must be found again by a later library.
TEST(EventKey, StaysWhatItIs) {
  EXPECT_EQ(Hex(MakeEventKey("shop", kTimed)), "621537eeda38ec64a4fd9fd5f49cbf01");
  EXPECT_EQ(Hex(MakeEventKey("shop", kRandom)), "910a9e5259b2f8a612ae4cc75a1217e0");
  EXPECT_EQ(Hex(MakeEventKey("shop", "a")), "352f38b7b5478b3f973bf312b912ea21");
}

TEST(EventKey, BeginsWithTheSecondsOfTheId) {
  EXPECT_EQ(Hex(MakeEventKey("shop", kTimed)).substr(0, 8), "621537ee");
  const auto key = [](const char* id) { return MakeEventKey("shop", id); };
  EXPECT_LT(key("017f22e2-79b0-7fff-bfff-ffffffffffff"), key("017f22e2-8000-7000-8000-000000000000"));
}

TEST(EventKey, TellsProjectsAndIdsApart) {
  std::set<EventKey> keys;
  int made = 0;
  for (const char* project : {"", "a", "shop", "shop2"}) {
    for (const char* id : {"", "a", "shop", kTimed, kRandom,
                           // The same instant and the same random bits, in other letters: other ids.
                           "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-7cc3-98c4-dc0c0c07398e"}) {
      keys.insert(MakeEventKey(project, id));
      ++made;
    }
  }
  EXPECT_EQ(keys.size(), static_cast<std::size_t>(made));
}

// Ids of one second differ in 96 bits: the first 32 of them, alone, seldom agree.
TEST(EventKey, SpreadsIdsOfOneSecond) {
  std::set<std::string> heads;
  for (int i = 0; i < 10000; ++i) {
    std::string id = "017f22e2-79b0-7cc3-98c4-dc0c0c07";
    for (int shift = 12; shift >= 0; shift -= 4) id.push_back("0123456789abcdef"[i >> shift & 15]);
    heads.insert(Hex(MakeEventKey("shop", id)).substr(8, 8));
  }
  EXPECT_GE(heads.size(), 9990U);
}

}  // namespace
}  // namespace productgraph::core
