// Secrets that are known by their names: password=…, "api_key": "…", Authorization: Basic …
#pragma once

#include <string_view>

#include "src/core/text_span.hpp"

namespace productgraph::core {

// The secret that the "=", ":" or "%3D" at text[at] gives to the name before it, not reaching before `floor`;
// empty when there is none.
TextSpan MatchSecretAssignment(std::string_view text, std::size_t at, std::size_t floor);
inline constexpr std::string_view kAssignmentAnchors = "=:%";

// Whether `value` is a secret as the value of the JSON member `name`. Of password, secret and the like any
// text of 4 characters is one; of token, api_key and the like what looks random.
bool IsSecretMember(std::string_view name, std::string_view value);

}  // namespace productgraph::core
