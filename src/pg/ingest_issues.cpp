#include "src/pg/ingest_issues.hpp"

#include <cstring>

#include "src/pg/boundary.hpp"
#include "src/pg/organization.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/store_access.hpp"
#include "src/pg/subtransaction.hpp"

namespace productgraph::pg {
namespace {

constexpr int kMaxIssuesOfBatch = 100;
constexpr const char* kLockTimeout = "20ms";

// What this backend has tried to write this minute, so that a flood of rejections costs a look at memory. Two
// names that share a slot forget each other, and then the table itself is asked.
struct Quota {
  uint64 name;
  int64 minute;
  int used;
};
constexpr int kQuotas = 1024;
Quota quotas[kQuotas];
int64 muted_minute;  // in which writing failed

// Holds off the deletion of the organization, and other transactions that write issues of the project:
// whoever is second leaves it to the first. The number keeps our locks apart from those of others.
SavedPlan claim_plan = {
    "SELECT FROM productgraph.organizations o WHERE o.id = $1"
    " AND pg_try_advisory_xact_lock(hashtextextended($1::text || $2, 7305808869231650931))"
    " FOR KEY SHARE SKIP LOCKED",
    2,
    {UUIDOID, TEXTOID},
    nullptr};

SavedPlan note_plan = {
    "WITH noted AS ("
    "INSERT INTO productgraph.ingestion_issues"
    " (org_id, project_id, noticed_at, event_id, field, code, message, rejected, sample)"
    " SELECT $1, $2, now(), nullif($3, ''), $4, $5, $6, $7, nullif($8, '')"
    " WHERE (SELECT count(*) FROM productgraph.ingestion_issues i WHERE i.org_id = $1 AND i.project_id = $2"
    " AND i.code = $5 AND i.noticed_at >= date_trunc('minute', now())) < 10"
    " RETURNING 1)"
    " SELECT FROM noted",
    8,
    {UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, TEXTOID},
    nullptr};
static_assert(core::kMaxIssuesOfCode == 10);

SavedPlan trim_plan = {
    "WITH old AS ("
    "DELETE FROM productgraph.ingestion_issues WHERE org_id = $1 AND project_id = $2 AND id <="
    " (SELECT i.id FROM productgraph.ingestion_issues i WHERE i.org_id = $1 AND i.project_id = $2"
    " ORDER BY i.id DESC OFFSET 1000 LIMIT 1)"
    " RETURNING 1)"
    " SELECT FROM old",
    2,
    {UUIDOID, TEXTOID},
    nullptr};

int64 ThisMinute() {
  return GetCurrentTransactionStartTimestamp() / USECS_PER_MINUTE;
}

bool TakeFromQuota(const core::IngestIssue& issue) {
  const auto hash = [](const void* data, std::size_t size, uint64 seed) {
    return hash_bytes_extended(static_cast<const unsigned char*>(data), static_cast<int>(size), seed);
  };
  const auto code = static_cast<uint64>(issue.remark.code);
  const uint64 name = hash(issue.project_id.data(), issue.project_id.size(),
                           hash(issue.org_id.data(), issue.org_id.size(), code));
  Quota& quota = quotas[name % kQuotas];
  if (quota.name != name || quota.minute != ThisMinute()) quota = {name, ThisMinute(), 0};
  return quota.used++ < core::kMaxIssuesOfCode;
}

struct Selection {
  const core::IngestIssue* issues[kMaxIssuesOfBatch];
  int count;
};

Selection Select(const core::IngestBatch& batch) {
  Selection selection;
  selection.count = 0;
  for (const core::IngestIssue& issue : batch.issues()) {
    if (selection.count == kMaxIssuesOfBatch) break;
    if (TakeFromQuota(issue)) selection.issues[selection.count++] = &issue;
  }
  return selection;
}

bool SameProject(const core::IngestIssue& a, const core::IngestIssue& b) {
  return a.org_id == b.org_id && a.project_id == b.project_id;
}

void Write(const Selection& selection, std::pmr::memory_resource* memory) {
  pg_uuid_t org_id;
  Datum project[2];
  bool claimed = false;
  for (int i = 0; i < selection.count; ++i) {
    const core::IngestIssue& issue = *selection.issues[i];
    if (i == 0 || !SameProject(issue, *selection.issues[i - 1])) {
      if (claimed) ExecuteSelect(&trim_plan, project, 0, false);
      memcpy(org_id.data, issue.org_id.data(), UUID_LEN);
      project[0] = UUIDPGetDatum(&org_id);
      project[1] = PointerGetDatum(MakeText(issue.project_id));
      AssignOrganizationOfStore(&org_id);
      claimed = ExecuteSelect(&claim_plan, project, 1, false) > 0;
    }
    if (!claimed) continue;
    core::IssueTexts texts;
    Compute([&] { texts = core::DescribeIssue(issue, memory); });
    const Datum values[] = {project[0],
                            project[1],
                            PointerGetDatum(MakeText(texts.event_id)),
                            PointerGetDatum(MakeText(texts.field)),
                            CStringGetTextDatum(core::Describe(issue.remark.code).name),
                            PointerGetDatum(MakeText(texts.message)),
                            BoolGetDatum(issue.rejected),
                            PointerGetDatum(MakeText(texts.sample))};
    ExecuteSelect(&note_plan, values, 0, false);
  }
  if (claimed) ExecuteSelect(&trim_plan, project, 0, false);
}

// In a subtransaction, which ends with the setting and the organization it began with.
void WriteApart(const Selection& selection, std::pmr::memory_resource* memory) {
  const Subtransaction subtransaction = BeginSubtransaction();
  PG_TRY();
  {
    PinSetting("lock_timeout", kLockTimeout);
    Write(selection, memory);
    Commit(subtransaction);
  }
  PG_CATCH();
  {
    ErrorData* const error = RollbackAfterError(subtransaction);
    if (error->sqlerrcode == ERRCODE_QUERY_CANCELED) ReThrowError(error);
    muted_minute = ThisMinute();
    // Without the statement, which may hold what is not redacted.
    ereport(LOG,
            (errcode(error->sqlerrcode), errhidestmt(true), errhidecontext(true),
             errmsg("ingestion issues could not be noted, none will be for a minute: %s", error->message)));
  }
  PG_END_TRY();
}

}  // namespace

void NoteIssues(core::IngestBatch* batch) {
  if (batch->issues().empty() || muted_minute == ThisMinute()) return;
  const Selection selection = Select(*batch);
  if (selection.count == 0) return;
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  WriteApart(selection, memory);
}

}  // namespace productgraph::pg
