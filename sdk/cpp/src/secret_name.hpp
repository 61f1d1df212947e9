// What the name of something says of its value.
#pragma once

#include <string_view>

namespace productgraph {

enum class Naming {
  kHarmless,
  kSecret,  // texts and numbers are secrets
  kToken,   // texts are; numbers count tokens
};

Naming NamingOf(std::string_view name);

}  // namespace productgraph
