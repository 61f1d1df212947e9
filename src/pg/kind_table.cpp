#include "src/pg/kind_table.hpp"

#include <cstring>

#include "src/pg/boundary.hpp"
#include "src/pg/row_stream.hpp"

namespace productgraph::pg {
namespace {

constexpr int kKeyColumns = 3;  // org_id, project_id, kind

bool IsInteger(core::FieldId field) {
  return core::Describe(field).type == core::FieldType::kInt32;
}

const char* InsertStatement() {
  StringInfoData statement;
  initStringInfo(&statement);
  appendStringInfo(&statement,
                   "INSERT INTO productgraph.kinds (org_id, project_id, kind, %s) VALUES ($1, $2, $3",
                   KindColumns(nullptr));
  for (int i = 0; i < core::kKindFieldCount; ++i) appendStringInfo(&statement, ", $%d", kKeyColumns + 1 + i);
  appendStringInfoChar(&statement, ')');
  return statement.data;
}

Datum FieldDatum(core::FieldId field, std::string_view bytes) {
  if (!IsInteger(field)) return PointerGetDatum(MakeText(bytes));
  int32 value;
  memcpy(&value, bytes.data(), sizeof(value));
  return Int32GetDatum(value);
}

}  // namespace

const char* KindColumns(const char* alias) {
  StringInfoData columns;
  initStringInfo(&columns);
  for (const core::FieldId field : core::kKindFields) {
    const std::string_view name = core::Describe(field).column;
    appendStringInfo(&columns, "%s%s%s%.*s", columns.len > 0 ? ", " : "", alias ? alias : "",
                     alias ? "." : "", static_cast<int>(name.size()), name.data());
  }
  return columns.data;
}

core::KindFields ReadKindFields(TupleTableSlot* row, int column, IntegerFields* integers) {
  core::KindFields fields;
  for (int i = 0; i < core::kKindFieldCount; ++i, ++column) {
    if (row->tts_isnull[column]) continue;
    if (IsInteger(core::kKindFields[i])) {
      int32* const value = &integers->values[i];
      *value = DatumGetInt32(row->tts_values[column]);
      fields[i] = std::string_view(reinterpret_cast<const char*>(value), sizeof(*value));
    } else {
      fields[i] = TextColumn(row, column);
    }
  }
  return fields;
}

std::uint32_t KindTable::Number(const core::KindFields& fields) {
  core::MakeKindKey(fields, &key_);
  const std::string_view key(key_.data(), key_.size());
  return kinds_.Number(key, core::ActorHash(key));
}

bool KindTable::TakeRow(TupleTableSlot* row, void* state) {
  IntegerFields integers;
  const core::KindFields fields = ReadKindFields(row, 0, &integers);
  auto* const table = static_cast<KindTable*>(state);
  std::uint32_t number = 0;
  Compute([&] { number = table->Number(fields); });
  const int32 kind = DatumGetInt32(row->tts_values[core::kKindFieldCount]);
  if (number == static_cast<std::uint32_t>(kind) && table->kinds_.size() == number + 1) return true;
  ereport(ERROR,
          (errcode(ERRCODE_DATA_CORRUPTED), errmsg("kind %d of a project is not where it should be", kind),
           errhint("Number its kinds anew with productgraph.rebuild_segments(project).")));
}

void KindTable::Load(Datum org_id, Datum project_id) {
  const QueryParameter parameters[] = {{UUIDOID, org_id}, {TEXTOID, project_id}};
  StreamRows(psprintf("SELECT %s, k.kind FROM productgraph.kinds k WHERE k.org_id = $1 AND k.project_id = $2 "
                      "ORDER BY k.kind",
                      KindColumns("k")),
             parameters, TakeRow, this);
  stored_ = kinds_.size();
}

void KindTable::StoreNew(Datum org_id, Datum project_id) {
  if (stored_ == kinds_.size()) return;
  constexpr int kParameters = kKeyColumns + core::kKindFieldCount;
  Oid types[kParameters] = {UUIDOID, TEXTOID, INT4OID};
  Datum values[kParameters] = {org_id, project_id};
  char nulls[kParameters] = {' ', ' ', ' '};
  for (int i = 0; i < core::kKindFieldCount; ++i)
    types[kKeyColumns + i] = IsInteger(core::kKindFields[i]) ? INT4OID : TEXTOID;
  const SPIPlanPtr plan = SPI_prepare(InsertStatement(), kParameters, types);
  if (!plan) elog(ERROR, "cannot prepare the insertion of kinds: %s", SPI_result_code_string(SPI_result));
  for (; stored_ < kinds_.size(); ++stored_) {
    CHECK_FOR_INTERRUPTS();
    values[kKeyColumns - 1] = Int32GetDatum(static_cast<int32>(stored_));
    const core::KindFields fields = core::ReadKindKey(kinds_[stored_].text);
    for (int i = 0; i < core::kKindFieldCount; ++i) {
      nulls[kKeyColumns + i] = fields[i] ? ' ' : 'n';
      values[kKeyColumns + i] = fields[i] ? FieldDatum(core::kKindFields[i], *fields[i]) : Datum{0};
    }
    const int result = SPI_execute_plan(plan, values, nulls, false, 0);
    if (result != SPI_OK_INSERT) elog(ERROR, "cannot insert a kind: %s", SPI_result_code_string(result));
  }
  SPI_freeplan(plan);
}

}  // namespace productgraph::pg
