#include "delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <stdexcept>

#include "fake_transport.hpp"

namespace productgraph {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Answer kStored{202, "", 0ms, ""};
const Answer kNoAnswer{0, "", 0ms, "cut"};

Config Quick() {
  Config config;
  config.batch_interval = 60s;
  config.retry_base = 1ms;
  config.retry_max = 5ms;
  return config;
}

class DeliveryTest : public testing::Test {
 protected:
  void Start(const Config& config) { delivery_.emplace(config, std::make_unique<FakeTransport>(&server_)); }

  void Add(const char* json) { delivery_->Add(json); }

  Stats CheckedStats() {
    const Stats stats = delivery_->stats();
    EXPECT_EQ(stats.tracked, stats.sent + stats.rejected + stats.dropped + stats.discarded + stats.queued);
    return stats;
  }

  FakeServer server_;
  std::optional<Delivery> delivery_;
};

TEST_F(DeliveryTest, SendsFullBatchesAndTheRestWithClose) {
  Config config = Quick();
  config.batch_size = 2;
  Start(config);
  for (const char* json : {"1", "2", "3"}) Add(json);
  server_.AwaitRequests(1);
  EXPECT_TRUE(delivery_->Close(5s));
  EXPECT_EQ(server_.Bodies(), (std::vector<std::string>{R"({"events":[1,2]})", R"({"events":[3]})"}));
  EXPECT_EQ(CheckedStats().sent, 3u);
}

TEST_F(DeliveryTest, FlushSaysWhetherItWasInTime) {
  std::atomic<bool> is_up{false};
  server_.answer = [&](int, const std::string&) { return is_up ? kStored : kNoAnswer; };
  Start(Quick());
  EXPECT_TRUE(delivery_->Flush(0ms)) << "nothing to do";
  Add("1");
  EXPECT_FALSE(delivery_->Flush(20ms));
  EXPECT_EQ(CheckedStats().queued, 1u);
  is_up = true;
  EXPECT_TRUE(delivery_->Flush(5s));
  EXPECT_EQ(CheckedStats().queued, 0u);
}

TEST_F(DeliveryTest, CloseEndsARequestThatHangs) {
  server_.answer = [&](int, const std::string&) {
    server_.AwaitAbort();
    return kNoAnswer;
  };
  Start(Quick());
  Add("1");
  const auto started = Clock::now();
  EXPECT_FALSE(delivery_->Close(50ms));
  EXPECT_LT(Clock::now() - started, 5s);
  EXPECT_EQ(CheckedStats().dropped, 1u);
}

TEST_F(DeliveryTest, CloseDoesNotWaitForAPauseThatOutlastsIt) {
  server_.answer = [](int, const std::string&) { return Answer{503, "", 3600s, ""}; };
  Start(Quick());
  Add("1");
  const auto started = Clock::now();
  EXPECT_FALSE(delivery_->Close(60s));
  EXPECT_LT(Clock::now() - started, 20s);
  EXPECT_EQ(server_.Bodies().size(), 1u) << "Retry-After counts when closing, too";
}

TEST_F(DeliveryTest, CloseTriesOnceMoreBeforeAPauseIsOver) {
  Config config = Quick();
  config.retry_base = config.retry_max = 3600s;
  server_.answer = [](int number, const std::string&) { return number == 0 ? kNoAnswer : kStored; };
  Start(config);
  Add("1");
  delivery_->Flush(0ms);
  while (delivery_->stats().retries == 0) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(delivery_->Close(5s));
  EXPECT_EQ(CheckedStats().sent, 1u);
}

TEST_F(DeliveryTest, ConsentThatEndsDuringARequestEndsItsRetries) {
  server_.answer = [&](int, const std::string&) {
    delivery_->SetConsent(false);
    return kNoAnswer;
  };
  Start(Quick());
  Add("1");
  EXPECT_TRUE(delivery_->Flush(5s));
  EXPECT_TRUE(delivery_->Close(5s));
  EXPECT_EQ(server_.Bodies().size(), 1u);
  EXPECT_EQ(CheckedStats().discarded, 1u);
}

TEST_F(DeliveryTest, APauseThatWasAskedForOutlivesConsent) {
  server_.answer = [&](int, const std::string&) {
    delivery_->SetConsent(false);
    return Answer{429, "", 3600s, ""};
  };
  Start(Quick());
  Add("1");
  EXPECT_TRUE(delivery_->Flush(5s));
  delivery_->SetConsent(true);
  Add("2");
  EXPECT_FALSE(delivery_->Flush(50ms));
  EXPECT_EQ(server_.Bodies().size(), 1u);
}

TEST_F(DeliveryTest, CallbacksMayTrackAndThrowButNotWait) {
  Config config = Quick();
  config.batch_size = 1;
  std::vector<std::string> codes;
  std::atomic<bool> has_waited{false};
  config.on_error = [&](const Problem& problem) {
    codes.push_back(problem.code);
    Add("from the callback");
    has_waited = delivery_->Flush(10s) || delivery_->Close(10s);
    throw std::runtime_error("the application's own");
  };
  server_.answer = [](int number, const std::string&) {
    return number == 0 ? Answer{400, "", 0ms, ""} : kStored;
  };
  Start(config);
  Add("1");
  server_.AwaitRequests(2);
  EXPECT_TRUE(delivery_->Close(5s));
  EXPECT_EQ(codes, std::vector<std::string>{"rejected"});
  EXPECT_FALSE(has_waited);
  EXPECT_EQ(CheckedStats().sent, 1u);
}

TEST_F(DeliveryTest, TellsOfEachEventThatTheServerRejects) {
  Config config = Quick();
  std::vector<Problem> problems;
  config.on_error = [&](const Problem& problem) { problems.push_back(problem); };
  server_.answer = [](int, const std::string&) {
    return Answer{202,
                  R"({"accepted":1,"rejected":1,"errors":[{"index":0,"event_id":"e-1","code":"required",)"
                  R"("error":"session.id: required"}]})",
                  0ms, ""};
  };
  Start(config);
  for (const char* json : {"1", "2"}) Add(json);
  EXPECT_TRUE(delivery_->Close(5s));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code, "required");
  EXPECT_EQ(problems[0].event_id, "e-1");
  EXPECT_EQ(problems[0].message, "session.id: required");
  EXPECT_EQ(CheckedStats().sent, 1u);
  EXPECT_EQ(CheckedStats().rejected, 1u);
}

