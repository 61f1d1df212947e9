// The loadable module: its magic block and what happens when a process loads it.
#include "src/pg/boundary.hpp"
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

PRODUCTGRAPH_FUNCTION(library_version) {
  static_cast<void>(fcinfo);
  PG_RETURN_TEXT_P(cstring_to_text(PRODUCTGRAPH_VERSION));
}
