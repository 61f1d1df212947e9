#include "src/pg/organization.hpp"

#include "src/pg/boundary.hpp"
#include "src/pg/store_access.hpp"

namespace productgraph::pg {
namespace {

constexpr const char* kSetting = "productgraph.current_org";
constexpr const char* kServiceRole = "productgraph_service";

// What PostgreSQL keeps of the setting. Its assign hook keeps the parsed value beside it, through rollbacks
// and resets too, because every change goes through the hook.
char* setting_text;
bool organization_is_set;
pg_uuid_t organization;

// True while AssignOrganization runs: the only way to a new value.
bool assigning;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Reads the canonical form that uuid_out writes; false for any other.
bool ParseCanonicalUuid(const char* text, pg_uuid_t* uuid) {
  for (int i = 0; i < UUID_LEN; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (*text++ != '-') return false;
    }
    const int high = HexDigit(text[0]);
    const int low = high < 0 ? -1 : HexDigit(text[1]);
    if (low < 0) return false;
    uuid->data[i] = static_cast<unsigned char>(high * 16 + low);
    text += 2;
  }
  return *text == '\0';
}

// Refuses every way of setting the organization but ours: SET, set_config(), connection options, ALTER ROLE
// and ALTER DATABASE … SET, SET clauses of functions, and placeholders from before the library was loaded.
// Parallel workers take over what their leader had.
bool CheckSetting(char** value, void**, GucSource source) {
  if (assigning || InitializingParallelWorker) return true;
  if (source == PGC_S_DEFAULT && **value == '\0') return true;
  GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
  GUC_check_errmsg("the current organization cannot be set this way");
  GUC_check_errhint("Use productgraph.set_current_org() and productgraph.clear_current_org().");
  return false;
}

void AssignSetting(const char* value, void*) {
  organization_is_set = value && ParseCanonicalUuid(value, &organization);
}

bool IsService(Oid role) {
  const Oid service = get_role_oid(kServiceRole, true);
  return superuser_arg(role) || (OidIsValid(service) && has_privs_of_role(role, service));
}

// Whether the organization exists (for a service role) or has the role as a member.
bool MayChoose(Oid role, bool service, const pg_uuid_t* org_id) {
  const char* const query = service ? "SELECT 1 FROM productgraph.organizations WHERE id = $1"
                                    : "SELECT 1 FROM productgraph.organization_members m"
                                      " WHERE m.org_id = $1 AND pg_has_role($2, m.role, 'MEMBER')";
  Oid types[] = {UUIDOID, OIDOID};
  Datum values[] = {UUIDPGetDatum(org_id), ObjectIdGetDatum(role)};
  const StoreAccess access = EnterStore();
  if (SPI_execute_with_args(query, service ? 1 : 2, types, values, nullptr, true, 1) != SPI_OK_SELECT) {
    elog(ERROR, "cannot look up an organization");
  }
  const bool found = SPI_processed > 0;
  LeaveStore(access);
  return found;
}

void CheckMayChoose(const pg_uuid_t* org_id) {
  const Oid role = GetUserId();
  const bool service = IsService(role);
  if (MayChoose(role, service, org_id)) return;
  if (service) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("organization \"%s\" does not exist",
                           DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(org_id)))),
                    errhint("Make one with productgraph.create_organization(slug, name).")));
  }
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("role \"%s\" is not a member of that organization", GetUserNameFromId(role, false)),
                  errhint("A service role can add it with productgraph.add_member(role, org_id).")));
}

}  // namespace

void DefineOrganizationSetting() {
  DefineCustomStringVariable(kSetting, "Organization whose rows this session sees.",
                             "Set by productgraph.set_current_org() only.", &setting_text, "", PGC_USERSET,
                             GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, CheckSetting, AssignSetting, nullptr);
}

void AssignOrganization(const pg_uuid_t* org_id, OrganizationScope scope) {
  const char* const value =
      org_id ? DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(org_id))) : "";
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

}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(set_current_org) {
  if (PG_ARGISNULL(0)) {
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("organization must not be null"),
                    errhint("To have none, call productgraph.clear_current_org().")));
  }
  const pg_uuid_t* const org_id = PG_GETARG_UUID_P(0);
  CheckMayChoose(org_id);
  const bool is_local = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
  AssignOrganization(org_id, is_local ? OrganizationScope::kTransaction : OrganizationScope::kSession);
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(clear_current_org) {
  const bool is_local = !PG_ARGISNULL(0) && PG_GETARG_BOOL(0);
  AssignOrganization(nullptr, is_local ? OrganizationScope::kTransaction : OrganizationScope::kSession);
  PG_RETURN_VOID();
}

PRODUCTGRAPH_FUNCTION(current_org_id) {
  if (!organization_is_set) PG_RETURN_NULL();
  pg_uuid_t* const result = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  *result = organization;
  PG_RETURN_UUID_P(result);
}
