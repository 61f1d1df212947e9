#include "src/pg/session_merge.hpp"

#include "src/core/session_part.hpp"
#include "src/pg/boundary.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// The parts reach SQL as a named tuplestore, as transition tables of triggers do.
constexpr const char* kRelation = "session_parts";

struct Column {
  const char* name;
  Oid type;
};
constexpr Column kColumns[] = {
    {"org_id", UUIDOID},
    {"project_id", TEXTOID},
    {"session_id", TEXTOID},
    {"started_at", TIMESTAMPTZOID},
    {"ended_at", TIMESTAMPTZOID},
    {"events", INT8OID},
    {"pages", INT8OID},
    {"errors", INT8OID},
    {"converted_at", TIMESTAMPTZOID},
    {"user_at", TIMESTAMPTZOID},
    {"user_id", TEXTOID},
    {"user_anonymous_at", TIMESTAMPTZOID},
    {"user_anonymous_id", TEXTOID},
    {"entry_at", TIMESTAMPTZOID},
    {"entry_sequence", INT8OID},
    {"entry_page", TEXTOID},
    {"exit_at", TIMESTAMPTZOID},
    {"exit_sequence", INT8OID},
    {"exit_page", TEXTOID},
    {"journey_at", TIMESTAMPTZOID},
    {"journey_sequence", INT8OID},
    {"journey_id", TEXTOID},
    {"journey_step_id", TEXTOID},
};

constexpr const char* kMergeSessions = R"sql(
INSERT INTO productgraph.sessions AS s (%1$s)
SELECT %1$s FROM %2$s
ON CONFLICT (org_id, project_id, session_id) DO UPDATE SET
  started_at = least(s.started_at, excluded.started_at),
  ended_at = greatest(s.ended_at, excluded.ended_at),
  events = s.events + excluded.events,
  pages = s.pages + excluded.pages,
  errors = s.errors + excluded.errors,
  converted_at = least(s.converted_at, excluded.converted_at))sql";

// Columns that all tell of one event, the first of them its time, and whether the new event takes the place
// of the kept one: NULL, when there is no new one, does not.
struct OneEvent {
  const char* condition;
  const char* columns[4];
};
constexpr OneEvent kOneEvent[] = {
    {"(excluded.user_at, excluded.user_id COLLATE \"C\") > (s.user_at, s.user_id COLLATE \"C\")",
     {"user_at", "user_id"}},
    {"(excluded.user_anonymous_at, excluded.user_anonymous_id COLLATE \"C\") > "
     "(s.user_anonymous_at, s.user_anonymous_id COLLATE \"C\")",
     {"user_anonymous_at", "user_anonymous_id"}},
    {"(excluded.entry_at, coalesce(excluded.entry_sequence, 9223372036854775807), "
     "coalesce(excluded.entry_page, '') COLLATE \"C\") < "
     "(s.entry_at, coalesce(s.entry_sequence, 9223372036854775807), coalesce(s.entry_page, '') COLLATE "
     "\"C\")",
     {"entry_at", "entry_sequence", "entry_page"}},
    {"(excluded.exit_at, coalesce(excluded.exit_sequence, 9223372036854775807), "
     "coalesce(excluded.exit_page, '') COLLATE \"C\") > "
     "(s.exit_at, coalesce(s.exit_sequence, 9223372036854775807), coalesce(s.exit_page, '') COLLATE \"C\")",
     {"exit_at", "exit_sequence", "exit_page"}},
    {"(excluded.journey_at, coalesce(excluded.journey_sequence, 9223372036854775807), "
     "coalesce(excluded.journey_id, '') COLLATE \"C\", excluded.journey_step_id COLLATE \"C\") > "
     "(s.journey_at, coalesce(s.journey_sequence, 9223372036854775807), "
     "coalesce(s.journey_id, '') COLLATE \"C\", s.journey_step_id COLLATE \"C\")",
     {"journey_at", "journey_sequence", "journey_id", "journey_step_id"}},
};

SavedPlan merge_plan = {nullptr, 0, {}, nullptr};

const char* MakeMergeStatement() {
  StringInfoData columns;
  initStringInfo(&columns);
  for (const Column& column : kColumns)
    appendStringInfo(&columns, "%s%s", columns.len ? ", " : "", column.name);
  StringInfoData statement;
  initStringInfo(&statement);
  appendStringInfo(&statement, kMergeSessions, columns.data, kRelation);
  for (const OneEvent& event : kOneEvent) {
    for (const char* column : event.columns) {
      if (!column) break;
      appendStringInfo(&statement, ",\n  %s = CASE WHEN s.%s IS NULL OR %s THEN excluded.%s ELSE s.%s END",
                       column, event.columns[0], event.condition, column, column);
    }
  }
  return MemoryContextStrdup(TopMemoryContext, statement.data);
}

