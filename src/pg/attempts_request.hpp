// The arguments that packed_funnel() and packed_attempts() have in common.
#pragma once

#include "src/core/packed_attempts.hpp"
#include "src/pg/packed_answer.hpp"

namespace productgraph::pg {

// They come first.
enum AttemptsArgument {
  kOrg,
  kProject,
  kKinds,
  kLoose,
  kWeeks,
  kFrom,
  kTo,
  kWindow,
  kMode,
  kConditions,
  kBeginBefore,
  kTotal,
  kBySession,
  kInSession,
  kHold,
  kAttemptsArguments,
};

// Raises 22004 when one of the first `arguments` ones is null that must not be.
void CheckAttemptsArguments(FunctionCallInfo fcinfo, int arguments);
// Raises 22023 for a wrong mode.
core::PackedAttemptsSpec ReadAttemptsSpec(FunctionCallInfo fcinfo);
// Of a question with such a spec; what type it is, and the spec, is left to the caller.
PackedRequest ReadAttemptsRequest(FunctionCallInfo fcinfo, const core::PackedAttemptsSpec& spec);

}  // namespace productgraph::pg
