#pragma once

#include <optional>
#include <string>

#include "http_types.hpp"

namespace productgraph::sidecar {

// The key a client sent: X-PG-API-Key, else "Authorization: Bearer", else ?api_key= (a beacon has no
// headers). nullopt means none, which a project with open ingestion allows. Whether it is right, the database
// decides.
std::optional<std::string> ApiKeyOf(const RequestHead& head);

// False for what can be no key of ours and could not be handed to PostgreSQL as text.
bool IsPlausibleApiKey(std::string_view key);

}  // namespace productgraph::sidecar
