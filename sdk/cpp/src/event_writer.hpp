// Events as JSON.
#pragma once

#include <string>

#include "productgraph/event.hpp"

namespace productgraph {

inline constexpr std::size_t kMaxEventBytes = 60'000;

// The event as a JSON object: texts cut after 8,192 characters, nesting after 16 levels (null stands for what
// is below). When it is larger than kMaxEventBytes its metadata is {"truncated":true}; empty when that does
// not help.
std::string WriteEvent(const Event& event);

}  // namespace productgraph
