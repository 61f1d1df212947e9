// Redaction of events: what a project does not want in its store leaves an event before it is stored, or
// hashed into the key by which repeats are found.
#pragma once

#include <memory_resource>

#include "src/core/clean_texts.hpp"
#include "src/core/event.hpp"
#include "src/core/redaction_rules.hpp"

namespace productgraph::core {

// Redacts a freshly read event; new text is allocated from `memory`. Fields that the rules name are dropped,
// hashed or masked; in all other text, patterns are replaced by their labels. Identifiers (event_id,
// session.id, user.id, …) are what events are joined by, so one that holds a match is hashed as a whole.
// Where a pattern matched, the event gets a warning, which names the field. Left as they are: project_id and
// event.timestamp, and what ApplyRules() will reject. Texts that were clean in an event before are known by
// `clean`. Throws bad_alloc.
void RedactEvent(const RedactionRules& rules, std::pmr::memory_resource* memory, CleanTexts* clean,
                 Event* event);

}  // namespace productgraph::core
