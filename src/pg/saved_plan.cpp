#include "src/pg/saved_plan.hpp"

namespace productgraph::pg {

void Prepare(SavedPlan* plan) {
  if (plan->plan) return;
  const SPIPlanPtr prepared = SPI_prepare(plan->query, plan->parameters, plan->types);
  if (!prepared) elog(ERROR, "cannot prepare \"%s\": %s", plan->query, SPI_result_code_string(SPI_result));
  if (SPI_keepplan(prepared) != 0) elog(ERROR, "cannot keep the plan of \"%s\"", plan->query);
  plan->plan = prepared;
}

namespace {

uint64 Execute(SavedPlan* plan, const Datum* values, long limit, bool read_only, int expected) {
  Prepare(plan);
  const int result = SPI_execute_plan(plan->plan, const_cast<Datum*>(values), nullptr, read_only, limit);
  if (result != expected) elog(ERROR, "\"%s\": %s", plan->query, SPI_result_code_string(result));
  return SPI_processed;
}

}  // namespace

uint64 ExecuteSelect(SavedPlan* plan, const Datum* values, long limit, bool read_only) {
  return Execute(plan, values, limit, read_only, SPI_OK_SELECT);
}

uint64 ExecuteChange(SavedPlan* plan, const Datum* values, int result) {
  return Execute(plan, values, 0, false, result);
}

}  // namespace productgraph::pg
