// Patterns and rules of redaction, as tests write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/core/redaction_rules.hpp"
#include "test/unit/core/block_memory.hpp"

namespace productgraph::core {

inline Patterns PatternsOf(const std::vector<std::string_view>& names) {
  Patterns patterns;
  for (const std::string_view name : names) patterns.Add(FindPattern(name).value());
  return patterns;
}

inline Patterns AllPatterns() {
  return PatternsOf({"card", "email", "token"});
}

inline std::string Redacted(std::string_view text, Patterns patterns = AllPatterns()) {
  BlockMemory memory;
  const ExactText exact{std::string(text)};
  return std::string(RedactText(patterns, exact, &memory));
}

}  // namespace productgraph::core
