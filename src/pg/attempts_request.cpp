#include "src/pg/attempts_request.hpp"

#include "src/pg/attempt_mode.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {

void CheckAttemptsArguments(FunctionCallInfo fcinfo, int arguments) {
  for (int i = 0; i < arguments; ++i) {
    if (PG_ARGISNULL(i) && i != kLoose)
      ereport(ERROR,
              (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument %d must not be null", i + 1)));
  }
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
  PackedRequest request = {};
  request.org_id = PG_GETARG_DATUM(kOrg);
  request.project = PG_GETARG_TEXT_PP(kProject);
  request.kinds = text_to_cstring(PG_GETARG_TEXT_PP(kKinds));
  request.loose = PG_ARGISNULL(kLoose) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(kLoose));
  request.weeks = PG_GETARG_ARRAYTYPE_P(kWeeks);
  request.from = PG_GETARG_TIMESTAMPTZ(kFrom);
  request.to = PG_GETARG_TIMESTAMPTZ(kTo);
  request.sessions = spec.in_session || spec.by_session;
  // Of a session, several actors may have taken the steps.
  request.required = spec.options.order == core::StepOrder::kAny || spec.by_session ? 0 : 1;
  request.window = *PG_GETARG_INTERVAL_P(kWindow);
  return request;
}

}  // namespace productgraph::pg
