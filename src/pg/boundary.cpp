#include "src/pg/boundary.hpp"

#include <cstdint>
#include <cstring>

namespace productgraph::pg {
namespace {

int SqlState(const char* code) {
  return MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
}

}  // namespace

void* MemoryContextResource::do_allocate(std::size_t bytes, std::size_t alignment) {
  // Past what palloc aligns to, the block's true start is kept in the word before the aligned one.
  const bool wide = alignment > MAXIMUM_ALIGNOF;
  if (bytes > MaxAllocHugeSize - alignment) throw std::bad_alloc();
  const std::size_t size = wide ? bytes + alignment : (bytes ? bytes : 1);
  void* const block = MemoryContextAllocExtended(context_, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
  if (!block) throw std::bad_alloc();
  if (!wide) return block;
  const auto start = reinterpret_cast<std::uintptr_t>(block);
  void** const aligned = reinterpret_cast<void**>((start + alignment) & ~(alignment - 1));
  aligned[-1] = block;
  return aligned;
}

void MemoryContextResource::do_deallocate(void* block, std::size_t, std::size_t alignment) {
  pfree(alignment > MAXIMUM_ALIGNOF ? static_cast<void**>(block)[-1] : block);
}

void Failure::Set(const char* state, const char* text, const char* advice) noexcept {
  failed = true;
  strlcpy(sqlstate, state, sizeof(sqlstate));
  strlcpy(message, text, sizeof(message));
  strlcpy(hint, advice ? advice : "", sizeof(hint));
}

void RaiseFailure(const Failure& failure) {
  // A stop was asked for by an interrupt: let PostgreSQL say which one.
  if (strcmp(failure.sqlstate, core::Describe(core::ErrorCode::kStopped).sqlstate) == 0)
    CHECK_FOR_INTERRUPTS();
  ereport(ERROR, (errcode(SqlState(failure.sqlstate)), errmsg("%s", failure.message),
                  failure.hint[0] ? errhint("%s", failure.hint) : 0));
  pg_unreachable();
}

core::StopToken CancelToken() {
  return core::StopToken(&QueryCancelPending, &ProcDiePending);
}

void RaiseError(core::ErrorCode code, std::string_view message, const char* hint) {
  ereport(ERROR,
          (errcode(SqlState(core::Describe(code).sqlstate)),
           errmsg("%.*s", static_cast<int>(message.size()), message.data()), hint ? errhint("%s", hint) : 0));
  pg_unreachable();
}

}  // namespace productgraph::pg
