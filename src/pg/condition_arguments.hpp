// The conditions that end the argument lists of the sequence aggregates: VARIADIC "any", which saves building
// an array for every row.
#pragma once

#include "src/core/step_rows.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

struct ConditionArguments {
  int first = 0;       // argument number
  int count = 0;       // conditions
  bool array = false;  // called as VARIADIC array: one argument, an array of boolean
};

// Checks the arguments from `first` on: 1 to kMaxSteps booleans, or one array of them. To be asked once a
// call site.
ConditionArguments DescribeConditions(FunctionCallInfo fcinfo, int first);

// Bit i for condition i + 1; null counts as false.
core::StepMask ReadConditions(FunctionCallInfo fcinfo, const ConditionArguments& arguments);

}  // namespace productgraph::pg
