#pragma once

#include <string_view>

#include "config.hpp"

namespace productgraph::sidecar {

// Asks the sidecar that runs with this configuration on this machine for GET path and prints what it answers.
// Returns the exit code: 0 for 200, 1 for any other answer or none in time. Throws ConfigError when the
// configuration does not tell where it listens.
int Probe(const Config& config, std::string_view path);

}  // namespace productgraph::sidecar
