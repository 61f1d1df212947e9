#pragma once

#include <vector>

#include "bench/traffic/event.hpp"
#include "bench/traffic/random.hpp"

namespace productgraph::bench {

// Turns what a browser recorded into what reaches the server, sorted by arrival: some phones are offline for
// a while and deliver late, and now and then an answer is lost, so that an event is sent a second time.
void Deliver(bool is_mobile, Random* random, std::vector<Event>* events);

}  // namespace productgraph::bench
