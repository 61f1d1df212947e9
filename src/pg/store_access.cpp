#include "src/pg/store_access.hpp"

#include "src/pg/boundary.hpp"

namespace productgraph::pg {
namespace {

void RaiseNoStore() {
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the ProductGraph store is not set up"),
           errhint("Run: SELECT productgraph.setup();")));
}

}  // namespace

Oid StoreTable(const char* name) {
  const Oid schema = get_namespace_oid("productgraph", true);
  const Oid table = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
  if (!OidIsValid(table)) RaiseNoStore();
  return table;
}

// Another owner would find no key, or be bound by no policy.
Oid StoreOwner() {
  const HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(StoreTable("events")));
  if (!HeapTupleIsValid(tuple)) RaiseNoStore();
  const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
  ReleaseSysCache(tuple);
  if (owner != get_role_oid(kOwnerRole, true)) {
    ereport(ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
             errmsg("the tables of the ProductGraph store do not belong to \"%s\"", kOwnerRole),
             errhint("SELECT productgraph.setup() hands them over. A role that was renamed must have its "
                     "name again before.")));
  }
  return owner;
}

void PinSetting(const char* setting, const char* value) {
  set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

StoreAccess EnterStore() {
  StoreAccess access;
  const Oid owner = StoreOwner();
  GetUserIdAndSecContext(&access.user, &access.security_context);
  access.guc_level = NewGUCNestLevel();
  PinSetting("search_path", "pg_catalog, pg_temp");
  PinSetting("row_security", "on");
  if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
  SetUserIdAndSecContext(owner, access.security_context | SECURITY_LOCAL_USERID_CHANGE);
  return access;
}

void LeaveStore(const StoreAccess& access) {
  SetUserIdAndSecContext(access.user, access.security_context);
  SPI_finish();
  AtEOXact_GUC(true, access.guc_level);
}

}  // namespace productgraph::pg

using namespace productgraph::pg;

// Of the extension, which nobody else locks in this mode; any role may take an advisory lock.
PRODUCTGRAPH_FUNCTION(begin_setup) {
  static_cast<void>(fcinfo);
  LockDatabaseObject(ExtensionRelationId, get_extension_oid("productgraph", false), 0,
                     ShareUpdateExclusiveLock);
  PG_RETURN_VOID();
}
