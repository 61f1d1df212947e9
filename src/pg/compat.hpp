// Differences between PostgreSQL versions, each spelled after the newest one. PG_VERSION_NUM is named here
// only.
#pragma once

#include "src/pg/postgres.hpp"

#if PG_VERSION_NUM < 150000
#error "ProductGraph needs PostgreSQL 15 or newer"
#endif

// Put where PG_MODULE_MAGIC would be: from 18 on it also carries the library's name and version.
#if PG_VERSION_NUM >= 180000
#define PRODUCTGRAPH_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "productgraph", .version = PRODUCTGRAPH_VERSION)
#else
#define PRODUCTGRAPH_MODULE_MAGIC PG_MODULE_MAGIC
#endif

namespace productgraph::pg {

// Puts the row of `slot`, which its table has, into all indexes; false when a unique one has its key already,
// or may come to have it from a transaction that has not ended.
inline bool InsertIntoIndexes(ResultRelInfo* table, TupleTableSlot* slot, EState* state) {
  bool conflict = false;
#if PG_VERSION_NUM >= 160000
  ExecInsertIndexTuples(table, slot, state, false, true, &conflict, NIL, false);
#else
  ExecInsertIndexTuples(table, slot, state, false, true, &conflict, NIL);
#endif
  return !conflict;
}

inline IndexScanDesc BeginIndexScan(Relation table, Relation index, Snapshot snapshot, int keys) {
#if PG_VERSION_NUM >= 180000
  return index_beginscan(table, index, snapshot, nullptr, keys, 0);
#else
  return index_beginscan(table, index, snapshot, keys, 0);
#endif
}

inline IndexScanDesc BeginBitmapScan(Relation index, Snapshot snapshot, int keys) {
#if PG_VERSION_NUM >= 180000
  return index_beginscan_bitmap(index, snapshot, nullptr, keys);
#else
  return index_beginscan_bitmap(index, snapshot, keys);
#endif
}

}  // namespace productgraph::pg
