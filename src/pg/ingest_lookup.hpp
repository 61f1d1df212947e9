// Looks up who may write what: API keys and projects of an ingestion batch.
#pragma once

#include "src/core/ingest_batch.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Fill in what batch->keys() and batch->projects() ask for. Between EnterStore and LeaveStore only. Texts
// that the batch keeps are allocated in `context`; rules of redaction last until LeaveStore.
void LookUpKeys(core::IngestBatch* batch, MemoryContext context);
void LookUpProjects(core::IngestBatch* batch);

}  // namespace productgraph::pg
