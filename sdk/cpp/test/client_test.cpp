#include "productgraph/client.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "failing_memory.hpp"

namespace productgraph {
namespace {

using namespace std::chrono_literals;

// A client whose events are caught before they are queued; nothing listens where it sends to.
class ClientTest : public testing::Test {
 protected:
  Config Catching() {
    Config config;
    config.project_id = "proj_demo";
    config.endpoint = "http://127.0.0.1:9";
    config.close_timeout = 0ms;
    config.redact = [this](Event& event) {
      caught_.push_back(event);
      return false;
    };
    return config;
  }

  std::string Text(std::string_view field) {
    const Value* const value = caught_.at(0).Find(field);
    return value != nullptr && value->text() != nullptr ? *value->text() : "";
  }
  std::int64_t Integer(std::string_view field) {
    return std::get<std::int64_t>(caught_.at(0).Find(field)->variant());
  }

  std::vector<Event> caught_;
};

TEST_F(ClientTest, CompletesEvents) {
  Config config = Catching();
  config.attributes = {{"service.name", "inventory"}, {"page.path", "/"}};
  config.clock = [] { return std::chrono::system_clock::time_point(1'705'314'600'123ms); };
  Client client(config);
  const CorrelationScope scope({"s-1", "r-1", "u-1"});
  client.Track(Event::PageView("/cart"));
  EXPECT_EQ(Text("project_id"), "proj_demo");
  EXPECT_EQ(Text("service.name"), "inventory");
  EXPECT_EQ(Text("page.path"), "/cart");
  EXPECT_EQ(Text("session.id"), "s-1");
  EXPECT_EQ(Text("request.id"), "r-1");
  EXPECT_EQ(Text("user.id"), "u-1");
  EXPECT_EQ(Text("event.timestamp"), "2024-01-15T10:30:00.123000Z");
  EXPECT_EQ(Text("event_id").substr(0, 13), "018d0cab-c4bb");
}

TEST_F(ClientTest, KeepsWhatEventsSayThemselves) {
  Client client(Catching());
  Event event = Event::PageView("/cart");
  event.Session("own").User("me").Set("event_id", "order-17").At(std::chrono::system_clock::time_point());
  client.Track(event, {"s-1", "r-1", "u-1"});
  EXPECT_EQ(Text("session.id"), "own");
  EXPECT_EQ(Text("user.id"), "me");
  EXPECT_EQ(Text("event_id"), "order-17");
  EXPECT_EQ(Text("event.timestamp"), "1970-01-01T00:00:00.000000Z");
}

TEST_F(ClientTest, GivesEventsWithoutSessionTheOneOfTheClient) {
  Client client(Catching());
  client.Track(Event::Custom("a nightly job"));
  EXPECT_EQ(Text("session.id").substr(0, 7), "server-");
  Config config = Catching();
  config.session_id = "jobs";
  caught_.clear();
  Client(config).Track(Event::Custom("a nightly job"));
  EXPECT_EQ(Text("session.id"), "jobs");
}

TEST_F(ClientTest, ApiCallsAreTimed) {
  Client client(Catching());
  {
    ApiCall call(client, "POST", "/inventory/reserve", {"s-1", "r-1", ""});
    call.SetStatus(201);
    call.Annotate("items", 3);
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(Text("event.type"), "api.response");
  EXPECT_EQ(Text("api.method"), "POST");
  EXPECT_EQ(Text("api.path"), "/inventory/reserve");
  EXPECT_EQ(Text("session.id"), "s-1");
  EXPECT_EQ(Integer("api.status_code"), 201);
  EXPECT_GE(std::get<double>(caught_[0].Find("api.duration_ms")->variant()), 5);
}

TEST_F(ClientTest, ApiCallsWithoutStatusSucceededUnlessAnExceptionPasses) {
  Client client(Catching());
  { const ApiCall call(client, "GET", "/a"); }
  EXPECT_EQ(Integer("api.status_code"), 200);
  caught_.clear();
  try {
    const ApiCall call(client, "GET", "/b");
    throw std::runtime_error("the handler's");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(Integer("api.status_code"), 500);
}

TEST_F(ClientTest, ReportsThatItCannotWork) {
  for (const char* endpoint : {"localhost:8080", "ftp://x", "http://"}) {
    Config config = Catching();
    config.redact = nullptr;
    config.endpoint = endpoint;
    std::atomic<int> reports{0};
    config.on_error = [&](const Problem&) { ++reports; };
    Client client(config);
    client.Track(Event::PageView("/"));
    client.Close(2s);
    EXPECT_GE(reports, 1) << endpoint;
    EXPECT_EQ(client.stats().dropped, 1u) << endpoint;
  }
}

TEST_F(ClientTest, RefusesKeysThatWouldAddHeaders) {
  Config config = Catching();
  config.api_key = "pgk_1\r\nX-Evil: 1";
  std::string code;
  config.on_error = [&](const Problem& problem) { code = problem.code; };
  Client client(config);
  EXPECT_EQ(code, "disabled");
}

TEST_F(ClientTest, CallbacksThatThrowAreHarmlessEverywhere) {
  Config config = Catching();
  config.endpoint = "nonsense";
  config.on_error = [](const Problem&) { throw std::runtime_error("the application's"); };
  Client client(config);
  client.Track(Event::PageView("/"));
  client.SetConsent(false);
  EXPECT_TRUE(client.Flush());
  EXPECT_TRUE(client.Close());
}

// The first allocation of a call fails, then the second, and so on until all succeed.
TEST_F(ClientTest, SurvivesLackOfMemory) {
  Config config = Catching();
  config.redact = nullptr;
  config.on_error = [](const Problem&) {};
  config.batch_interval = 60s;
  Client client(config);
  std::uint64_t failed = 0;
  for (int fail_at = 0;; ++fail_at) {
    Event event = Event::Custom("password=hunter2");
    event.Session("a session that does not fit into a small string").Metadata("list", Value::Array{1, "two"});
    allocations_left = fail_at;
    client.Track(std::move(event));
    const bool has_failed = allocations_left < 0;
    allocations_left = -1;
    const Stats stats = client.stats();
    ASSERT_EQ(stats.tracked, static_cast<std::uint64_t>(fail_at) + 1);
    ASSERT_EQ(stats.tracked, stats.queued + stats.dropped);
    if (!has_failed) break;
    failed = stats.dropped;
  }
  EXPECT_GE(failed, 5u);
  client.Close(0ms);
}

pthread_t signalled_thread;

// Signals are the application's: the client's thread takes none.
TEST_F(ClientTest, TakesNoSignals) {
  Config config = Catching();
  Client client(config);
  struct sigaction action {};
  action.sa_handler = [](int) { signalled_thread = pthread_self(); };
  sigaction(SIGUSR1, &action, nullptr);
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  signalled_thread = {};
  pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
  kill(getpid(), SIGUSR1);
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(signalled_thread, pthread_t{}) << "taken by another thread";
  pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
  EXPECT_EQ(signalled_thread, pthread_self());
}

class EnvironmentTest : public testing::Test {
 protected:
  ~EnvironmentTest() override {
    for (const char* name :
         {"ENABLED", "PROJECT_ID", "ENDPOINT", "API_KEY", "BATCH_SIZE", "BATCH_INTERVAL"}) {
      unsetenv((std::string("PRODUCTGRAPH_") + name).c_str());
    }
  }
  static void Set(const char* name, const char* value) {
    setenv((std::string("PRODUCTGRAPH_") + name).c_str(), value, 1);
  }
};

TEST_F(EnvironmentTest, GivesSettings) {
  EXPECT_FALSE(ConfigFromEnvironment().enabled);
  Set("ENABLED", "true");
  Set("PROJECT_ID", "p");
  Set("ENDPOINT", "https://events.example");
  Set("API_KEY", "k");
  Set("BATCH_SIZE", "7");
  Set("BATCH_INTERVAL", "250ms");
  const Config config = ConfigFromEnvironment();
  EXPECT_TRUE(config.enabled);
  EXPECT_EQ(config.project_id, "p");
  EXPECT_EQ(config.endpoint, "https://events.example");
  EXPECT_EQ(config.api_key, "k");
  EXPECT_EQ(config.batch_size, 7u);
  EXPECT_EQ(config.batch_interval, 250ms);
}

TEST_F(EnvironmentTest, ReadsIntervals) {
  const std::pair<const char*, std::chrono::milliseconds> intervals[] = {
      {"3", 3s},      {"3s", 3s}, {"2m", 2min},
      {"10ms", 10ms}, {"", 5s},   {"0", 5s},
      {"-1", 5s},     {"5x", 5s}, {"99999999999999999999s", 5s}};
  for (const auto& [text, interval] : intervals) {
    Set("BATCH_INTERVAL", text);
    EXPECT_EQ(ConfigFromEnvironment().batch_interval, interval) << text;
  }
  Set("BATCH_SIZE", "many");
  EXPECT_EQ(ConfigFromEnvironment().batch_size, 50u);
}

}  // namespace
}  // namespace productgraph
