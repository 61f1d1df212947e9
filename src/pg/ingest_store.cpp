#include "src/pg/ingest_store.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

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

SavedPlan projects_plan = {"SELECT FROM productgraph.projects WHERE org_id = $1 AND id = ANY ($2)",
                           2,
                           {UUIDOID, TEXTARRAYOID},
                           nullptr};

void RaiseDeleted(const char* what) {
  ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                  errmsg("the %s was deleted while its events were being stored", what),
                  errhint("Send them again.")));
}

// Holds off the deletion of the organization, and of its projects, until this transaction has ended, so that
// it finds our rows too. An organization that is gone by now lost its keys and projects with it: the next
// attempt is told so.
void KeepOrganization(const pg_uuid_t* org_id) {
  const Datum values[] = {UUIDPGetDatum(org_id)};
  if (ExecuteSelect(&keep_plan, values, 1, false) == 0) RaiseDeleted("organization");
}

// The projects of the rows, each once, as text.
int DistinctProjects(Rows rows, Datum* projects) {
  auto* const ids = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) ids[i] = rows[i].project->project_id;
  std::sort(ids, ids + rows.size());
  const int count = static_cast<int>(std::unique(ids, ids + rows.size()) - ids);
  for (int i = 0; i < count; ++i) projects[i] = PointerGetDatum(MakeText(ids[i]));
  return count;
}

// A project that is there now stays until this transaction has ended, as its organization is kept; one that
// was deleted since it was looked up must get no more rows.
void CheckProjects(Rows rows, const pg_uuid_t* org_id) {
  auto* const projects = static_cast<Datum*>(palloc(sizeof(Datum) * rows.size()));
  const int count = DistinctProjects(rows, projects);
  ArrayType* const array = construct_array(projects, count, TEXTOID, -1, false, TYPALIGN_INT);
  const Datum values[] = {UUIDPGetDatum(org_id), PointerGetDatum(array)};
  if (ExecuteSelect(&projects_plan, values, 0, false) < static_cast<uint64>(count)) RaiseDeleted("project");
}

// Rows of one organization, which is the current one. All memory is of the SPI connection's context, which
// SPI relies on: it puts the registry of named relations into the current one, for as long as the connection
// lasts.
void StoreOrganization(Rows rows, const pg_uuid_t* org_id, bool may_try) {
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  CheckProjects(rows, org_id);
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
