// Redaction of JSON: its strings, keys, numbers and members.
#pragma once

#include <memory_resource>
#include <string_view>

#include "src/core/redaction_rules.hpp"

namespace productgraph::core {

struct RedactedJson {
  std::string_view text;    // the JSON given when nothing was redacted
  bool by_pattern = false;  // a pattern matched
  bool well_formed = true;  // false: the text is no JSON and was left alone
};

enum class JsonOrigin {
  kOurs,     // written by JsonWriter: without spaces, escapes only where needed
  kClients,  // any text
};

// Redacts `json`, whose place in the event is `root` ("" = the event itself, of which this is the unknown
// fields). Patterns look at strings, keys, and whole numbers as card numbers; the members of `rules` are
// dropped, hashed or masked. JSON of ours without anything to redact costs one pass over its text unless
// `rules` names fields below.
RedactedJson RedactJson(const RedactionRules& rules, std::string_view root, std::string_view json,
                        JsonOrigin origin, std::pmr::memory_resource* memory);

}  // namespace productgraph::core
