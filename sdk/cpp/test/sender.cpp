// sender SESSION SECONDS: tracks 20 events, flushes, prints their ids once they were answered for, and so on.
// Configured by the environment, also by SENDER_CA_FILE. Ends with failure when an event is lost.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "productgraph/client.hpp"

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  using Clock = std::chrono::steady_clock;
  if (argc != 3) {
    std::fputs("usage: sender SESSION SECONDS\n", stderr);
    return 2;
  }
  const auto end = Clock::now() + std::chrono::seconds(std::atoi(argv[2]));
  productgraph::Config config = productgraph::ConfigFromEnvironment();
  config.retry_base = 50ms;
  config.retry_max = 500ms;
  if (const char* const ca_file = std::getenv("SENDER_CA_FILE")) config.ca_file = ca_file;
  config.on_error = [](const productgraph::Problem& problem) {
    std::fprintf(stderr, "%s\n", problem.message.c_str());
  };
  std::vector<std::string> ids;
  config.redact = [&](productgraph::Event& event) {
    ids.push_back(*event.Find("event_id")->text());
    return true;
  };
  productgraph::Client client(config);
  while (Clock::now() < end) {
    for (int i = 0; i < 20; ++i) client.Track(productgraph::Event::Custom("sent").Session(argv[1]));
    if (!client.Flush(60s)) return 1;
    for (const std::string& id : ids) std::printf("%s\n", id.c_str());
    std::fflush(stdout);
    ids.clear();
  }
  const productgraph::Stats stats = client.stats();
  return stats.sent == stats.tracked ? 0 : 1;
}
