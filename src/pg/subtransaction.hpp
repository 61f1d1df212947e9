// A part of a transaction that may be undone alone.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Begin, then PG_TRY what is to be done and end with Commit or, also in PG_CATCH, with Rollback, which
// restores what BeginSubtransaction found: memory context, resource owner, settings, user.
struct Subtransaction {
  MemoryContext context;
  ResourceOwner owner;
};

Subtransaction BeginSubtransaction();
void Commit(const Subtransaction& subtransaction);
void Rollback(const Subtransaction& subtransaction);

// In PG_CATCH: rolls back and returns the error, which is no longer the current one.
ErrorData* RollbackAfterError(const Subtransaction& subtransaction);

}  // namespace productgraph::pg
