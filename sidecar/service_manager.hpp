#pragma once

#include <string_view>

namespace productgraph::sidecar {

// Tells the service manager that started the process how it is, such as "READY=1" (sd_notify(3) lists what it
// understands). Does nothing where none asked for it with NOTIFY_SOCKET; never throws.
void NotifyServiceManager(std::string_view state);

}  // namespace productgraph::sidecar
