#include "src/pg/saved_plan.hpp"

namespace productgraph::pg {

void Prepare(SavedPlan* plan) {
  if (plan->plan) return;
  const SPIPlanPtr prepared = SPI_prepare(plan->query, plan->parameters, plan->types);
  if (!prepared) elog(ERROR, "cannot prepare \"%s\": %s", plan->query, SPI_result_code_string(SPI_result));
  if (SPI_keepplan(prepared) != 0) elog(ERROR, "cannot keep the plan of \"%s\"", plan->query);
  plan->plan = prepared;
}

uint64 ExecuteSelect(SavedPlan* plan, const Datum* values, long limit, bool read_only) {
  Prepare(plan);
  const int result = SPI_execute_plan(plan->plan, const_cast<Datum*>(values), nullptr, read_only, limit);
  if (result != SPI_OK_SELECT) elog(ERROR, "\"%s\": %s", plan->query, SPI_result_code_string(result));
  return SPI_processed;
}

}  // namespace productgraph::pg
