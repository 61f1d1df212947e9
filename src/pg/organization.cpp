#include "src/pg/organization.hpp"

#include "src/pg/boundary.hpp"
#include "src/pg/result_rows.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/store_access.hpp"

namespace productgraph::pg {
namespace {

constexpr const char* kSetting = "productgraph.current_org";
constexpr const char* kServiceRole = "productgraph_service";
constexpr int kUuidCharacters = 36;

enum class OrganizationScope {
  kSession,
  kTransaction,  // until the end of the transaction
  kNested,       // until the end of the current GUC nest level
};

// The organization of the session, and on whose word.
struct Choice {
  bool is_set;
  pg_uuid_t org_id;
  Oid chooser;  // the role that was allowed to choose; invalid when the store itself did
  Oid outer;    // the role of SET ROLE, else of the login, at that time
};

// What PostgreSQL keeps of the setting: nothing, or "UUID CHOOSER OUTER". Its assign hook keeps the choice
// beside it, through rollbacks and resets too, because every change goes through the hook.
char* setting_text;
Choice current;

// True while Assign runs: the only way to a new value.
bool assigning;

// Whether the choice holds, as found out in this transaction for a role of SET ROLE (invalid = not yet).
Oid verified_outer;
bool verified;
bool verifying;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Reads the canonical form that uuid_out writes and returns what follows it; null for any other.
const char* ReadCanonicalUuid(const char* text, pg_uuid_t* uuid) {
  for (int i = 0; i < UUID_LEN; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (*text++ != '-') return nullptr;
    }
    const int high = HexDigit(text[0]);
    const int low = high < 0 ? -1 : HexDigit(text[1]);
    if (low < 0) return nullptr;
    uuid->data[i] = static_cast<unsigned char>(high * 16 + low);
    text += 2;
  }
  return text;
}

// Refuses every way of setting the organization but ours: SET, set_config(), connection options, ALTER ROLE
// and ALTER DATABASE … SET, SET clauses of functions, and placeholders from before the library was loaded.
// Parallel workers take over what their leader's session had, but no settings of the role or database.
bool CheckSetting(char** value, void**, GucSource source) {
  if (assigning || (InitializingParallelWorker && source == PGC_S_SESSION)) return true;
  if (source == PGC_S_DEFAULT && **value == '\0') return true;
  GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
  GUC_check_errmsg("the current organization cannot be set this way");
  GUC_check_errhint("Use productgraph.set_current_org() and productgraph.clear_current_org().");
  return false;
}

void AssignSetting(const char* value, void*) {
  const char* const roles = value ? ReadCanonicalUuid(value, &current.org_id) : nullptr;
  current.is_set = roles && sscanf(roles, "%u %u", &current.chooser, &current.outer) == 2;
  verified_outer = InvalidOid;
}

// The organization alone is for everybody's eyes.
const char* ShowSetting() {
  static char shown[kUuidCharacters + 1];
  strlcpy(shown, current.is_set ? setting_text : "", sizeof(shown));
  return shown;
}

void ForgetVerification(XactEvent, void*) {
  verified_outer = InvalidOid;
}

bool HasPrivilegesOf(Oid role, const char* name) {
  const Oid other = get_role_oid(name, true);
  return superuser_arg(role) || (OidIsValid(other) && has_privs_of_role(role, other));
}

bool IsService(Oid role) {
  return HasPrivilegesOf(role, kServiceRole);
}

SavedPlan exists_plan = {"SELECT FROM productgraph.organizations WHERE id = $1", 1, {UUIDOID}, nullptr};
SavedPlan member_plan = {
    "SELECT FROM productgraph.organization_members m"
    " WHERE m.org_id = $1 AND pg_has_role($2, m.role, 'MEMBER')",
    2,
    {UUIDOID, OIDOID},
    nullptr};
SavedPlan choices_plan = {
    "SELECT o.id, o.slug, o.name FROM productgraph.organizations o"
    " WHERE $1 OR EXISTS (SELECT FROM productgraph.organization_members m"
    "                     WHERE m.org_id = o.id AND pg_has_role($2, m.role, 'MEMBER'))"
    " ORDER BY o.slug",
    2,
    {BOOLOID, OIDOID},
    nullptr};

bool Finds(SavedPlan* plan, const Datum* values) {
  const StoreAccess access = EnterStore();
  const bool found = ExecuteSelect(plan, values, 1) > 0;
  LeaveStore(access);
  return found;
}

bool Exists(const pg_uuid_t* org_id) {
  const Datum values[] = {UUIDPGetDatum(org_id)};
  return Finds(&exists_plan, values);
}

bool IsMember(Oid role, const pg_uuid_t* org_id) {
  const Datum values[] = {UUIDPGetDatum(org_id), ObjectIdGetDatum(role)};
  return Finds(&member_plan, values);
}

void CheckMayChoose(Oid role, const pg_uuid_t* org_id) {
  if (IsService(role)) {
    if (Exists(org_id)) return;
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("organization \"%s\" does not exist",
                           DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(org_id)))),
                    errhint("Make one with productgraph.create_organization(slug, name).")));
  }
  if (IsMember(role, org_id)) return;
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("role \"%s\" is not a member of that organization", GetUserNameFromId(role, false)),
                  errhint("A service role can add it with productgraph.add_member(role, org_id).")));
}

