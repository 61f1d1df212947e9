// Takes out of events what should not leave the application. What is looked for is the same in all SDKs, and
// written down in test/golden/sdk/README.md.
#pragma once

#include <string>
#include <string_view>

#include "productgraph/event.hpp"

namespace productgraph {

// Replaces secrets in all fields but identifiers, by "[card]" and "[token]". Looks at the first 40,000 bytes
// of a text and 16 levels of nesting, which is more than will be sent.
void RedactEvent(Event* event);

// The text with labels in the place of card numbers, tokens and assigned secrets. One pass.
std::string RedactText(std::string_view text);

}  // namespace productgraph
