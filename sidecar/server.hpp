#pragma once

#include "config.hpp"

namespace productgraph::sidecar {

// Serves until SIGTERM or SIGINT, then finishes what is in flight; a second signal, or stop_timeout, ends the
// process at once. Returns the exit code.
int RunServer(const Config& config);

}  // namespace productgraph::sidecar
