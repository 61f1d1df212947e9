// The current organization of a session: the setting behind row-level security.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Defines the setting productgraph.current_org; called once when the library is loaded.
void DefineOrganizationSetting();

// Sets the organization until the end of the current GUC nest level, for what the store does by itself:
// nobody is asked whether the caller may.
void AssignOrganizationOfStore(const pg_uuid_t* org_id);

}  // namespace productgraph::pg
