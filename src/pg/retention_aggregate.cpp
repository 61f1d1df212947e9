// retention(): which conditions held for a group whose first condition held.
#include "src/pg/aggregate_state.hpp"
#include "src/pg/condition_arguments.hpp"

namespace productgraph::pg {
namespace {

// The state is a bigint: the conditions seen so far in the lower half, their number above. States are
// combined by OR.
constexpr int kCountShift = 32;

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(retention_add) {
  auto* conditions = static_cast<ConditionArguments*>(fcinfo->flinfo->fn_extra);
  if (!conditions) {
    const ConditionArguments described = DescribeConditions(fcinfo, 1);
    conditions = NewIn<ConditionArguments>(fcinfo->flinfo->fn_mcxt, described);
    fcinfo->flinfo->fn_extra = conditions;
  }
  const int64 state = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
  PG_RETURN_INT64(state | (static_cast<int64>(conditions->count) << kCountShift) |
                  ReadConditions(fcinfo, *conditions));
}

PRODUCTGRAPH_FUNCTION(retention_result) {
  const int64 state = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
  int count = static_cast<int>((state >> kCountShift) & 63);
  // Of a group without rows only the call tells how many conditions there are.
  if (count == 0 && get_fn_expr_argtype(fcinfo->flinfo, 1) != BOOLARRAYOID) count = PG_NARGS() - 1;
  if (count > core::kMaxSteps) count = core::kMaxSteps;
  Datum kept[core::kMaxSteps];
  for (int i = 0; i < count; ++i) kept[i] = BoolGetDatum((state & 1) && ((state >> i) & 1));
  PG_RETURN_ARRAYTYPE_P(construct_array(kept, count, BOOLOID, 1, true, TYPALIGN_CHAR));
}
