// Parallel workers for a question at segments.
#pragma once

#include "src/pg/packed_shard.hpp"

namespace productgraph::pg {

// Answers all shards in this process and `workers` others, or as many as there are to be had, and returns the
// question that knows what all of them have found. The parts are copied to shared memory for them.
core::PackedQuestion* AnswerInParallel(const QuestionParts& parts, int workers);

}  // namespace productgraph::pg
