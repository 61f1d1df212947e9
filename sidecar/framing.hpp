#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http_types.hpp"

namespace productgraph::sidecar {

// How the body's end is found. Two servers that disagree about that can be made to see different requests
// (request smuggling), so whatever is ambiguous is refused. Beast alone would take several of these as "no
// body".
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;

  bool HasBody() const { return chunked || content_length.value_or(0) > 0; }
  bool HasLength() const { return chunked || content_length.has_value(); }
};

// Why the request must be answered 400 and its connection closed; empty when it is sound and framing is
// filled.
std::string FramingFault(const RequestHead& head, Framing& framing);

}  // namespace productgraph::sidecar