void Assign(const pg_uuid_t* org_id, Oid chooser, OrganizationScope scope) {
  const char* const value =
      org_id ? psprintf("%s %u %u", DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(org_id))),
                        chooser, GetOuterUserId())
             : "";
  const GucAction action = scope == OrganizationScope::kSession       ? GUC_ACTION_SET
                           : scope == OrganizationScope::kTransaction ? GUC_ACTION_LOCAL
                                                                      : GUC_ACTION_SAVE;
  assigning = true;
  PG_TRY();
  { set_config_option(kSetting, value, PGC_USERSET, PGC_S_SESSION, action, true, 0, false); }
  PG_FINALLY();
  { assigning = false; }
  PG_END_TRY();
}

OrganizationScope ScopeOf(bool is_local) {
  return is_local ? OrganizationScope::kTransaction : OrganizationScope::kSession;
}

// Whether the choice holds for who acts now: whoever made it may have been removed from the organization
// since, and another role may have come with SET ROLE, for which the choice holds if it could have made it.
// Asked once in a transaction; false while it is being asked.
bool ChoiceHolds() {
  if (!OidIsValid(current.chooser)) return true;
  const Oid outer = GetOuterUserId();
  if (verified_outer == outer) return verified;
  if (verifying) return false;
  const Oid role = outer == current.outer ? current.chooser : outer;
  bool holds = IsService(role);
  if (!holds) {
    verifying = true;
    PG_TRY();
    { holds = IsMember(role, &current.org_id); }
    PG_FINALLY();
    { verifying = false; }
    PG_END_TRY();
  }
  verified = holds;
  verified_outer = outer;
  return holds;
}

}  // namespace

void DefineOrganizationSetting() {
  DefineCustomStringVariable(kSetting, "Organization whose rows this session sees.",
                             "Set by productgraph.set_current_org() only.", &setting_text, "", PGC_USERSET,
                             GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, CheckSetting, AssignSetting,
                             ShowSetting);
  RegisterXactCallback(ForgetVerification, nullptr);
}

void AssignOrganizationOfStore(const pg_uuid_t* org_id) {
  Assign(org_id, InvalidOid, OrganizationScope::kNested);
}

}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(set_current_org) {
  if (PG_ARGISNULL(0)) {
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("organization must not be null"),
                    errhint("To have none, call productgraph.clear_current_org().")));
  }
  const pg_uuid_t* const org_id = PG_GETARG_UUID_P(0);
  const Oid role = GetUserId();
  CheckMayChoose(role, org_id);
  Assign(org_id, role, ScopeOf(!PG_ARGISNULL(1) && PG_GETARG_BOOL(1)));
  verified = true;
  verified_outer = GetOuterUserId();
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(clear_current_org) {
  Assign(nullptr, InvalidOid, ScopeOf(!PG_ARGISNULL(0) && PG_GETARG_BOOL(0)));
  PG_RETURN_VOID();
}

// Those that set_current_org would take now.
PRODUCTGRAPH_FUNCTION(my_organizations) {
  constexpr int kColumns = 3;
  const ResultRows rows = BeginRows(fcinfo);
  const Oid role = GetUserId();
  const Datum values[] = {BoolGetDatum(IsService(role)), ObjectIdGetDatum(role)};
  const StoreAccess access = EnterStore();
  const uint64 count = ExecuteSelect(&choices_plan, values, 0);
  for (uint64 i = 0; i < count; ++i) {
    Datum columns[kColumns];
    bool nulls[kColumns];
    heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, columns, nulls);
    AddRow(rows, columns, nulls);
  }
  LeaveStore(access);
  PG_RETURN_NULL();
}

// The choice is the store's own, not one that the role could make: it ends with the transaction at the
// latest.
PRODUCTGRAPH_FUNCTION(enter_org_to_maintain) {
  if (!HasPrivilegesOf(GetUserId(), kOwnerRole)) {
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("only members of \"%s\" maintain organizations", kOwnerRole)));
  }
  Assign(PG_GETARG_UUID_P(0), InvalidOid, OrganizationScope::kTransaction);
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(current_org_id) {
  if (!current.is_set || !ChoiceHolds()) PG_RETURN_NULL();
  pg_uuid_t* const result = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  *result = current.org_id;
  PG_RETURN_UUID_P(result);
}
