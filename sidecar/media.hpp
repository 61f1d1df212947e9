#pragma once

#include <optional>
#include <string_view>

namespace productgraph::sidecar {

// The format argument of productgraph.ingest_requests for a Content-Type ("json" or "ndjson"). Parameters
// such as charset are ignored and a missing type means JSON; nullopt for a type we do not take.
std::optional<std::string_view> FormatOf(std::string_view content_type);

enum class Coding { kIdentity, kGzip };

// nullopt for a Content-Encoding we do not take, several at once included.
std::optional<Coding> CodingOf(std::string_view content_encoding);

}  // namespace productgraph::sidecar
