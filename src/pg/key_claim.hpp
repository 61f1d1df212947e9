// The first thing that is done to store events: their keys are claimed in productgraph.event_keys, whose
// unique index lets each in once.
#pragma once

#include <span>

#include "src/core/ingest_batch.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Claims the keys of rows of one organization, the current one, and marks those rows as stored whose key was
// not there already: the others are repeats and go no further. Keys are claimed in their order, waiting for
// transactions that have claimed one of them and not ended, so that concurrent batches cannot deadlock.
// `may_try`: whether a subtransaction may be used. Between EnterStore and LeaveStore only.
void ClaimKeys(std::span<core::IngestRow> rows, const pg_uuid_t* org_id, bool may_try);

}  // namespace productgraph::pg
