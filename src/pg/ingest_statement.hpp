// The one SQL statement that stores events.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Takes the events of one organization from the named tuplestore `relation` (ordinal, key, org_id,
// received_at, the columns of kFields, attributes) and returns the ordinals of those that were new. Allocated
// in `context`.
const char* MakeStoreStatement(const char* relation, MemoryContext context);

}  // namespace productgraph::pg
