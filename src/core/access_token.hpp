// Keys and tokens that are known by their shape, wherever they stand in text.
#pragma once

#include <string_view>

#include "src/core/text_span.hpp"

namespace productgraph::core {

// The token of which text[at] is the telling character, not reaching before `floor`; empty when there is
// none: API keys with the prefixes of their makers, JSON Web Tokens, what follows "Bearer", and private keys
// in PEM. Telling characters are those of kTokenAnchors; each is the last one of a prefix.
TextSpan MatchAccessToken(std::string_view text, std::size_t at, std::size_t floor);
inline constexpr std::string_view kTokenAnchors = "_-.AzJN +%";

// Characters of bearer tokens (RFC 6750) without the final "=".
bool IsTokenCharacter(char c);

// Whether it could hardly be a word: 16 characters or more, of them 8 different ones, letters and digits.
bool LooksRandom(std::string_view value);

}  // namespace productgraph::core
