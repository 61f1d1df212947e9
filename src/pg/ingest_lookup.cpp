#include "src/pg/ingest_lookup.hpp"

#include <cstring>

#include "src/pg/boundary.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/text_array.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

SavedPlan key_plan = {
    "SELECT org_id, project_id, 'ingest' = ANY (scopes) FROM productgraph.api_keys"
    " WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
    1,
    {BYTEAOID},
    nullptr};

#define PROJECT_RULES                                                                     \
  "SELECT p.org_id, coalesce((settings ->> 'allow_other_types')::boolean, false),"        \
  " coalesce(now() - (settings ->> 'accept_past')::interval, '1970-01-01 00:00:00+00'),"  \
  " now() + coalesce((settings ->> 'accept_future')::interval, '1 day'),"                 \
  " patterns, drop_fields, hash_fields, mask_fields, secret"                              \
  " FROM productgraph.projects p"                                                         \
  " LEFT JOIN productgraph.redactions r ON (r.org_id = p.org_id AND r.project_id = p.id)" \
  " WHERE p.id = $1"

SavedPlan project_plan = {PROJECT_RULES " AND p.org_id = $2", 2, {TEXTOID, UUIDOID}, nullptr};
SavedPlan open_project_plan = {
    PROJECT_RULES " AND settings -> 'open_ingest' = 'true'", 1, {TEXTOID}, nullptr};

#undef PROJECT_RULES

Datum Column(int number, bool* null) {
  return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, number, null);
}

core::Uuid ToUuid(Datum value) {
  core::Uuid uuid;
  memcpy(uuid.data(), DatumGetUUIDP(value)->data, uuid.size());
  return uuid;
}

// The columns from `patterns` on; null where the project has no row of its own. Lasts as long as SPI does.
core::RedactionOptions ReadRedaction(int patterns) {
  core::RedactionOptions options;
  std::span<const std::string_view>* const lists[] = {&options.patterns, &options.drop_fields,
                                                      &options.hash_fields, &options.mask_fields};
  bool null;
  for (std::span<const std::string_view>* const list : lists) {
    const Datum names = Column(patterns++, &null);
    if (!null) *list = TextViews(DatumGetArrayTypeP(names), "redactions");
  }
  const Datum secret = Column(patterns, &null);
  if (!null) memcpy(options.secret.data(), VARDATA_ANY(DatumGetByteaPP(secret)), options.secret.size());
  return options;
}

}  // namespace

void LookUpKeys(core::IngestBatch* batch, MemoryContext context) {
  for (core::KeyLookup& key : batch->keys()) {
    const Datum hash = PointerGetDatum(MakeText(key.key_hash));  // text and bytea are laid out alike
    if (ExecuteSelect(&key_plan, &hash, 1) == 0) continue;
    bool null;
    key.org_id = ToUuid(Column(1, &null));
    key.may_ingest = DatumGetBool(Column(3, &null));
    const Datum project = Column(2, &null);
    if (!null) {
      const MemoryContext caller = MemoryContextSwitchTo(context);
      key.project_id = TextView(DatumGetTextPCopy(project));
      MemoryContextSwitchTo(caller);
    }
    key.found = true;
  }
}

void LookUpProjects(core::IngestBatch* batch) {
  for (core::ProjectLookup& project : batch->projects()) {
    const Datum id = PointerGetDatum(MakeText(project.project_id));
    uint64 found;
    if (project.key < 0) {
      found = ExecuteSelect(&open_project_plan, &id, 1);
    } else {
      core::KeyLookup& key = batch->keys()[project.key];
      if (!key.project_id.empty() && key.project_id != project.project_id) continue;
      pg_uuid_t org_id;
      memcpy(org_id.data, key.org_id.data(), UUID_LEN);
      const Datum values[] = {id, UUIDPGetDatum(&org_id)};
      found = ExecuteSelect(&project_plan, values, 1);
    }
    if (found == 0) continue;
    bool null;
    project.org_id = ToUuid(Column(1, &null));
    project.rules.allow_other_types = DatumGetBool(Column(2, &null));
    project.rules.earliest = ToUnixMicros(DatumGetTimestampTz(Column(3, &null)));
    project.rules.latest = ToUnixMicros(DatumGetTimestampTz(Column(4, &null)));
    project.redaction = ReadRedaction(5);
    project.found = true;
  }
}

}  // namespace productgraph::pg
