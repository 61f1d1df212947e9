#pragma once

#include <string_view>

namespace productgraph::sidecar {

// Now, as the Date header wants it; formatted once a second. Valid until the thread's next call.
std::string_view HttpDate();

}  // namespace productgraph::sidecar
