// E-mail addresses in text.
#pragma once

#include <string_view>

#include "src/core/text_span.hpp"

namespace productgraph::core {

// The address around the "@" or "%40" at text[at], not reaching before `floor`; empty when there is none. Its
// domain has two labels or more and ends in letters, but not in what ends the names of files
// (icon@2x.png) or follows a version (lodash@4.17.21.min.js).
TextSpan MatchEmailAddress(std::string_view text, std::size_t at, std::size_t floor);

}  // namespace productgraph::core
