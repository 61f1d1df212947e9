// Puts events into productgraph.events as COPY does: many rows at a time into the partitions they belong to.
#pragma once

#include <memory_resource>
#include <span>

#include "src/core/ingest_batch.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Inserts the rows marked as stored. Constraints, triggers and indexes are served; policies are not asked, as
// COPY never does, so the rows must all belong to the current organization. Between EnterStore and LeaveStore
// only.
void CopyEvents(std::span<const core::IngestRow> rows, std::pmr::memory_resource* memory);

}  // namespace productgraph::pg
