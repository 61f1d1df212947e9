// unpack_changed(): rows that are changed or deleted make their weeks be read as rows again.
#include "src/pg/boundary.hpp"
#include "src/pg/store_access.hpp"

namespace productgraph::pg {
namespace {

// In the order in which packing takes weeks.
constexpr const char* kUnpack =
    "SELECT productgraph.unpack_week(c.org_id, c.project_id, c.week)"
    " FROM (SELECT DISTINCT r.org_id, r.project_id,"
    " date_trunc('week', r.timestamp AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS week FROM (%s) r"
    " WHERE isfinite(r.timestamp) ORDER BY week DESC, r.org_id, r.project_id) c";

constexpr const char* kChanged = "SELECT org_id, project_id, timestamp FROM %s";

const char* ChangedRows(TriggerEvent event) {
  const char* const old_rows = psprintf(kChanged, "old_rows");
  if (!TRIGGER_FIRED_BY_UPDATE(event)) return old_rows;
  return psprintf("%s UNION ALL %s", old_rows, psprintf(kChanged, "new_rows"));
}

// Of all projects, of the week that is a partition's or of all.
const char* TruncatedRows(Relation table) {
  const char* const name = RelationGetRelationName(table);
  return psprintf(
      "SELECT p.org_id, p.project_id, p.week AS timestamp FROM productgraph.packed_weeks p"
      " WHERE %s IN ('events', 'events_' || to_char(p.week AT TIME ZONE 'UTC', 'YYYYMMDD'))",
      quote_literal_cstr(name));
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(unpack_changed) {
  if (!CALLED_AS_TRIGGER(fcinfo)) {
    ereport(ERROR,
            (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("unpack_changed() is a trigger")));
  }
  auto* const trigger = reinterpret_cast<TriggerData*>(fcinfo->context);
  if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || !TRIGGER_FIRED_AFTER(trigger->tg_event)) {
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("unpack_changed() is a trigger AFTER statements")));
  }
  const StoreAccess access = EnterStore();
  if (SPI_register_trigger_data(trigger) != SPI_OK_TD_REGISTER)
    elog(ERROR, "cannot read the rows of the statement");
  const bool truncated = TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event);
  const char* const rows = truncated ? TruncatedRows(trigger->tg_relation) : ChangedRows(trigger->tg_event);
  const int result = SPI_execute(psprintf(kUnpack, rows), false, 0);
  if (result != SPI_OK_SELECT) elog(ERROR, "cannot unpack: %s", SPI_result_code_string(result));
  LeaveStore(access);
  return PointerGetDatum(nullptr);
}
