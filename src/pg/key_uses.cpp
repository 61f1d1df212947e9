// note_key_uses(): when each API key was last used, kept apart from ingestion.
#include <cstring>

#include "src/pg/boundary.hpp"
#include "src/pg/organization.hpp"
#include "src/pg/saved_plan.hpp"
#include "src/pg/store_access.hpp"

namespace productgraph::pg {
namespace {

SavedPlan find_plan = {
    "SELECT org_id FROM productgraph.api_keys WHERE key_hash = $1"
    " AND (last_used_at IS NULL OR last_used_at < now() - interval '30 seconds')",
    1,
    {BYTEAOID},
    nullptr};

// A key that somebody is changing at this moment is left for the next time: nobody waits for a date.
SavedPlan note_plan = {
    "WITH free AS ("
    "SELECT org_id, id FROM productgraph.api_keys WHERE key_hash = $1"
    " FOR NO KEY UPDATE SKIP LOCKED), noted AS ("
    "UPDATE productgraph.api_keys k SET last_used_at = now() FROM free"
    " WHERE (k.org_id, k.id) = (free.org_id, free.id) RETURNING 1)"
    " SELECT FROM noted",
    1,
    {BYTEAOID},
    nullptr};

// Whether it was written.
bool Note(Datum hash) {
  if (ExecuteSelect(&find_plan, &hash, 1) == 0) return false;
  bool null;
  const Datum org_id = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
  AssignOrganizationOfStore(DatumGetUUIDP(org_id));
  return ExecuteSelect(&note_plan, &hash, 0, false) > 0;
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(note_key_uses) {
  Datum* hashes;
  bool* nulls;
  int count;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), BYTEAOID, -1, false, TYPALIGN_INT, &hashes, &nulls, &count);
  const StoreAccess access = EnterStore();
  int32 noted = 0;
  for (int i = 0; i < count; ++i) {
    if (!nulls[i]) noted += Note(hashes[i]);
    CHECK_FOR_INTERRUPTS();
  }
  LeaveStore(access);
  PG_RETURN_INT32(noted);
}
