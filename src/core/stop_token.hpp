// How long computations learn that their caller wants them to end.
#pragma once

#include <csignal>

#include "src/core/error.hpp"

namespace productgraph::core {

// Watches up to two flags that a signal handler may set. Copyable; a default one never stops.
class StopToken {
 public:
  StopToken() = default;
  explicit StopToken(const volatile std::sig_atomic_t* first,
                     const volatile std::sig_atomic_t* second = nullptr)
      : first_(first), second_(second) {}

  bool Requested() const { return (first_ && *first_) || (second_ && *second_); }
  // Throws Error(kStopped) once a stop is requested. Call it every thousand items or so.
  void ThrowIfRequested() const {
    if (Requested()) throw Error(ErrorCode::kStopped, "canceled");
  }

 private:
  const volatile std::sig_atomic_t* first_ = nullptr;
  const volatile std::sig_atomic_t* second_ = nullptr;
};

}  // namespace productgraph::core
