// killed_sender EVENTS: sends events without a pause until it is killed, and prints the event id of each that
// was answered 202. Configured by the environment.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "productgraph/client.hpp"

int main(int argc, char** argv) {
  const int batches = argc > 1 ? std::atoi(argv[1]) : 0;
  productgraph::Config config = productgraph::ConfigFromEnvironment();
  std::vector<std::string> ids;
  config.redact = [&](productgraph::Event& event) {
    ids.push_back(*event.Find("event_id")->text());
    return true;
  };
  productgraph::Client client(config);
  for (int i = 0; i < batches; ++i) {
    for (int k = 0; k < 20; ++k)
      client.Track(productgraph::Event::Custom("killed sender").Session("sess-killed"));
    if (!client.Flush() || client.stats().rejected + client.stats().dropped > 0) return 1;
    for (const std::string& id : ids) std::printf("%s\n", id.c_str());
    std::fflush(stdout);
    ids.clear();
  }
}
