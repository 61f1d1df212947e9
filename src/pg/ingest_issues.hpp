// Samples for people to look at: which events of an ingestion batch were rejected or changed, and why.
#pragma once

#include "src/core/ingest_batch.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Adds to ingestion_issues what batch->issues() tells. A batch without issues costs nothing. The others cost
// at most a few statements, and those only until the samples of this minute are complete. Never fails the
// batch and waits for nobody longer than 20 ms: when a sample cannot be written, it is left out, and the
// server's log says why. A cancelled statement fails as it should. Between EnterStore and LeaveStore only.
void NoteIssues(core::IngestBatch* batch);

}  // namespace productgraph::pg
