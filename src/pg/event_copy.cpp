#include "src/pg/event_copy.hpp"

#include <algorithm>

#include "src/core/copy_stream.hpp"
#include "src/pg/boundary.hpp"
#include "src/pg/receipt_floor.hpp"
#include "src/pg/store_access.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// What COPY reads: its callback has no argument of its own.
core::CopyStream* source = nullptr;

int ReadSource(void* target, int, int most) {
  std::size_t size = 0;
  Compute([&] { size = source->Read({static_cast<char*>(target), static_cast<std::size_t>(most)}); });
  return static_cast<int>(size);
}

// The columns of core::CopyStream.
List* ColumnNames() {
  List* names = list_make2(makeString(pstrdup("org_id")), makeString(pstrdup("received_at")));
  for (const core::FieldSpec& field : core::kFields)
    names = lappend(names, makeString(MakeCString(field.column)));
  return lappend(names, makeString(pstrdup("attributes")));
}

void Copy(Relation events, core::CopyStream* stream) {
  const int guc_level = NewGUCNestLevel();
  // The stream's text is UTF-8, which COPY takes the client's encoding to say.
  if (pg_get_client_encoding() != PG_UTF8) PinSetting("client_encoding", "UTF8");
  ParseState* const parse_state = make_parsestate(nullptr);
  addRangeTableEntryForRelation(parse_state, events, RowExclusiveLock, nullptr, false, false);
  List* const options =
      list_make1(makeDefElem(pstrdup("format"), reinterpret_cast<Node*>(makeString(pstrdup("binary"))), -1));
  // A trigger may ingest in turn.
  core::CopyStream* const outer = source;
  source = stream;
  const CopyFromState copy =
      BeginCopyFrom(parse_state, events, nullptr, nullptr, false, ReadSource, ColumnNames(), options);
  CopyFrom(copy);
  EndCopyFrom(copy);
  source = outer;
  free_parsestate(parse_state);
  AtEOXact_GUC(true, guc_level);
}

}  // namespace

void CopyEvents(std::span<const core::IngestRow> rows, std::pmr::memory_resource* memory) {
  const auto is_stored = [](const core::IngestRow& row) { return row.stored; };
  if (std::none_of(rows.begin(), rows.end(), is_stored)) return;
  // The floor holds from when the table is locked.
  const Relation events = table_open(StoreTable("events"), RowExclusiveLock);
  const core::UnixMicros received_at =
      ToUnixMicros(std::max(GetCurrentTransactionStartTimestamp(), ReceiptFloor()));
  core::CopyStream* stream = nullptr;
  Compute([&] {
    stream = new (memory->allocate(sizeof(core::CopyStream))) core::CopyStream(rows, received_at, memory);
  });
  Copy(events, stream);
  table_close(events, NoLock);
}

}  // namespace productgraph::pg
