#include "src/pg/ingest_store.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "src/pg/boundary.hpp"
#include "src/pg/event_copy.hpp"
#include "src/pg/organization.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/session_merge.hpp"

namespace productgraph::pg {
namespace {

using Rows = std::span<core::IngestRow>;

SavedPlan keep_plan = {
    "SELECT FROM productgraph.organizations WHERE id = $1 FOR KEY SHARE", 1, {UUIDOID}, nullptr};

// Keys come in their order, so that concurrent batches cannot deadlock, and the new ones are returned in it.
SavedPlan claim_plan = {
    "INSERT INTO productgraph.event_keys (org_id, key, received_at) SELECT $1, key, now() FROM unnest($2) key"
    " ON CONFLICT DO NOTHING RETURNING key",
    2,
    {UUIDOID, UUIDARRAYOID},
    nullptr};

// Holds off the deletion of the organization until this transaction has ended, so that it finds our rows too.
// An organization that is gone by now lost its keys and projects with it: the next attempt is told so.
void KeepOrganization(const pg_uuid_t* org_id) {
  const Datum values[] = {UUIDPGetDatum(org_id)};
  if (ExecuteSelect(&keep_plan, values, 1, false) > 0) return;
  ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                  errmsg("the organization was deleted while its events were being stored"),
                  errhint("Send them again.")));
}

// Claims the keys of the rows and marks those that were not there already: the others are repeats and go no
// further.
void ClaimKeys(Rows rows, const pg_uuid_t* org_id) {
  auto** const sorted = static_cast<core::IngestRow**>(palloc(sizeof(core::IngestRow*) * rows.size()));
  auto* const keys = static_cast<Datum*>(palloc(sizeof(Datum) * rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) sorted[i] = &rows[i];
  std::sort(sorted, sorted + rows.size(),
            [](const core::IngestRow* a, const core::IngestRow* b) { return a->key < b->key; });
  for (std::size_t i = 0; i < rows.size(); ++i) keys[i] = PointerGetDatum(sorted[i]->key.data());
  ArrayType* const array =
      construct_array(keys, static_cast<int>(rows.size()), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
  const Datum values[] = {UUIDPGetDatum(org_id), PointerGetDatum(array)};
  const uint64 claimed = ExecuteChange(&claim_plan, values, SPI_OK_INSERT_RETURNING);
  std::size_t at = 0;
  for (uint64 i = 0; i < claimed; ++i) {
    bool null;
    const Datum key = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null);
    while (memcmp(sorted[at]->key.data(), DatumGetUUIDP(key)->data, UUID_LEN) != 0) ++at;
    sorted[at++]->stored = true;
  }
  SPI_freetuptable(SPI_tuptable);
}

// Rows of one organization, which is the current one.
void StoreOrganization(Rows rows, const pg_uuid_t* org_id) {
  const MemoryContext context =
      AllocSetContextCreate(CurrentMemoryContext, "stored events", ALLOCSET_DEFAULT_SIZES);
  const MemoryContext caller = MemoryContextSwitchTo(context);
  auto* const memory = NewIn<MemoryContextResource>(context, context);
  ClaimKeys(rows, org_id);
  CopyEvents(rows, memory);
  MergeSessions(rows, memory);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(context);
}

}  // namespace

void StoreRows(core::IngestBatch* batch) {
  auto& rows = batch->rows();
  const int guc_level = NewGUCNestLevel();
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && rows[end].project->org_id == rows[begin].project->org_id) ++end;
    pg_uuid_t org_id;
    memcpy(org_id.data, rows[begin].project->org_id.data(), UUID_LEN);
    AssignOrganizationOfStore(&org_id);
    KeepOrganization(&org_id);
    StoreOrganization(Rows(rows).subspan(begin, end - begin), &org_id);
    begin = end;
  }
  AtEOXact_GUC(true, guc_level);
}

}  // namespace productgraph::pg
