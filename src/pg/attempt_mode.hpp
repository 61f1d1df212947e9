// The argument "mode" of funnel_attempt() and of what else looks for attempts at a funnel.
#pragma once

#include <string_view>

#include "src/core/attempts.hpp"

namespace productgraph::pg {

// Comma separated: strict or any, per_step, optional N, exclude A-B. `conditions` says how many there are,
// steps, exclusions and with any one for the rows that may begin an attempt. Raises 22023 for anything else.
void ParseAttemptMode(std::string_view modes, int conditions, core::AttemptOptions* options);

}  // namespace productgraph::pg
