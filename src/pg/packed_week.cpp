// unpack_week(), note_unpacked(), forget_packed…(), and the state of a week that
// packing works with.
#include "src/pg/packed_week.hpp"

#include "src/pg/organization.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/store_access.hpp"

namespace productgraph::pg {
namespace {

SavedPlan keep_plan = {
    "SELECT FROM productgraph.organizations WHERE id = $1 FOR KEY SHARE", 1, {UUIDOID}, nullptr};

SavedPlan keep_project_plan = {
    "SELECT FROM productgraph.projects WHERE org_id = $1 AND id = $2 FOR KEY SHARE SKIP LOCKED",
    2,
    {UUIDOID, TEXTOID},
    nullptr};

SavedPlan take_plan = {
    "INSERT INTO productgraph.packed_weeks AS p (org_id, project_id, week, packed_until, shard_bits, "
    "generation)"
    " VALUES ($1, $2, $3, '-infinity', 0, 0)"
    " ON CONFLICT (org_id, project_id, week) DO UPDATE SET packed_until = p.packed_until"
    " RETURNING packed_until, generation",
    3,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID},
    nullptr};

SavedPlan unpacked_plan = {
    "UPDATE productgraph.packed_weeks SET packed_until = '-infinity', is_ambiguous = false"
    " WHERE org_id = $1 AND project_id = $2 AND week = $3",
    3,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID},
    nullptr};

SavedPlan forget_plan = {
    "DELETE FROM productgraph.packed_weeks WHERE org_id = $1 AND project_id = $2 AND week = $3",
    3,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID},
    nullptr};

SavedPlan lock_plan = {
    "SELECT FROM productgraph.organizations WHERE id = $1 FOR UPDATE", 1, {UUIDOID}, nullptr};

SavedPlan forget_project_plan = {
    "WITH projects AS (DELETE FROM productgraph.packed_projects WHERE org_id = $1 AND project_id = $2),"
    " weeks AS (DELETE FROM productgraph.packed_weeks WHERE org_id = $1 AND project_id = $2),"
    " segments AS (DELETE FROM productgraph.segments WHERE org_id = $1 AND project_id = $2)"
    " DELETE FROM productgraph.kinds WHERE org_id = $1 AND project_id = $2",
    2,
    {UUIDOID, TEXTOID},
    nullptr};

SavedPlan forget_all_plan = {
    "WITH projects AS (DELETE FROM productgraph.packed_projects WHERE org_id = $1),"
    " weeks AS (DELETE FROM productgraph.packed_weeks WHERE org_id = $1),"
    " segments AS (DELETE FROM productgraph.segments WHERE org_id = $1)"
    " DELETE FROM productgraph.kinds WHERE org_id = $1",
    1,
    {UUIDOID},
    nullptr};

}  // namespace

void BoundWaiting() {
  PinSetting("lock_timeout", "5s");
}

bool KeepOrganization(Datum org_id) {
  return ExecuteSelect(&keep_plan, &org_id, 1, false) > 0;
}

bool TryKeepProject(const ProjectWeek& of) {
  const Datum values[] = {of.org_id, of.project_id};
  return ExecuteSelect(&keep_project_plan, values, 1, false) > 0;
}

WeekState TakeWeek(const ProjectWeek& of) {
  const Datum values[] = {of.org_id, of.project_id, of.week};
  ExecuteChange(&take_plan, values, SPI_OK_INSERT_RETURNING);
  bool null;
  const HeapTuple row = SPI_tuptable->vals[0];
  const WeekState state = {DatumGetTimestampTz(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &null)),
                           DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &null))};
  SPI_freetuptable(SPI_tuptable);
  return state;
}

void ForgetProject(Datum org_id, Datum project_id) {
  const Datum values[] = {org_id, project_id};
  ExecuteChange(&forget_project_plan, values, SPI_OK_DELETE);
}

}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(unpack_week) {
  const ProjectWeek of = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
  const StoreAccess access = EnterStore();
  AssignOrganizationOfStore(DatumGetUUIDP(of.org_id));
  if (KeepOrganization(of.org_id)) {
    const WeekState state = TakeWeek(of);
    const Datum values[] = {of.org_id, of.project_id, of.week};
    if (!TIMESTAMP_IS_NOBEGIN(state.packed_until)) ExecuteChange(&unpacked_plan, values, SPI_OK_UPDATE);
  }
  DeleteSegments(of);
  LeaveStore(access);
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(note_unpacked) {
  const ProjectWeek of = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
  const StoreAccess access = EnterStore();
  AssignOrganizationOfStore(DatumGetUUIDP(of.org_id));
  BoundWaiting();
  if (KeepOrganization(of.org_id)) TakeWeek(of);
  LeaveStore(access);
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(forget_packed) {
  const ProjectWeek of = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
  const StoreAccess access = EnterStore();
  AssignOrganizationOfStore(DatumGetUUIDP(of.org_id));
  if (KeepOrganization(of.org_id)) TakeWeek(of);
  DeleteSegments(of);
  const Datum values[] = {of.org_id, of.project_id, of.week};
  ExecuteChange(&forget_plan, values, SPI_OK_DELETE);
  LeaveStore(access);
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(forget_packed_project) {
  const StoreAccess access = EnterStore();
  AssignOrganizationOfStore(PG_GETARG_UUID_P(0));
  ForgetProject(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
  LeaveStore(access);
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(forget_all_packed) {
  const Datum org_id = PG_GETARG_DATUM(0);
  const StoreAccess access = EnterStore();
  AssignOrganizationOfStore(DatumGetUUIDP(org_id));
  // Waits for packing, which keeps the organization.
  ExecuteSelect(&lock_plan, &org_id, 1, false);
  ExecuteChange(&forget_all_plan, &org_id, SPI_OK_DELETE);
  LeaveStore(access);
  PG_RETURN_VOID();
}
