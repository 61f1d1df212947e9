// Differences between PostgreSQL versions, each spelled after the newest one. PG_VERSION_NUM is named here
// only.
#pragma once

#include "src/pg/postgres.hpp"

#if PG_VERSION_NUM < 150000
#error "ProductGraph needs PostgreSQL 15 or newer"
#endif

// Put where PG_MODULE_MAGIC would be: from 18 on it also carries the library's name and version.
#if PG_VERSION_NUM >= 180000
#define PRODUCTGRAPH_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "productgraph", .version = PRODUCTGRAPH_VERSION)
#else
#define PRODUCTGRAPH_MODULE_MAGIC PG_MODULE_MAGIC
#endif
