// What the functions that ask segments have in common.
#pragma once

#include <memory_resource>
#include <span>
#include <vector>

#include "src/pg/packed_answer.hpp"

namespace productgraph::pg {

// The first arguments: org_id, project, kinds, loose, weeks, since, until, as packed_source() has them.
inline constexpr int kSourceArguments = 7;

// Raises 22004 for a null among the first `count` arguments, loose and those in `nullable` excepted.
void CheckNotNull(FunctionCallInfo fcinfo, int count, std::initializer_list<int> nullable = {});

// With what the source arguments say; the question is left to the caller.
PackedRequest ReadSource(FunctionCallInfo fcinfo);

// Appends the PeriodStarts for these arguments, as packed_periods() has them: starts timestamptz[], numbers
// integer[] and those of the periods around them, integer[]. Raises 22023 when they do not fit each other.
void AppendPeriods(FunctionCallInfo fcinfo, int starts, int numbers, int around_numbers,
                   std::pmr::vector<std::uint8_t>* spec);

// The elements of an integer[]. Raises 22004 for a null.
std::span<const int32> Integers(ArrayType* array);

}  // namespace productgraph::pg
