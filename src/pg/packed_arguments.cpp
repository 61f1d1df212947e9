#include "src/pg/packed_arguments.hpp"

#include <algorithm>

#include "src/core/period_cursor.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// From the least number of a period to the greatest.
constexpr int64 kMostPeriods = 1'000'000;

enum SourceArgument { kOrg, kProject, kKinds, kLoose, kWeeks, kSince, kUntil };

bool AreFew(std::span<const int32> numbers) {
  const auto [least, greatest] = std::minmax_element(numbers.begin(), numbers.end());
  return int64{*greatest} - *least < kMostPeriods;
}

template <class T>
std::span<const T> Elements(ArrayType* array) {
  if (array_contains_nulls(array))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("an array must not contain nulls")));
  return {reinterpret_cast<const T*>(ARR_DATA_PTR(array)),
          static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)))};
}

}  // namespace

void CheckNotNull(FunctionCallInfo fcinfo, int count, std::initializer_list<int> nullable) {
  for (int i = 0; i < count; ++i) {
    const bool may_be_null = i == kLoose || std::find(nullable.begin(), nullable.end(), i) != nullable.end();
    if (PG_ARGISNULL(i) && !may_be_null)
      ereport(ERROR,
              (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument %d must not be null", i + 1)));
  }
}

PackedRequest ReadSource(FunctionCallInfo fcinfo) {
  PackedRequest request = {};
  request.org_id = PG_GETARG_DATUM(kOrg);
  request.project = PG_GETARG_TEXT_PP(kProject);
  request.kinds = text_to_cstring(PG_GETARG_TEXT_PP(kKinds));
  request.loose = PG_ARGISNULL(kLoose) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(kLoose));
  request.weeks = PG_GETARG_ARRAYTYPE_P(kWeeks);
  request.from = PG_GETARG_TIMESTAMPTZ(kSince);
  request.to = PG_GETARG_TIMESTAMPTZ(kUntil);
  return request;
}

std::span<const int32> Integers(ArrayType* array) {
  return Elements<int32>(array);
}

void AppendPeriods(FunctionCallInfo fcinfo, int starts, int numbers, int around_numbers,
                   std::pmr::vector<std::uint8_t>* spec) {
  const auto times = Elements<TimestampTz>(PG_GETARG_ARRAYTYPE_P(starts));
  const auto periods = Integers(PG_GETARG_ARRAYTYPE_P(numbers));
  const auto around = Integers(PG_GETARG_ARRAYTYPE_P(around_numbers));
  if (times.empty() || periods.size() != times.size() || around.size() != times.size() ||
      !std::is_sorted(times.begin(), times.end()) || !AreFew(periods))
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("these are no periods")));
  Compute([&] {
    for (std::size_t i = 0; i < times.size(); ++i)
      core::AppendValue(core::PeriodStart{ToUnixMicros(times[i]), periods[i], around[i]}, spec);
  });
}

}  // namespace productgraph::pg
