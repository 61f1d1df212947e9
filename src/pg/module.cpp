// The loadable module: its magic block and what happens when a process loads it.
#include "src/pg/organization.hpp"

extern "C" {
#pragma GCC visibility push(default)
PRODUCTGRAPH_MODULE_MAGIC;
void _PG_init(void);
#pragma GCC visibility pop
}

void _PG_init(void) {
  productgraph::pg::DefineOrganizationSetting();
  MarkGUCPrefixReserved("productgraph");
}