// Odd answers of what may be no ProductGraph at all.
TEST_F(DeliveryTest, CountsWhateverIsAnswered) {
  const std::vector<Answer> answers = {{202, R"({"rejected":99})", 0ms, ""},
                                       {202, R"({"rejected":-1,"errors":7})", 0ms, ""},
                                       {202, R"({"errors":[1,null,{}]})", 0ms, ""},
                                       {202, std::string(10'000, '['), 0ms, ""},
                                       {204, "", 0ms, ""},
                                       {302, "", 0ms, ""},
                                       {404, R"({"error":"text"})", 0ms, ""},
                                       {400, R"({"error":{"message":7}})", 0ms, ""},
                                       {413, "", 0ms, ""}};
  server_.answer = [&](int number, const std::string&) { return answers[static_cast<std::size_t>(number)]; };
  Start(Quick());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Add("1");
    EXPECT_TRUE(delivery_->Flush(5s)) << i;
  }
  const Stats stats = CheckedStats();
  EXPECT_EQ(stats.sent, 4u);
  EXPECT_EQ(stats.rejected, 5u);
}

TEST_F(DeliveryTest, LosesAndDoublesNothingUnderManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEvents = 2000;
  Config config = Quick();
  config.max_queue = kThreads * kEvents;
  std::vector<std::string> stored;
  server_.answer = [&](int number, const std::string& body) {
    if (number % 7 == 3) return kNoAnswer;
    if (number % 7 == 5 && body.find(',') != std::string::npos) return Answer{413, "", 0ms, ""};
    const std::string list = body.substr(11, body.size() - 13);
    for (std::size_t at = 0; at < list.size();) {
      const std::size_t end = std::min(list.find(',', at), list.size());
      stored.push_back(list.substr(at, end - at));
      at = end + 1;
    }
    return kStored;
  };
  Start(config);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEvents; ++i) {
        delivery_->Add(std::to_string(t * kEvents + i));
        if (i % 500 == 0) delivery_->Flush(1ms);
        if (i % 100 == 0) delivery_->stats();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(delivery_->Flush(30s));
  EXPECT_TRUE(delivery_->Close(5s));
  EXPECT_EQ(CheckedStats().sent, std::uint64_t{kThreads * kEvents});
  std::sort(stored.begin(), stored.end());
  EXPECT_EQ(stored.size(), std::size_t{kThreads * kEvents});
  EXPECT_EQ(std::unique(stored.begin(), stored.end()), stored.end());
}

TEST_F(DeliveryTest, ClosesWhileOthersTrackAndClose) {
  Start(Quick());
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!stop) Add("1");
    });
  }
  server_.AwaitRequests(2);
  std::thread other([&] { delivery_->Close(5s); });
  delivery_->Close(5s);
  other.join();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(CheckedStats().queued, 0u);
}

}  // namespace
}  // namespace productgraph
