// Keeps the number of generations of a week small.
#pragma once

#include "src/pg/segment_store.hpp"

namespace productgraph::pg {

// Merges generations of a week into one, the number of which is above `generation`, the last there was, when
// those that came after one have at least half as many events as it. Thus each of n generations has more than
// three times the events of the next but one at the least, and an event is written again a few times in all.
// Splits segments to the shards given. Returns how many segments were merged. Between EnterStore and
// LeaveStore only, with the organization entered.
int64 CompactWeek(const ProjectWeek& of, int shard_bits, int64 generation);

}  // namespace productgraph::pg
