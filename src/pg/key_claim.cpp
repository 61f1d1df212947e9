#include "src/pg/key_claim.hpp"

#include <algorithm>
#include <cstring>

#include "src/pg/saved_plan.hpp"
#include "src/pg/store_access.hpp"
#include "src/pg/subtransaction.hpp"

namespace productgraph::pg {
namespace {

// Rows in the order of their keys.
using SortedRows = std::span<core::IngestRow*>;

// Rows that are given to the table at a time, for which it needs few pages and WAL records.
constexpr std::size_t kChunk = 256;

// Fewer are not worth a subtransaction.
constexpr std::size_t kFewest = 8;

// The new keys are returned in their order.
SavedPlan claim_plan = {
    "INSERT INTO productgraph.event_keys (org_id, key, received_at) SELECT $1, key, now() FROM unnest($2) key"
    " ON CONFLICT DO NOTHING RETURNING key",
    2,
    {UUIDOID, UUIDARRAYOID},
    nullptr};

SortedRows Sort(std::span<core::IngestRow> rows) {
  auto** const sorted = static_cast<core::IngestRow**>(palloc(sizeof(core::IngestRow*) * rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) sorted[i] = &rows[i];
  std::sort(sorted, sorted + rows.size(),
            [](const core::IngestRow* a, const core::IngestRow* b) { return a->key < b->key; });
  return {sorted, rows.size()};
}

// Looks for each key in the index, then inserts it if it is new, and waits if that is not decided yet.
void ClaimOneByOne(SortedRows rows, const pg_uuid_t* org_id) {
  if (rows.empty()) return;
  auto* const keys = static_cast<Datum*>(palloc(sizeof(Datum) * rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) keys[i] = PointerGetDatum(rows[i]->key.data());
  ArrayType* const array =
      construct_array(keys, static_cast<int>(rows.size()), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
  const Datum values[] = {UUIDPGetDatum(org_id), PointerGetDatum(array)};
  const uint64 claimed = ExecuteChange(&claim_plan, values, SPI_OK_INSERT_RETURNING);
  std::size_t at = 0;
  for (uint64 i = 0; i < claimed; ++i) {
    bool null;
    const Datum key = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null);
    while (memcmp(rows[at]->key.data(), DatumGetUUIDP(key)->data, UUID_LEN) != 0) ++at;
    rows[at++]->stored = true;
  }
  SPI_freetuptable(SPI_tuptable);
}

// productgraph.event_keys while rows are put into it by the chunk, as COPY does it.
struct KeyTable {
  Relation relation;
  pg_uuid_t org_id;
  ResultRelInfo* indexes;
  EState* state;
  TupleTableSlot* slots[kChunk];
};

// Whether there is nothing but indexes to serve: neither triggers nor checks, nor columns of somebody else.
bool IsPlain(Relation relation) {
  const TupleDesc columns = relation->rd_att;
  return relation->rd_rel->relkind == RELKIND_RELATION && !relation->trigdesc && columns->natts == 3 &&
         columns->constr && columns->constr->num_check == 0;
}

KeyTable Open(Relation relation, const pg_uuid_t* org_id) {
  KeyTable table;
  table.relation = relation;
  table.org_id = *org_id;
  table.state = CreateExecutorState();
  table.indexes = makeNode(ResultRelInfo);
  InitResultRelInfo(table.indexes, relation, 0, nullptr, 0);
  ExecOpenIndices(table.indexes, false);
  return table;
}

void Close(KeyTable* table) {
  ExecCloseIndices(table->indexes);
  FreeExecutorState(table->state);
}

Relation PrimaryIndex(const KeyTable& table) {
  for (int i = 0; i < table.indexes->ri_NumIndices; ++i) {
    const Relation index = table.indexes->ri_IndexRelationDescs[i];
    if (index->rd_index->indisprimary && index->rd_index->indnkeyatts == 2) return index;
  }
  return nullptr;
}

// Puts rows whose key the index knows, be it of a row that is gone, before the others, in order both; returns
// how many.
std::size_t PutKnownFirst(SortedRows rows, const KeyTable& table, Relation index) {
  auto** const fresh = static_cast<core::IngestRow**>(palloc(sizeof(core::IngestRow*) * rows.size()));
  ScanKeyData key[2];
  ScanKeyInit(&key[0], 1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&table.org_id));
  ScanKeyInit(&key[1], 2, BTEqualStrategyNumber, F_UUID_EQ, Datum{0});
  const IndexScanDesc scan = BeginIndexScan(table.relation, index, GetActiveSnapshot(), 2);
  std::size_t known = 0;
  std::size_t others = 0;
  for (core::IngestRow* row : rows) {
    key[1].sk_argument = PointerGetDatum(row->key.data());
    index_rescan(scan, key, 2, nullptr, 0);
    if (index_getnext_tid(scan, ForwardScanDirection)) {
      rows[known++] = row;
    } else {
      fresh[others++] = row;
    }
  }
  index_endscan(scan);
  std::copy_n(fresh, others, rows.begin() + static_cast<std::ptrdiff_t>(known));
  return known;
}

// False when a key is there already, or may come to be.
bool InsertChunk(SortedRows chunk, KeyTable* table) {
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    TupleTableSlot* const slot = ExecClearTuple(table->slots[i]);
    slot->tts_values[0] = UUIDPGetDatum(&table->org_id);
    slot->tts_values[1] = PointerGetDatum(chunk[i]->key.data());
    slot->tts_values[2] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
    memset(slot->tts_isnull, false, 3 * sizeof(bool));
    ExecStoreVirtualTuple(slot);
  }
  table_multi_insert(table->relation, table->slots, static_cast<int>(chunk.size()), GetCurrentCommandId(true),
                     0, nullptr);
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    if (!InsertIntoIndexes(table->indexes, table->slots[i], table->state)) return false;
  }
  return true;
}

// False when a key is there already, or may come to be; waits for nobody.
bool InsertAll(SortedRows rows, KeyTable* table) {
  // Slots of a copy need not be counted as users of the original.
  const TupleDesc columns = CreateTupleDescCopy(table->relation->rd_att);
  for (std::size_t i = 0; i < std::min(rows.size(), kChunk); ++i)
    table->slots[i] = MakeSingleTupleTableSlot(columns, table_slot_callbacks(table->relation));
  for (; !rows.empty(); rows = rows.subspan(std::min(rows.size(), kChunk))) {
    CHECK_FOR_INTERRUPTS();
    if (!InsertChunk(rows.first(std::min(rows.size(), kChunk)), table)) return false;
  }
  return true;
}

// Claims what may be repeats one by one, then all other keys together. Whoever waits has claimed lower keys
// only, so that nobody waits in a circle. False when one of the others turned up meanwhile, or when they are
// too few.
bool Claim(SortedRows rows, KeyTable* table) {
  const Relation index = PrimaryIndex(*table);
  const std::size_t known = index ? PutKnownFirst(rows, *table, index) : rows.size();
  if (known + kFewest > rows.size()) return false;
  ClaimOneByOne(rows.first(known), &table->org_id);
  if (!InsertAll(rows.subspan(known), table)) return false;
  for (core::IngestRow* row : rows.subspan(known)) row->stored = true;
  return true;
}

// Claims the keys, or does nothing at all.
bool TryTogether(SortedRows rows, Relation relation, const pg_uuid_t* org_id) {
  if (!IsPlain(relation)) return false;
  const Subtransaction subtransaction = BeginSubtransaction();
  volatile bool claimed = false;
  PG_TRY();
  {
    KeyTable table = Open(relation, org_id);
    claimed = Claim(rows, &table);
    Close(&table);
    if (claimed) {
      Commit(subtransaction);
    } else {
      Rollback(subtransaction);
    }
  }
  PG_CATCH();
  { ReThrowError(RollbackAfterError(subtransaction)); }
  PG_END_TRY();
  if (claimed) return true;
  for (core::IngestRow* row : rows) row->stored = false;
  return false;
}

}  // namespace

void ClaimKeys(std::span<core::IngestRow> rows, const pg_uuid_t* org_id, bool may_try) {
  const Relation relation = table_open(StoreTable("event_keys"), RowExclusiveLock);
  if (!may_try || rows.size() < kFewest || !TryTogether(Sort(rows), relation, org_id))
    ClaimOneByOne(Sort(rows), org_id);
  table_close(relation, NoLock);
}

}  // namespace productgraph::pg
