#pragma once

#include <string_view>

namespace productgraph::sidecar {

// The HTTP contract as an OpenAPI 3.1 document, served at /openapi.json.
std::string_view OpenApiDocument();

}  // namespace productgraph::sidecar
