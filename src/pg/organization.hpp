// The current organization of a session: the setting behind row-level security.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Defines the setting productgraph.current_org; called once when the library is loaded.
void DefineOrganizationSetting();

enum class OrganizationScope {
  kSession,
  kTransaction,  // until the end of the transaction
  kNested,       // until the end of the current GUC nest level
};

// Sets the organization (NULL = none) without asking whether the caller may.
void AssignOrganization(const pg_uuid_t* org_id, OrganizationScope scope);

}  // namespace productgraph::pg
