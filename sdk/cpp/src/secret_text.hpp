// Secrets that are known by their looks or by the name before them.
#pragma once

#include <cstddef>
#include <string_view>

namespace productgraph {

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view label;  // what to write in its place

  explicit operator bool() const { return begin != end; }
};

// The first secret in `text` from `at` on, none of which reaches before `at`; an empty match when there is
// none.
Match FindSecret(std::string_view text, std::size_t at);

}  // namespace productgraph
