// What an answer means for the batch that was sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "productgraph/config.hpp"
#include "transport.hpp"

namespace productgraph {

enum class Outcome {
  kStored,   // but for the events that are rejected
  kAgain,    // nobody took it: the same may work later
  kSplit,    // too large
  kRefused,  // and would be again
};

Outcome Judge(const Answer& answer);

// The events that an answer of a server which took the batch rejects, counted and, the first ten, named.
struct Rejections {
  std::uint64_t count = 0;
  std::vector<Problem> problems;
};
Rejections ReadRejections(const std::string& body);

// What happened, for people: "503: PostgreSQL does not take events now", "Connection refused".
std::string Explain(const Answer& answer);

}  // namespace productgraph
