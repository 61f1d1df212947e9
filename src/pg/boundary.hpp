// Where C++ and PostgreSQL meet. PostgreSQL reports errors by longjmp, which skips destructors; a C++
// exception that leaves an extern "C" function ends the whole server. So every entry point works in three
// phases:
//
//   unpack (PostgreSQL: arguments to plain values)
//   ▸ Compute([&] { … })  (C++: may throw, never calls anything of PostgreSQL that may raise an error)
//   ▸ pack (PostgreSQL: plain values to the result)
//
// Outside of Compute no object with a destructor that matters is alive. Objects that must last from one
// Compute to the next are made with NewIn, in a memory context that frees them.
#pragma once

#include <cstddef>
#include <exception>
#include <memory_resource>
#include <new>
#include <string_view>
#include <utility>

#include "src/core/error.hpp"
#include "src/core/stop_token.hpp"
#include "src/pg/compat.hpp"

// Opens the definition of the C function `productgraph_<name>` behind the SQL function of that name.
#define PRODUCTGRAPH_FUNCTION(name)                    \
  _Pragma("GCC visibility push(default)") extern "C" { \
    PG_FUNCTION_INFO_V1(productgraph_##name);          \
  }                                                    \
  _Pragma("GCC visibility pop") extern "C" Datum productgraph_##name(PG_FUNCTION_ARGS)

namespace productgraph::pg {

// Allocates in a memory context and reports exhaustion as std::bad_alloc, so that C++ code may run on it.
class MemoryContextResource : public std::pmr::memory_resource {
 public:
  explicit MemoryContextResource(MemoryContext context) : context_(context) {}

  MemoryContext context() const { return context_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  MemoryContext context_;
};

// What an exception said, held without owning anything so that ereport may leave the frame. The texts are set
// only when it failed: filling them for nothing would cost every row of an aggregate more than its work.
struct Failure {
  bool failed = false;
  char sqlstate[6];
  char message[512];
  char hint[256];

  void Set(const char* state, const char* text, const char* advice) noexcept;
};

[[noreturn]] void RaiseFailure(const Failure& failure);

// Runs `work`, in which C++ may do as it likes; an exception becomes a PostgreSQL error after `work` is gone.
template <class Work>
void Compute(Work&& work) {
  Failure failure;
  try {
    work();
  } catch (const core::Error& error) {
    failure.Set(core::Describe(error.code()).sqlstate, error.what(), error.hint());
  } catch (const std::bad_alloc&) {
    failure.Set("53200", "out of memory", nullptr);
  } catch (const std::exception& error) {
    failure.Set("XX000", error.what(), nullptr);
  } catch (...) {
    failure.Set("XX000", "unknown exception", nullptr);
  }
  if (failure.failed) RaiseFailure(failure);
}

// An object in `context` that is never destroyed, only freed with the context. May raise an error.
template <class T, class... Args>
T* NewIn(MemoryContext context, Args&&... args) {
  void* const block = MemoryContextAlloc(context, sizeof(T));
  return new (block) T(std::forward<Args>(args)...);
}

// Stops on what CHECK_FOR_INTERRUPTS would turn into an error.
core::StopToken CancelToken();

inline std::string_view TextView(const text* value) {
  return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

inline text* MakeText(std::string_view value) {
  return cstring_to_text_with_len(value.data(), static_cast<int>(value.size()));
}

// `value` as a C string in the current memory context.
inline char* MakeCString(std::string_view value) {
  return pnstrdup(value.data(), value.size());
}

// Raises `message` with the SQLSTATE of a core error.
[[noreturn]] void RaiseError(core::ErrorCode code, std::string_view message, const char* hint = nullptr);

}  // namespace productgraph::pg
