// ingest() and ingest_requests(): events from JSON to rows in one transaction.
#include <cstring>
#include <span>

#include "src/core/ingest_batch.hpp"
#include "src/pg/boundary.hpp"
#include "src/pg/ingest_issues.hpp"
#include "src/pg/ingest_lookup.hpp"
#include "src/pg/ingest_store.hpp"
#include "src/pg/result_rows.hpp"
#include "src/pg/store_access.hpp"

namespace productgraph::pg {
namespace {

constexpr std::string_view kJson = "json";
constexpr std::string_view kNdjson = "ndjson";

// What a batch of the size that the sidecar sends needs is kept by the session: memory that is taken from the
// system and given back for each batch costs more than what is done with it.
constexpr std::size_t kKeptMemory = std::size_t{4} << 20;
char* kept_memory = nullptr;
bool kept_memory_in_use = false;

void ReleaseKeptMemory(void*) {
  kept_memory_in_use = false;
}

// Until `context` is reset or deleted; nothing while somebody has it.
std::span<char> TakeKeptMemory(MemoryContext context) {
  if (kept_memory_in_use) return {};  // a trigger ingests while we do
  if (!kept_memory) kept_memory = static_cast<char*>(MemoryContextAlloc(TopMemoryContext, kKeptMemory));
  auto* const callback =
      static_cast<MemoryContextCallback*>(MemoryContextAllocZero(context, sizeof(MemoryContextCallback)));
  callback->func = ReleaseKeptMemory;
  MemoryContextRegisterResetCallback(context, callback);
  kept_memory_in_use = true;
  return {kept_memory, kKeptMemory};
}

struct IngestMemory {
  MemoryContextResource resource;
  std::pmr::monotonic_buffer_resource arena;
  IngestMemory(MemoryContext context, std::span<char> kept)
      : resource(context), arena(kept.data(), kept.size(), &resource) {}
};

core::IngestBatch* MakeBatch() {
  auto* const memory =
      NewIn<IngestMemory>(CurrentMemoryContext, CurrentMemoryContext, TakeKeptMemory(CurrentMemoryContext));
  core::IngestBatch* batch = nullptr;
  Compute([&] {
    batch = new (memory->arena.allocate(sizeof(core::IngestBatch)))
        core::IngestBatch(core::ReadLimits(), CancelToken(), &memory->arena);
  });
  return batch;
}

// The phases of src/core/ingest_batch.hpp, with the look-ups and the storing between them.
void Run(core::IngestBatch* batch) {
  const MemoryContext context = CurrentMemoryContext;
  const StoreAccess access = EnterStore();
  LookUpKeys(batch, context);
  Compute([&] { batch->Read(); });
  LookUpProjects(batch);
  Compute([&] { batch->Judge(); });
  StoreRows(batch);
  NoteIssues(batch);
  Compute([&] { batch->Answer(); });
  LeaveStore(access);
}

core::BodyFormat ParseFormat(const text* format) {
  const std::string_view name = TextView(format);
  if (name == kJson) return core::BodyFormat::kJson;
  if (name == kNdjson) return core::BodyFormat::kNdjson;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("unknown format \"%.*s\"", static_cast<int>(name.size()), name.data()),
                  errhint("Formats are json and ndjson.")));
  pg_unreachable();
}

struct ArrayArgument {
  Datum* values;
  bool* nulls;
  int count;
};

ArrayArgument Elements(FunctionCallInfo fcinfo, int argument, Oid type) {
  ArrayArgument elements;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, -1, false, TYPALIGN_INT, &elements.values,
                    &elements.nulls, &elements.count);
  return elements;
}

const text* RequireText(const ArrayArgument& elements, int index, const char* name) {
  if (!elements.nulls[index]) return DatumGetTextPP(elements.values[index]);
  ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not hold nulls", name)));
  pg_unreachable();
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(ingest) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  core::IngestRequest request;
  request.body = TextView(PG_GETARG_TEXT_PP(0));
  // text and bytea are laid out alike
  if (!PG_ARGISNULL(1))
    request.key_hash = TextView(DatumGetTextPP(DirectFunctionCall1(sha256_bytea, PG_GETARG_DATUM(1))));
  core::IngestBatch* const batch = MakeBatch();
  Compute([&] { batch->AddRequest(request); });
  Run(batch);
  const core::IngestAnswer& answer = batch->answers().front();
  if (answer.status >= 400) RaiseError(answer.error, answer.message);
  return DirectFunctionCall1(jsonb_in, CStringGetDatum(MakeCString(answer.body)));
}

PRODUCTGRAPH_FUNCTION(ingest_requests) {
  const ArrayArgument bodies = Elements(fcinfo, 0, BYTEAOID);
  const ArrayArgument hashes = Elements(fcinfo, 1, BYTEAOID);
  const ArrayArgument formats = Elements(fcinfo, 2, TEXTOID);
  const ArrayArgument ids = Elements(fcinfo, 3, TEXTOID);
  if (hashes.count != bodies.count || formats.count != bodies.count || ids.count != bodies.count) {
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("bodies, key_hashes, formats and request_ids must be of equal length")));
  }
  core::IngestBatch* const batch = MakeBatch();
  for (int i = 0; i < bodies.count; ++i) {
    core::IngestRequest request;
    request.body = TextView(RequireText(bodies, i, "bodies"));
    request.format = ParseFormat(RequireText(formats, i, "formats"));
    request.request_id = TextView(RequireText(ids, i, "request_ids"));
    if (!hashes.nulls[i]) request.key_hash = TextView(DatumGetTextPP(hashes.values[i]));
    Compute([&] { batch->AddRequest(request); });
  }
  Run(batch);
  ResultRows rows = BeginRows(fcinfo);
  for (int i = 0; i < bodies.count; ++i) {
    const core::IngestAnswer& answer = batch->answers()[i];
    const Datum values[] = {Int32GetDatum(i + 1),
                            Int32GetDatum(answer.status),
                            PointerGetDatum(MakeText(answer.body)),
                            Int32GetDatum(answer.accepted),
                            Int32GetDatum(answer.rejected),
                            Int32GetDatum(answer.duplicates)};
    AddRow(rows, values);
  }
  return (Datum)0;
}
