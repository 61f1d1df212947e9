// A part of a text, by the offsets of its bytes.
#pragma once

#include <cstddef>

namespace productgraph::core {

struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool empty() const { return begin == end; }
};

}  // namespace productgraph::core
