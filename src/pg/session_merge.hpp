// Keeps the sessions up to date.
#pragma once

#include <memory_resource>
#include <span>

#include "src/core/ingest_batch.hpp"
#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Merges what the stored rows, all of one organization, tell of their sessions into productgraph.sessions.
// Between EnterStore and LeaveStore only, with the organization current.
void MergeSessions(std::span<const core::IngestRow> rows, std::pmr::memory_resource* memory);

}  // namespace productgraph::pg
