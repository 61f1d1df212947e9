// Numbers of payment cards in text.
#pragma once

#include <string_view>

#include "src/core/text_span.hpp"

namespace productgraph::core {

// The card number whose first digit is text[at], where a group of digits starts, of the text from `floor` on;
// empty when there is none. It has 13 to 19 digits in one group, or in the groups printed on cards (4-4-4-4,
// 4-6-5, …) with one space, dash, '+' or %20 between them; a range that card issuers use; and the right check
// digit. Digits that touch letters, digits, an underscore or a decimal point are something else, and so are
// 13-digit article numbers (EAN). Looks at no more than some 30 bytes.
TextSpan MatchCardNumber(std::string_view text, std::size_t at, std::size_t floor);

}  // namespace productgraph::core
