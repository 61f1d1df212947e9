#include "src/pg/subtransaction.hpp"

namespace productgraph::pg {
namespace {

void Restore(const Subtransaction& subtransaction) {
  MemoryContextSwitchTo(subtransaction.context);
  CurrentResourceOwner = subtransaction.owner;
}

}  // namespace

Subtransaction BeginSubtransaction() {
  const Subtransaction subtransaction = {CurrentMemoryContext, CurrentResourceOwner};
  BeginInternalSubTransaction(nullptr);
  MemoryContextSwitchTo(subtransaction.context);
  return subtransaction;
}

void Commit(const Subtransaction& subtransaction) {
  ReleaseCurrentSubTransaction();
  Restore(subtransaction);
}

void Rollback(const Subtransaction& subtransaction) {
  RollbackAndReleaseCurrentSubTransaction();
  Restore(subtransaction);
}

ErrorData* RollbackAfterError(const Subtransaction& subtransaction) {
  MemoryContextSwitchTo(subtransaction.context);
  ErrorData* const error = CopyErrorData();
  FlushErrorState();
  Rollback(subtransaction);
  return error;
}

}  // namespace productgraph::pg
