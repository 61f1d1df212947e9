#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/traffic/calendar.hpp"
#include "bench/traffic/random.hpp"
#include "bench/traffic/stream.hpp"

namespace productgraph::bench {
namespace {

const std::int64_t kSomeDay = *ParseDay("2026-05-31");

TrafficOptions OneDay(std::uint64_t seed, std::uint32_t users) {
  TrafficOptions options;
  options.seed = seed;
  options.users = users;
  options.begin = kSomeDay;
  options.end = kSomeDay + kDay;
  return options;
}

std::vector<std::string> Lines(const TrafficOptions& options) {
  TrafficStream stream(options);
  std::vector<std::string> lines;
  EventType type;
  for (std::string line; stream.Next(&line, &type); line.clear()) lines.push_back(line);
  return lines;
}

std::string Digest(const std::vector<std::string>& lines) {
  std::uint64_t digest = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const std::string& line : lines) {
    for (const unsigned char c : line) digest = (digest ^ c) * 0x100000001b3ULL;
  }
  return std::to_string(lines.size()) + ":" + std::to_string(digest);
}

std::string Member(const rapidjson::Document& event, const char* name) {
  return event.HasMember(name) && event[name].IsString() ? event[name].GetString() : "";
}

TEST(TrafficModel, SameSeedSameBytes) {
  EXPECT_EQ(Lines(OneDay(7, 50)), Lines(OneDay(7, 50)));
}

TEST(TrafficModel, AnotherSeedOtherVisits) {
  EXPECT_NE(Lines(OneDay(7, 50)), Lines(OneDay(8, 50)));
}

// Guards against a change of compiler or library changing the traffic. A deliberate change of the model
// changes this number; then write the new one here.
TEST(TrafficModel, KnownDigest) {
  EXPECT_EQ(Digest(Lines(OneDay(1, 20))), "787:13239958078669088081");
}

TEST(TrafficModel, OverlappingWindowsHaveTheSameEvents) {
  TrafficOptions later = OneDay(3, 200);
  later.begin += 6 * kHour;
  later.end += 6 * kHour;
  const auto day = Lines(OneDay(3, 200)), shifted = Lines(later);
  const std::set<std::string> known(day.begin(), day.end());
  std::map<std::string, std::string> by_id;
  std::size_t shared = 0;
  for (const auto* lines : {&day, &shifted}) {
    for (const std::string& line : *lines) {
      const std::string id = line.substr(0, 60);  // event_id comes first
      EXPECT_EQ(by_id.try_emplace(id, line).first->second, line);
    }
  }
  for (const std::string& line : shifted) shared += known.count(line);
  EXPECT_GT(shared, shifted.size() / 2);
  EXPECT_LT(shared, shifted.size());
}

TEST(TrafficModel, EveryEventIsCompleteJsonOfTheProject) {
  std::size_t count = 0;
  for (const std::string& line : Lines(OneDay(1, 300))) {
    rapidjson::Document event;
    ASSERT_FALSE(event.Parse<rapidjson::kParseValidateEncodingFlag>(line.c_str()).HasParseError()) << line;
    for (const char* name : {"event_id", "project_id", "session.id", "event.type", "event.timestamp"}) {
      ASSERT_NE(Member(event, name), "") << name << " in " << line;
    }
    EXPECT_EQ(Member(event, "project_id"), "proj_demo");
    EXPECT_TRUE(event["metadata"].IsObject());
    std::set<std::string> names;
    for (const auto& member : event.GetObject())
      EXPECT_TRUE(names.insert(member.name.GetString()).second) << line;
    ++count;
  }
  EXPECT_GT(count, 3000u);
}

// The first 48 bits of a UUID of version 7 are milliseconds since 1970.
TEST(TrafficModel, IdsBeginWithTheTimeUnlessRandom) {
  TrafficOptions options = OneDay(1, 100);
  for (const EventIds ids : {EventIds::kTimed, EventIds::kRandom}) {
    options.ids = ids;
    for (const std::string& line : Lines(options)) {
      rapidjson::Document event;
      event.Parse(line.c_str());
      const std::string id = Member(event, "event_id");
      ASSERT_EQ(id.size(), 36U) << id;
      ASSERT_EQ(id[14], ids == EventIds::kTimed ? '7' : '4') << id;
      if (ids == EventIds::kRandom) continue;
      const std::int64_t time = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
      std::string text;
      AppendInstant(time, &text);
      ASSERT_EQ(text, Member(event, "event.timestamp")) << id;
    }
  }
}

TEST(TrafficModel, NothingArrivesAfterTheBound) {
  TrafficOptions options = OneDay(1, 300);
  options.arrivals_end = options.end;
  TrafficStream stream(options);
  std::string line;
  EventType type;
  std::int64_t before = options.begin;
  while (stream.Next(&line, &type)) {
    EXPECT_GE(stream.now(), before);
    before = stream.now();
    line.clear();
  }
  EXPECT_LT(before, options.end);
  EXPECT_GT(before, options.end - kHour);
  EXPECT_FALSE(stream.Next(&line, &type));
  EXPECT_EQ(line, "");
}

// The journey loses visitors at every step, and so do the pages that the demo's funnel is made of.
TEST(TrafficModel, CheckoutNarrows) {
  std::map<std::string, std::set<std::string>> sessions;  // by step or page
  for (const std::string& line : Lines(OneDay(1, 1000))) {
    rapidjson::Document event;
    event.Parse(line.c_str());
    const std::string type = Member(event, "event.type"), session = Member(event, "session.id");
    if (type == "page.view") sessions[Member(event, "page.path")].insert(session);
    if (type == "journey.step") sessions[Member(event, "gen_ai.journey.step.id")].insert(session);
    if (type == "journey.conversion") sessions[type].insert(session);
  }
  const std::vector<std::vector<std::string>> chains = {
      {"product", "cart", "checkout", "payment", "confirmation"},
      {"/products", "/cart", "/checkout", "/checkout/payment", "/checkout/confirmation"}};
  for (const auto& chain : chains) {
    for (std::size_t i = 1; i < chain.size(); ++i) {
      EXPECT_LT(sessions[chain[i]].size(), sessions[chain[i - 1]].size()) << chain[i];
      EXPECT_GT(sessions[chain[i]].size(), sessions[chain[i - 1]].size() / 5) << chain[i];
    }
  }
  EXPECT_EQ(sessions["journey.conversion"], sessions["confirmation"]);
}

TEST(TrafficModel, SomeEventsAreSentTwiceAndSomeLate) {
  std::set<std::string> seen;
  std::size_t again = 0, late = 0;
  std::string latest;
  for (const std::string& line : Lines(OneDay(1, 1000))) {
    rapidjson::Document event;
    event.Parse(line.c_str());
    if (!seen.insert(Member(event, "event_id")).second) ++again;
    const std::string time = Member(event, "event.timestamp");
    if (time < latest) ++late;
    latest = std::max(latest, time);
  }
  EXPECT_GT(again, seen.size() / 1000);
  EXPECT_LT(again, seen.size() / 100);
  EXPECT_GT(late, again);
}

TEST(Random, StaysInBounds) {
  Random random(42);
  for (int i = 0; i < 10000; ++i) {
    EXPECT_LT(random.Below(7), 7u);
    const auto between = random.Between(-3, 3);
    EXPECT_TRUE(between >= -3 && between <= 3);
    const auto tailed = random.Tailed(10, 1000);
    EXPECT_TRUE(tailed >= 10 && tailed < 1000);
    constexpr std::uint16_t kWeights[] = {1, 0, 3};
    EXPECT_NE(random.Weighted(kWeights), 1u);
  }
}

TEST(Calendar, ReadsAndWritesInstants) {
  std::string text;
  AppendInstant(*ParseInstant("2028-02-29T23:59:58Z") + 7, &text);
  EXPECT_EQ(text, "2028-02-29T23:59:58.007Z");
  EXPECT_EQ(ParseDay("1970-01-02"), kDay);
  EXPECT_EQ(ParseInstant("1970-01-01T01:30Z"), 90 * kMinute);
  for (const char* wrong :
       {"", "2026-5-31", "2026-02-30", "2026-13-01", "2026-01-01T24:00Z", "2026-01-01T10:00",
        "2026-01-01T10:00:00+02:00", "2026-01-01T10-00-00Z", "2026-01-01 10:00Z"}) {
    EXPECT_FALSE(ParseInstant(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace productgraph::bench
