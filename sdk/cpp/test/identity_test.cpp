#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "event_id.hpp"
#include "productgraph/correlation.hpp"
#include "sampling.hpp"

namespace productgraph {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::system_clock::time_point;

TEST(EventIds, AreUuidsOfVersion7WithTheirTime) {
  const std::string id = EventIds().Next(Time(milliseconds(0x0123456789AB)));
  EXPECT_EQ(id.substr(0, 15), "01234567-89ab-7");
  EXPECT_EQ(id[18], '-');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_EQ(id[23], '-');
  EXPECT_EQ(id.size(), 36u);
}

TEST(EventIds, IncreaseWhateverTheClockDoes) {
  EventIds ids;
  std::string last;
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = ids.Next(Time(milliseconds(i % 3 == 0 ? 1'700'000'000'000 + i : -5)));
    ASSERT_LT(last, id);
    last = id;
  }
}

TEST(EventIds, AreUniqueAcrossThreadsAndSources) {
  EventIds shared;
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&] {
      EventIds own;
      for (int i = 0; i < 5000; ++i) {
        ids.push_back(shared.Next(Time(milliseconds(i / 1000))));
        ids.push_back(own.Next(Time(milliseconds(i / 1000))));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), 40'000u);
}

TEST(Sampling, TakesItsPart) {
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) taken += IsInSample("session " + std::to_string(i), 0.25);
  EXPECT_NEAR(taken, 25'000, 500);
  EXPECT_TRUE(IsInSample("any", 1));
  EXPECT_FALSE(IsInSample("any", 0));
  EXPECT_TRUE(IsInSample("", 0.01));
}

TEST(Correlation, ComesFromHeaders) {
  const std::map<std::string, std::string, std::less<>> headers = {
      {"X-Session-ID", "s-1"}, {"X-Request-ID", "r-1"}, {"X-User-ID", "u-1"}};
  const Correlation correlation =
      CorrelationOf([&](std::string_view name) { return headers.find(name)->second; });
  EXPECT_EQ(correlation.session_id, "s-1");
  EXPECT_EQ(correlation.request_id, "r-1");
  EXPECT_EQ(correlation.user_id, "u-1");
  std::map<std::string, std::string, std::less<>> passed_on;
  ForEachHeader(correlation,
                [&](std::string_view name, std::string_view value) { passed_on.emplace(name, value); });
  EXPECT_EQ(passed_on, headers);
}

TEST(Correlation, RefusesWhatIsNoId) {
  const Correlation longest = ReadCorrelation(std::string(255, 's'), std::string(128, 'r'), "u");
  EXPECT_EQ(longest.session_id.size(), 255u);
  EXPECT_EQ(longest.request_id.size(), 128u);
  for (const std::string& bad :
       {std::string(256, 'x'), std::string("a\r\nX-Evil: 1"), std::string("ż"), std::string()}) {
    const Correlation correlation = ReadCorrelation(bad, bad, bad);
    EXPECT_EQ(correlation.session_id, "");
    EXPECT_EQ(correlation.request_id.size(), 36u) << "made when absent";
    EXPECT_EQ(correlation.user_id, "");
  }
}

TEST(CorrelationScope, NestsAndBelongsToItsThread) {
  EXPECT_EQ(CurrentCorrelation().session_id, "");
  {
    const CorrelationScope outer({"outer", "", ""});
    {
      const CorrelationScope inner({"inner", "", ""});
      EXPECT_EQ(CurrentCorrelation().session_id, "inner");
      std::thread([] { EXPECT_EQ(CurrentCorrelation().session_id, ""); }).join();
    }
    EXPECT_EQ(CurrentCorrelation().session_id, "outer");
  }
  EXPECT_EQ(CurrentCorrelation().session_id, "");
}

}  // namespace
}  // namespace productgraph
