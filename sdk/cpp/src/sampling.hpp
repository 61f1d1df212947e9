// Which sessions are tracked.
#pragma once

#include <string_view>

namespace productgraph {

// Whether a session belongs to the part `rate` (0 to 1) of all sessions. Every SDK decides the same, so that
// a session is seen by all services or by none.
bool IsInSample(std::string_view session_id, double rate);

}  // namespace productgraph
