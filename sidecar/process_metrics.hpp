#pragma once

#include <string>

namespace productgraph::sidecar {

// Adds what Prometheus calls process metrics, by their usual names: memory, processor time, descriptors,
// start. What the system does not tell is left out.
void PrintProcessMetrics(std::string& out);

}  // namespace productgraph::sidecar
