#pragma once

#include <cstdint>
#include <vector>

#include "bench/traffic/event.hpp"
#include "bench/traffic/random.hpp"
#include "bench/traffic/visitor.hpp"

namespace productgraph::bench {

// What one visit to the shop sends, in order of time: landing, looking around, and for some the checkout
// journey product, cart, checkout, payment, confirmation with the drop-off of a real shop.
void RecordVisit(const Visitor& visitor, std::int64_t start, Random* random, std::vector<Event>* events);

}  // namespace productgraph::bench
