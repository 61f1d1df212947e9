#include "src/pg/condition_arguments.hpp"

namespace productgraph::pg {
namespace {

// The conditions of a VARIADIC array.
int ReadArray(FunctionCallInfo fcinfo, int argument, core::StepMask* mask) {
  ArrayType* const array = PG_GETARG_ARRAYTYPE_P(argument);
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(array, BOOLOID, 1, true, TYPALIGN_CHAR, &values, &nulls, &count);
  *mask = 0;
  for (int i = 0; i < count && i < core::kMaxSteps; ++i) {
    if (!nulls[i] && DatumGetBool(values[i])) *mask |= core::StepMask{1} << i;
  }
  return count;
}

void RaiseNullConditions() {
  ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("conditions must not be null")));
}

void CheckCount(int count) {
  if (count < 1) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("at least one condition is needed")));
  }
  if (count > core::kMaxSteps) {
    ereport(ERROR, (errcode(ERRCODE_TOO_MANY_ARGUMENTS), errmsg("%d conditions are too many", count),
                    errdetail("At most %d are possible.", core::kMaxSteps)));
  }
}

}  // namespace

ConditionArguments DescribeConditions(FunctionCallInfo fcinfo, int first) {
  ConditionArguments arguments;
  arguments.first = first;
  arguments.array = get_fn_expr_variadic(fcinfo->flinfo);
  if (arguments.array) {
    if (get_fn_expr_argtype(fcinfo->flinfo, first) != BOOLARRAYOID) {
      ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("conditions must be an array of boolean")));
    }
    if (PG_ARGISNULL(first)) RaiseNullConditions();
    core::StepMask mask;
    arguments.count = ReadArray(fcinfo, first, &mask);
  } else {
    arguments.count = PG_NARGS() - first;
    for (int i = first; i < PG_NARGS(); ++i) {
      const Oid type = get_fn_expr_argtype(fcinfo->flinfo, i);
      if (type == BOOLOID || type == UNKNOWNOID) continue;
      ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("condition %d is of type %s, not boolean",
                                                                 i - first + 1, format_type_be(type))));
    }
  }
  CheckCount(arguments.count);
  return arguments;
}

core::StepMask ReadConditions(FunctionCallInfo fcinfo, const ConditionArguments& arguments) {
  core::StepMask mask = 0;
  if (arguments.array) {
    if (PG_ARGISNULL(arguments.first)) RaiseNullConditions();
    if (ReadArray(fcinfo, arguments.first, &mask) != arguments.count) {
      ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                      errmsg("all rows must have the same number of conditions")));
    }
    return mask;
  }
  for (int i = 0; i < arguments.count; ++i) {
    const NullableDatum& condition = fcinfo->args[arguments.first + i];
    // Without a branch: which condition holds is what no processor can guess.
    mask |= static_cast<core::StepMask>(!condition.isnull & DatumGetBool(condition.value)) << i;
  }
  return mask;
}

}  // namespace productgraph::pg
