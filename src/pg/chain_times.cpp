#include "src/pg/chain_times.hpp"

namespace productgraph::pg {

Datum ChainTimes(int depth, core::StepMask skipped, const core::Micros* times) {
  Datum values[core::kMaxSteps];
  bool nulls[core::kMaxSteps];
  for (int i = 0; i < depth; ++i) {
    nulls[i] = skipped >> i & 1;
    values[i] = nulls[i] ? Datum{0} : TimestampTzGetDatum(times[i]);
  }
  int first = 1;
  if (depth == 0) return PointerGetDatum(construct_empty_array(TIMESTAMPTZOID));
  return PointerGetDatum(construct_md_array(values, nulls, 1, &depth, &first, TIMESTAMPTZOID,
                                            sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

}  // namespace productgraph::pg
