// Statements that our own code runs on the store's tables.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Owns the store's tables, and is the role that policies are made for.
inline constexpr const char* kOwnerRole = "productgraph_owner";

// What LeaveStore restores.
struct StoreAccess {
  Oid user;
  int security_context;
  int guc_level;
};

// Connects SPI and, until LeaveStore, acts as the owner of the store's tables with search_path and
// row_security pinned, as foreign key checks do. The owner is no superuser and subject to row-level security:
// it may look up keys and projects, but write rows of the current organization only. Raises an error when
// setup() has not run. After an error PostgreSQL itself restores everything at the end of the
// (sub)transaction.
StoreAccess EnterStore();
void LeaveStore(const StoreAccess& access);

// Sets a setting until the end of the current GUC nest level.
void PinSetting(const char* setting, const char* value);

// A table of the store, and kOwnerRole; an error when setup() has not run, or when another role owns events.
Oid StoreTable(const char* name);
Oid StoreOwner();

}  // namespace productgraph::pg
