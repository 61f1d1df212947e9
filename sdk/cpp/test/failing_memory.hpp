// Lets allocations fail in tests.
#pragma once

namespace productgraph {

// How many allocations of this thread succeed before one fails, which leaves -1; negative: none fails.
extern thread_local int allocations_left;

}  // namespace productgraph
