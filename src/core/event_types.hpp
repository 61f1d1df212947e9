// The event types of the protocol.
#pragma once

#include <string_view>

namespace productgraph::core {

inline constexpr std::string_view kCustomType = "custom";

inline constexpr std::string_view kEventTypes[] = {
    "page.view",    "page.leave",   "ui.click",           "ui.input",          "ui.scroll",
    "ui.focus",     "ui.blur",      "ui.submit",          "state.change",      "api.request",
    "api.response", "journey.step", "journey.conversion", "snapshot.captured", "error",
    "performance",  kCustomType,
};

bool IsKnownEventType(std::string_view type);

// The known type that `type` most likely misspells, or empty when none is near.
std::string_view SuggestEventType(std::string_view type);

// The type an event counts as. Clients in the field send some of the known types as "custom" with a telling
// name ("page_leave"): those become the type they mean; everything else stays as it is.
std::string_view CanonicalEventType(std::string_view type, std::string_view event_name);

}  // namespace productgraph::core
