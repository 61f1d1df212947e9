// client_bench: what the client costs. Sends to the sidecar at PRODUCTGRAPH_URL with PRODUCTGRAPH_API_KEY,
// when they are set, else measures what needs none.

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "productgraph/client.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using productgraph::Client;
using productgraph::Config;
using productgraph::Event;

constexpr char kNowhere[] = "http://127.0.0.1:9";  // refuses connections

// As a service would track it: 12 fields with those that the client adds.
Event SampleEvent(int number) {
  Event event("api.response");
  event.Set("api.method", "POST").Set("api.path", "/inventory/reserve").Set("api.status_code", 200);
  event.Set("api.duration_ms", 12.75).Metadata("items", number).Metadata("warehouse", "north");
  return event;
}

productgraph::Correlation SampleCorrelation(int number) {
  return {"sess-lx2k9a-" + std::to_string(number / 20), "0197c0de-1111-7abc-8def-000000000001",
          "user-" + std::to_string(number / 20)};
}

void Print(const char* what, double value, const char* unit) {
  std::printf("%-58s %12.*f %s\n", what, value < 100 ? 2 : 0, value, unit);
}

double Quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

double Micros(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Config Unsent() {
  Config config;
  config.project_id = "proj_demo";
  config.endpoint = kNowhere;
  config.batch_interval = 1h;
  config.retry_base = config.retry_max = 1h;
  config.close_timeout = 0ms;
  return config;
}

std::vector<double> TimeTracking(Client* client, int count) {
  std::vector<double> micros;
  micros.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const auto correlation = SampleCorrelation(i);
    const auto started = Clock::now();
    client->Track(SampleEvent(i), correlation);
    micros.push_back(Micros(Clock::now() - started));
  }
  return micros;
}

// The time of making an event and tracking it, with a full queue that drops the oldest.
void MeasureTrack(int threads) {
  constexpr int kEvents = 200'000;
  Client client(Unsent());
  TimeTracking(&client, 5000);
  std::vector<std::vector<double>> of_threads(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (auto& micros : of_threads) {
    running.emplace_back([&] { micros = TimeTracking(&client, kEvents / threads); });
  }
  std::vector<double> micros;
  for (std::size_t i = 0; i < running.size(); ++i) {
    running[i].join();
    micros.insert(micros.end(), of_threads[i].begin(), of_threads[i].end());
  }
  const std::string who = "Track(), " + std::to_string(threads) + (threads == 1 ? " thread, " : " threads, ");
  Print((who + "median").c_str(), Quantile(micros, 0.5), "us");
  Print((who + "99 of 100 below").c_str(), Quantile(micros, 0.99), "us");
}

void MeasureMemory() {
  constexpr int kEvents = 50'000;
  Config config = Unsent();
  config.max_queue = kEvents;
  Client client(config);
  TimeTracking(&client, 100);
  std::this_thread::sleep_for(100ms);
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < kEvents - 200; ++i) client.Track(SampleEvent(i), SampleCorrelation(i));
  Print("memory of a queued event", static_cast<double>(mallinfo2().uordblks - before) / (kEvents - 200),
        "bytes");
}

Config Sent(const char* url) {
  Config config;
  config.project_id = "proj_demo";
  config.endpoint = url;
  if (const char* const key = std::getenv("PRODUCTGRAPH_API_KEY")) config.api_key = key;
  config.on_error = [](const productgraph::Problem& problem) {
    std::fprintf(stderr, "%s\n", problem.message.c_str());
  };
  return config;
}

void MeasureFlush(const char* url) {
  Config config = Sent(url);
  config.batch_size = 1000;
  Client client(config);
  std::vector<double> millis;
  for (int round = 0; round < 220; ++round) {
    for (int i = 0; i < 50; ++i) client.Track(SampleEvent(i), SampleCorrelation(i));
    const auto started = Clock::now();
    if (!client.Flush()) std::exit(1);
    if (round >= 20) millis.push_back(Micros(Clock::now() - started) / 1000);
  }
  Print("Flush() of 50 events to the sidecar, median", Quantile(millis, 0.5), "ms");
  Print("Flush() of 50 events to the sidecar, 95 of 100 below", Quantile(millis, 0.95), "ms");
}

// As fast as answers come, waiting when the queue is half full.
void MeasureThroughput(const char* url, std::size_t batch_size) {
  constexpr int kSeconds = 5;
  Config config = Sent(url);
  config.batch_size = batch_size;
  config.max_queue = 20'000;
  Client client(config);
  const auto started = Clock::now();
  for (int i = 0; Clock::now() - started < std::chrono::seconds(kSeconds); ++i) {
    client.Track(SampleEvent(i), SampleCorrelation(i));
    while (i % 500 == 0 && client.stats().queued > 10'000) std::this_thread::sleep_for(1ms);
  }
  client.Flush(60s);
  const double seconds = Micros(Clock::now() - started) / 1e6;
  const productgraph::Stats stats = client.stats();
  if (stats.sent != stats.tracked) std::exit(1);
  const std::string what = "stored, in batches of " + std::to_string(batch_size);
  Print(what.c_str(), static_cast<double>(stats.sent) / seconds, "events/s");
}

}  // namespace

int main() {
  MeasureTrack(1);
  MeasureTrack(4);
  MeasureMemory();
  if (const char* const url = std::getenv("PRODUCTGRAPH_URL")) {
    MeasureFlush(url);
    MeasureThroughput(url, 50);
    MeasureThroughput(url, 1000);
  }
}