// For the session: plans refer to it.
TupleDesc Describe() {
  static TupleDesc description = nullptr;
  if (description) return description;
  const MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
  const TupleDesc made = CreateTemplateTupleDesc(static_cast<int>(std::size(kColumns)));
  AttrNumber number = 0;
  for (const Column& column : kColumns) {
    TupleDescInitEntry(made, ++number, column.name, column.type, -1, 0);
    if (column.type == TEXTOID) TupleDescInitEntryCollation(made, number, DEFAULT_COLLATION_OID);
  }
  MemoryContextSwitchTo(caller);
  return description = made;
}

// The values of a row, put one after another.
class Row {
 public:
  void Put(Datum value) { Put(value, false); }
  void Put(Datum value, bool null) {
    values_[count_] = value;
    nulls_[count_++] = null;
  }
  void PutTime(core::UnixMicros time, bool present) {
    Put(TimestampTzGetDatum(FromUnixMicros(time)), !present);
  }
  void PutText(std::string_view text) { Put(PointerGetDatum(MakeText(text))); }
  void PutText(std::string_view text, bool present) {
    if (present) {
      PutText(text);
    } else {
      PutNull();
    }
  }
  void PutNull() { Put(Datum{0}, true); }
  void Store(Tuplestorestate* store, TupleDesc description) {
    tuplestore_putvalues(store, description, values_, nulls_);
  }

 private:
  Datum values_[std::size(kColumns)];
  bool nulls_[std::size(kColumns)];
  int count_ = 0;
};

void PutPlace(const core::TellingEvent& event, Row* row) {
  row->PutTime(event.at, event.present);
  row->Put(Int64GetDatum(event.sequence), !event.present || !event.has_sequence);
}

// In the order of kColumns.
void PutPart(const core::SessionPart& part, const core::Uuid& org_id, Tuplestorestate* store) {
  Row row;
  row.Put(PointerGetDatum(org_id.data()));
  row.PutText(part.project_id);
  row.PutText(part.session_id);
  row.PutTime(part.started_at, true);
  row.PutTime(part.ended_at, true);
  row.Put(Int64GetDatum(part.events));
  row.Put(Int64GetDatum(part.pages));
  row.Put(Int64GetDatum(part.errors));
  row.PutTime(part.converted_at, part.converted);
  for (const core::TellingEvent* user : {&part.user, &part.anonymous_user}) {
    row.PutTime(user->at, user->present);
    row.PutText(user->value, user->present);
  }
  for (const core::TellingEvent* page : {&part.entry, &part.exit}) {
    PutPlace(*page, &row);
    row.PutText(page->value, !page->value.empty());
  }
  PutPlace(part.journey, &row);
  row.PutText(part.journey.value, !part.journey.value.empty());
  row.PutText(part.journey.second, part.journey.present);
  row.Store(store, Describe());
}

}  // namespace

void MergeSessions(std::span<const core::IngestRow> rows, std::pmr::memory_resource* memory) {
  auto* const parts = NewIn<std::pmr::vector<core::SessionPart>>(CurrentMemoryContext, memory);
  Compute([&] { *parts = core::FoldSessions(rows, memory); });
  if (parts->empty()) return;
  Tuplestorestate* const store = tuplestore_begin_heap(false, false, work_mem);
  for (const core::SessionPart& part : *parts) PutPart(part, rows.front().project->org_id, store);

  EphemeralNamedRelationData relation = {};
  relation.md.name = const_cast<char*>(kRelation);
  relation.md.tupdesc = Describe();
  relation.md.enrtype = ENR_NAMED_TUPLESTORE;
  relation.md.enrtuples = static_cast<double>(parts->size());
  relation.reldata = store;
  if (SPI_register_relation(&relation) != SPI_OK_REL_REGISTER)
    elog(ERROR, "cannot register \"%s\"", kRelation);
  if (!merge_plan.query) merge_plan.query = MakeMergeStatement();
  ExecuteChange(&merge_plan, nullptr, SPI_OK_INSERT);
  SPI_unregister_relation(kRelation);
  tuplestore_end(store);
}

}  // namespace productgraph::pg
