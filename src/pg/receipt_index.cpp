// may_have_received(): asks the index on received_at of a partition of events, and no row.
#include "src/pg/boundary.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {
namespace {

// The BRIN index on received_at; InvalidOid when there is none that can be used.
Oid FindReceiptIndex(Relation table) {
  const AttrNumber column = get_attnum(RelationGetRelid(table), "received_at");
  Oid found = InvalidOid;
  List* const indexes = RelationGetIndexList(table);
  ListCell* cell;
  foreach (cell, indexes) {
    const Oid id = lfirst_oid(cell);
    const Relation index = index_open(id, AccessShareLock);
    if (index->rd_rel->relam == BRIN_AM_OID && index->rd_index->indisvalid &&
        index->rd_index->indnkeyatts == 1 && index->rd_index->indkey.values[0] == column &&
        !index->rd_indexprs && heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, nullptr))
      found = id;
    index_close(index, AccessShareLock);
    if (OidIsValid(found)) break;
  }
  list_free(indexes);
  return found;
}

bool MayHaveReceived(Oid index_id, TimestampTz since) {
  const Relation index = index_open(index_id, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, 1, BTGreaterEqualStrategyNumber, F_TIMESTAMPTZ_GE, TimestampTzGetDatum(since));
  key.sk_subtype = TIMESTAMPTZOID;
  const IndexScanDesc scan = BeginBitmapScan(index, GetActiveSnapshot(), 1);
  index_rescan(scan, &key, 1, nullptr, 0);
  TIDBitmap* const pages = tbm_create(work_mem * Size{1024}, nullptr);
  index_getbitmap(scan, pages);
  const bool may = !tbm_is_empty(pages);
  tbm_free(pages);
  index_endscan(scan);
  index_close(index, AccessShareLock);
  return may;
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(may_have_received) {
  const Relation table = try_table_open(PG_GETARG_OID(0), AccessShareLock);
  if (!table) PG_RETURN_BOOL(true);  // whoever reads it will be told
  const Oid index = FindReceiptIndex(table);
  const bool may = !OidIsValid(index) || MayHaveReceived(index, PG_GETARG_TIMESTAMPTZ(1));
  table_close(table, AccessShareLock);
  PG_RETURN_BOOL(may);
}
