// What is noted of events that were rejected, or stored otherwise than they were sent, for people to look at.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string_view>

#include "src/core/event.hpp"
#include "src/core/redaction_rules.hpp"

namespace productgraph::core {

// Of one project (or key), code and batch; more of the same would tell nothing new.
inline constexpr int kMaxIssuesOfCode = 10;

// Bounds of what is noted, in characters; of the event as a whole in bytes.
inline constexpr std::size_t kIssueNameLimit = 255;     // event_id and field
inline constexpr std::size_t kIssueMessageLimit = 500;  // message
inline constexpr std::size_t kIssueValueLimit = 100;    // one value of the event
inline constexpr std::size_t kIssueEventBytes = 2000;

// Points into the batch it is of.
struct IngestIssue {
  std::array<std::uint8_t, 16> org_id;
  std::string_view project_id;
  Violation remark;  // field "request" when no event of the request was looked at
  bool rejected;     // else the event was stored, and this is a warning
  // The event after redaction and the rules for it; both null when nothing of the event may be shown, since
  // the project whose rules would count is not known.
  const Event* event;
  const RedactionRules* redaction;
};

// Texts for a row: redacted, cut, and free of U+0000. Empty = none.
struct IssueTexts {
  std::string_view event_id;
  std::string_view field;
  std::string_view message;
  // A JSON object of the event's fields. Values are strings, or numbers of at most 15 digits; objects, arrays
  // and longer values are strings with the beginning of their text; "…" is true when fields are missing.
  std::string_view sample;
};

// What a rejected event holds was not redacted where the rules of events reject it, so every text is redacted
// once more, values of another type than their field's are not shown, nor are fields that the project hashes
// or masks. Allocated from `memory`; throws bad_alloc.
IssueTexts DescribeIssue(const IngestIssue& issue, std::pmr::memory_resource* memory);

}  // namespace productgraph::core
