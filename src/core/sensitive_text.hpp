// What must not be stored, found in text by patterns and replaced by the pattern's name in brackets.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "src/core/text_span.hpp"

namespace productgraph::core {

enum class Pattern : std::uint8_t {
  kCard = 1,   // numbers of payment cards, see card_number.hpp
  kEmail = 2,  // e-mail addresses, see email_address.hpp
  kToken = 4,  // keys, tokens and passwords, see access_token.hpp and secret_assignment.hpp
};

// Any number of them.
class Patterns {
 public:
  constexpr bool Has(Pattern pattern) const { return bits_ & static_cast<std::uint8_t>(pattern); }
  constexpr void Add(Pattern pattern) { bits_ |= static_cast<std::uint8_t>(pattern); }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  std::uint8_t bits_ = 0;
};

inline constexpr std::string_view kPatternNames = "card, email and token";
std::optional<Pattern> FindPattern(std::string_view name);

// What stands in the place of a match: "[card]".
std::string_view Label(Pattern pattern);

// Whether `text` holds a match. One pass; no memory.
bool HasSensitiveText(Patterns patterns, std::string_view text);

// `text` with labels in the place of matches, in `memory`; `text` itself, and no allocation, when there is
// none. Work is linear in the size of the text, whatever it holds: one pass, and for text with matches one
// or, very rarely, a few more. Well-formed UTF-8 stays so, and what is returned has no match left.
std::string_view RedactText(Patterns patterns, std::string_view text, std::pmr::memory_resource* memory);

}  // namespace productgraph::core
