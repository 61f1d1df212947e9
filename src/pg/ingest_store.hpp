// Stores the valid events of an ingestion batch.
#pragma once

#include "src/core/ingest_batch.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Inserts batch->rows() that are not there yet, one statement for each organization, and marks those it
// stored. Between EnterStore and LeaveStore only. Leaves the current organization as it was.
void StoreRows(core::IngestBatch* batch);

}  // namespace productgraph::pg
