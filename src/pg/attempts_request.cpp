#include "src/pg/attempts_request.hpp"

#include "src/pg/attempt_mode.hpp"
#include "src/pg/packed_arguments.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {

void CheckAttemptsArguments(FunctionCallInfo fcinfo, int arguments) {
  CheckNotNull(fcinfo, arguments);
}

core::PackedAttemptsSpec ReadAttemptsSpec(FunctionCallInfo fcinfo) {
  core::PackedAttemptsSpec spec;
  ParseAttemptMode(TextView(PG_GETARG_TEXT_PP(kMode)), PG_GETARG_INT32(kConditions), &spec.options);
  spec.begin_before = ToUnixMicros(PG_GETARG_TIMESTAMPTZ(kBeginBefore));
  spec.total = PG_GETARG_BOOL(kTotal);
  spec.by_session = PG_GETARG_BOOL(kBySession);
  spec.in_session = PG_GETARG_BOOL(kInSession);
  spec.hold = PG_GETARG_BOOL(kHold);
  return spec;
}

PackedRequest ReadAttemptsRequest(FunctionCallInfo fcinfo, const core::PackedAttemptsSpec& spec) {
  PackedRequest request = ReadSource(fcinfo);
  request.sessions = spec.in_session || spec.by_session;
  // Of a session, several actors may have taken the steps.
  request.required = spec.options.order == core::StepOrder::kAny || spec.by_session ? 0 : 1;
  request.window = *PG_GETARG_INTERVAL_P(kWindow);
  return request;
}

}  // namespace productgraph::pg
