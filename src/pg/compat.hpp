// Differences between PostgreSQL versions, each spelled after the newest one. PG_VERSION_NUM is named here
// only.
#pragma once

#include "src/pg/postgres.hpp"

#if PG_VERSION_NUM < 150000
#error "ProductGraph needs PostgreSQL 15 or newer"
#endif
