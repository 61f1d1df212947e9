// The kinds of a project, in memory and in productgraph.kinds.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "src/core/kind_key.hpp"
#include "src/core/segment_format.hpp"
#include "src/core/text_numbers.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Of one project, which nobody else may be adding kinds to. Memory: the texts of its kinds.
class KindTable {
 public:
  explicit KindTable(std::pmr::memory_resource* memory) : kinds_(memory), key_(memory) {}

  // The number of a kind, which it gets if it is new. When there would be more than core::kMaxKinds, the
  // number is not below that. Throws bad_alloc.
  std::uint32_t Number(const core::KindFields& fields);
  bool is_full() const { return kinds_.size() > core::kMaxKinds; }

  // Reads and writes the table. Between EnterStore and LeaveStore only, with the organization entered. Raise
  // errors.
  void Load(Datum org_id, Datum project_id);
  void StoreNew(Datum org_id, Datum project_id);

 private:
  static bool TakeRow(TupleTableSlot* row, void* table);

  core::TextNumbers kinds_;
  std::pmr::vector<char> key_;
  std::size_t stored_ = 0;
};

// The columns of kinds, "e.event_type, e.event_name, …", of a table with that alias.
const char* KindColumns(const char* alias);

// The fields of a kind from those columns of a row, from `column` (0 = the first) on. Integers go to
// `integers`.
struct IntegerFields {
  int32 values[core::kKindFieldCount];
};
core::KindFields ReadKindFields(TupleTableSlot* row, int column, IntegerFields* integers);

// A text column of a row, without a copy where there need not be one.
inline std::string_view TextColumn(TupleTableSlot* row, int column) {
  const auto* const value = reinterpret_cast<text*>(PG_DETOAST_DATUM_PACKED(row->tts_values[column]));
  return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

}  // namespace productgraph::pg
