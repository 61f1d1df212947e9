#include "src/pg/ingest_store.hpp"

#include <cstring>

#include "src/pg/boundary.hpp"
#include "src/pg/ingest_statement.hpp"
#include "src/pg/organization.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// The events of one organization reach SQL as a named tuplestore, as transition tables of triggers do.
constexpr const char* kRelation = "ingested_events";

// Its columns: these, then the fields in the order of kFields, then attributes.
enum LeadingColumn { kOrdinal, kKey, kOrgId, kReceivedAt, kLeadingColumns };
constexpr int kAttributesColumn = kLeadingColumns + core::kFieldCount;
constexpr int kColumns = kAttributesColumn + 1;

SavedPlan store_plan = {nullptr, 0, {}, nullptr};
SavedPlan keep_plan = {
    "SELECT FROM productgraph.organizations WHERE id = $1 FOR KEY SHARE", 1, {UUIDOID}, nullptr};

Oid TypeOid(core::FieldType type) {
  switch (type) {
    case core::FieldType::kTimestamp:
      return TIMESTAMPTZOID;
    case core::FieldType::kInt64:
      return INT8OID;
    case core::FieldType::kInt32:
      return INT4OID;
    case core::FieldType::kNumber:
      return FLOAT8OID;
    case core::FieldType::kObject:
      return JSONBOID;
    default:
      return TEXTOID;
  }
}

TupleDesc DescribeRows() {
  const TupleDesc description = CreateTemplateTupleDesc(kColumns);
  const auto column = [&](int index, std::string_view name, Oid type) {
    TupleDescInitEntry(description, static_cast<AttrNumber>(index + 1), MakeCString(name), type, -1, 0);
    if (type == TEXTOID) {
      TupleDescInitEntryCollation(description, static_cast<AttrNumber>(index + 1), DEFAULT_COLLATION_OID);
    }
  };
  column(kOrdinal, "ordinal", INT4OID);
  column(kKey, "key", UUIDOID);
  column(kOrgId, "org_id", UUIDOID);
  column(kReceivedAt, "received_at", TIMESTAMPTZOID);
  for (int i = 0; i < core::kFieldCount; ++i) {
    column(kLeadingColumns + i, core::kFields[i].column, TypeOid(core::kFields[i].type));
  }
  column(kAttributesColumn, "attributes", JSONBOID);
  return description;
}

Datum FieldDatum(const core::FieldValue& value) {
  switch (core::Describe(value.field).type) {
    case core::FieldType::kTimestamp:
      return TimestampTzGetDatum(FromUnixMicros(value.integer));
    case core::FieldType::kInt64:
      return Int64GetDatum(value.integer);
    case core::FieldType::kInt32:
      return Int32GetDatum(static_cast<int32>(value.integer));
    case core::FieldType::kNumber:
      return Float8GetDatum(value.number);
    case core::FieldType::kObject:
      return DirectFunctionCall1(jsonb_in, CStringGetDatum(MakeCString(value.text)));
    default:
      return PointerGetDatum(MakeText(value.text));
  }
}

void PutRow(Tuplestorestate* store, TupleDesc description, const core::IngestRow& row, int ordinal) {
  Datum values[kColumns];
  bool nulls[kColumns];
  memset(nulls, true, sizeof(nulls));
  const auto put = [&](int column, Datum value) {
    values[column] = value;
    nulls[column] = false;
  };
  put(kOrdinal, Int32GetDatum(ordinal));
  put(kKey, PointerGetDatum(row.key.data()));
  put(kOrgId, PointerGetDatum(row.project->org_id.data()));
  put(kReceivedAt, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
  for (const core::FieldValue& value : row.event->values) {
    put(kLeadingColumns + static_cast<int>(value.field), FieldDatum(value));
  }
  if (!row.event->attributes.empty()) {
    put(kAttributesColumn,
        DirectFunctionCall1(jsonb_in, CStringGetDatum(MakeCString(row.event->attributes))));
  }
  tuplestore_putvalues(store, description, values, nulls);
}

// Holds off the deletion of the organization until this transaction has ended, so that it finds our rows too.
// An organization that is gone by now lost its keys and projects with it: the next attempt is told so.
void KeepOrganization(const pg_uuid_t* org_id) {
  const Datum values[] = {UUIDPGetDatum(org_id)};
  if (ExecuteSelect(&keep_plan, values, 1, false) > 0) return;
  ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                  errmsg("the organization was deleted while its events were being stored"),
                  errhint("Send them again.")));
}

// Stores rows [begin, end), all of one organization.
void StoreOrganization(core::IngestBatch* batch, std::size_t begin, std::size_t end) {
  core::IngestRow* const rows = batch->rows().data();
  const TupleDesc description = DescribeRows();
  Tuplestorestate* const store = tuplestore_begin_heap(false, false, work_mem);
  const MemoryContext row_context =
      AllocSetContextCreate(CurrentMemoryContext, "ingested events", ALLOCSET_DEFAULT_SIZES);
  const MemoryContext caller = MemoryContextSwitchTo(row_context);
  for (std::size_t i = begin; i < end; ++i) {
    PutRow(store, description, rows[i], static_cast<int>(i));
    MemoryContextReset(row_context);
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(row_context);

  EphemeralNamedRelationData relation = {};
  relation.md.name = const_cast<char*>(kRelation);
  relation.md.tupdesc = description;
  relation.md.enrtype = ENR_NAMED_TUPLESTORE;
  relation.md.enrtuples = static_cast<double>(end - begin);
  relation.reldata = store;
  if (SPI_register_relation(&relation) != SPI_OK_REL_REGISTER)
    elog(ERROR, "cannot register \"%s\"", kRelation);
  if (!store_plan.query) store_plan.query = MakeStoreStatement(kRelation, TopMemoryContext);
  const uint64 stored = ExecuteSelect(&store_plan, nullptr, 0, false);
  for (uint64 i = 0; i < stored; ++i) {
    bool null;
    const Datum ordinal = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null);
    rows[DatumGetInt32(ordinal)].stored = true;
  }
  SPI_freetuptable(SPI_tuptable);
  SPI_unregister_relation(kRelation);
  tuplestore_end(store);
}

}  // namespace

void StoreRows(core::IngestBatch* batch) {
  const auto& rows = batch->rows();
  const int guc_level = NewGUCNestLevel();
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && rows[end].project->org_id == rows[begin].project->org_id) ++end;
    pg_uuid_t org_id;
    memcpy(org_id.data, rows[begin].project->org_id.data(), UUID_LEN);
    AssignOrganizationOfStore(&org_id);
    KeepOrganization(&org_id);
    StoreOrganization(batch, begin, end);
    begin = end;
  }
  AtEOXact_GUC(true, guc_level);
}

}  // namespace productgraph::pg
