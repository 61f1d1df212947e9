#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "log.hpp"
#include "metrics.hpp"
#include "watchdog.hpp"

namespace productgraph::sidecar {
namespace {

bool Has(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

TEST(Metrics, CountsByRouteAndStatus) {
  Metrics metrics;
  metrics.CountRequest(Route::kEvents, 202);
  metrics.CountRequest(Route::kEvents, 202);
  metrics.CountRequest(Route::kOther, 404);
  metrics.CountRequest(Route::kOther, 7);
  const std::string text = metrics.Print("1.2.3");
  EXPECT_TRUE(Has(text, "productgraph_sidecar_requests_total{route=\"/v1/events\",status=\"202\"} 2"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_requests_total{route=\"other\",status=\"404\"} 1"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_build_info{version=\"1.2.3\"} 1"));
}

TEST(Metrics, CodesOfAnswersAreCounted) {
  Metrics metrics;
  metrics.CountCodes(R"({"accepted":1,"rejected":0,"duplicates":0,"errors":[]})");
  metrics.CountCodes(
      R"({"accepted":1,"rejected":3,"duplicates":0,"errors":[{"index":0,"event_id":"\"code\":\"forbidden\"","field":"f","code":"required","error":"\"warnings\":["},)"
      R"({"index":1,"event_id":"code\":\"","field":"f","code":"required","error":"x"},{"index":2,"event_id":"x","field":"f","code":"quite_new","error":"x"}],)"
      R"("warnings":[{"index":3,"event_id":"x","field":"f","code":"redacted","error":"x"}]})");
  const std::string text = metrics.Print("");
  EXPECT_TRUE(Has(text, "productgraph_sidecar_event_errors_total{code=\"required\"} 2"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_event_errors_total{code=\"other\"} 1"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_event_warnings_total{code=\"redacted\"} 1"));
  EXPECT_EQ(text.find("forbidden"), std::string::npos);
  metrics.CountCodes("\"code\":\"");
  metrics.CountCodes("\"code\":\"cut off");
}

TEST(Metrics, HistogramsAreCumulative) {
  Metrics metrics;
  metrics.statement_requests.Observe(1);
  metrics.statement_requests.Observe(3);
  metrics.statement_requests.Observe(1000);
  const std::string text = metrics.Print("");
  EXPECT_TRUE(Has(text, "productgraph_sidecar_statement_requests_bucket{le=\"1\"} 1"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_statement_requests_bucket{le=\"4\"} 2"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_statement_requests_bucket{le=\"+Inf\"} 3"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_statement_requests_sum 1004"));
  EXPECT_TRUE(Has(text, "productgraph_sidecar_statement_requests_count 3"));
}

TEST(Log, OneJsonLineAMessage) {
  ::testing::internal::CaptureStderr();
  SetLogLevel("warning");
  Log(LogLevel::kInfo, "not shown");
  Log(LogLevel::kError, "a \"b\"", {{"n", std::int64_t{3}}, {"s", "x\n"}});
  SetLogLevel("info");
  const std::string line = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(line.find("not shown"), std::string::npos);
  EXPECT_NE(line.find("\"level\":\"error\",\"message\":\"a \\\"b\\\"\",\"n\":3,\"s\":\"x\\u000a\"}\n"),
            std::string::npos);
}

TEST(Watchdog, BitesOnceAndOnlyWhenArmed) {
  boost::asio::io_context io;
  int bites = 0;
  auto dog = std::make_shared<Watchdog>(io.get_executor(), [&] { ++bites; });
  dog->Arm(Clock::now() + std::chrono::hours(1));
  dog->Arm(Clock::now() + std::chrono::milliseconds(5));  // earlier than before
  io.run_for(std::chrono::seconds(5));
  EXPECT_EQ(bites, 1);
  EXPECT_TRUE(dog->Expired());

  io.restart();
  dog->Arm(Clock::now() + std::chrono::milliseconds(5));
  EXPECT_FALSE(dog->Expired());
  dog->Disarm();
  io.run_for(std::chrono::seconds(5));
  EXPECT_EQ(bites, 1);
}

TEST(Watchdog, AMovedDeadlineHolds) {
  boost::asio::io_context io;
  Clock::time_point bitten;
  auto dog = std::make_shared<Watchdog>(io.get_executor(), [&] { bitten = Clock::now(); });
  const auto start = Clock::now();
  dog->Arm(start + std::chrono::milliseconds(5));
  dog->Arm(start + std::chrono::milliseconds(50));
  io.run_for(std::chrono::seconds(5));
  EXPECT_GE(bitten - start, std::chrono::milliseconds(50));
}

TEST(Watchdog, StoppedItRunsNothing) {
  boost::asio::io_context io;
  int bites = 0;
  auto dog = std::make_shared<Watchdog>(io.get_executor(), [&] { ++bites; });
  dog->Arm(Clock::now());
  dog->Stop();
  dog.reset();
  io.run_for(std::chrono::seconds(5));
  EXPECT_EQ(bites, 0);
}

}  // namespace
}  // namespace productgraph::sidecar
