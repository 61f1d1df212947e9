#include "src/pg/ingest_store.hpp"

#include <cstring>
#include <span>

#include "src/pg/boundary.hpp"
#include "src/pg/event_copy.hpp"
#include "src/pg/key_claim.hpp"
#include "src/pg/organization.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/session_merge.hpp"

namespace productgraph::pg {
namespace {

using Rows = std::span<core::IngestRow>;

// Of a batch, for its largest organizations: PostgreSQL remembers 64 of a transaction in memory all share.
constexpr std::size_t kMostSubtransactions = 16;

SavedPlan keep_plan = {
    "SELECT FROM productgraph.organizations WHERE id = $1 FOR KEY SHARE", 1, {UUIDOID}, nullptr};

// Holds off the deletion of the organization until this transaction has ended, so that it finds our rows too.
// An organization that is gone by now lost its keys and projects with it: the next attempt is told so.
void KeepOrganization(const pg_uuid_t* org_id) {
  const Datum values[] = {UUIDPGetDatum(org_id)};
  if (ExecuteSelect(&keep_plan, values, 1, false) > 0) return;
  ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                  errmsg("the organization was deleted while its events were being stored"),
                  errhint("Send them again.")));
}

// Rows of one organization, which is the current one. All memory is of the SPI connection's context, which
// SPI relies on: it puts the registry of named relations into the current one, for as long as the connection
// lasts.
void StoreOrganization(Rows rows, const pg_uuid_t* org_id, bool may_try) {
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  ClaimKeys(rows, org_id, may_try);
  CopyEvents(rows, memory);
  MergeSessions(rows, memory);
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
    StoreOrganization(Rows(rows).subspan(begin, end - begin), &org_id,
                      (end - begin) * kMostSubtransactions >= rows.size());
    begin = end;
  }
  AtEOXact_GUC(true, guc_level);
}

}  // namespace productgraph::pg
