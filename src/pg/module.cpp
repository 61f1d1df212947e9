// The loadable module: its magic block and what happens when a process loads it.
#include "src/pg/boundary.hpp"
#include "src/pg/organization.hpp"
#include "src/pg/receipt_floor.hpp"
#include "src/pg/retention_setting.hpp"
#include "src/pg/settings.hpp"

extern "C" {
#pragma GCC visibility push(default)
PRODUCTGRAPH_MODULE_MAGIC;
void _PG_init(void);
#pragma GCC visibility pop
}

namespace productgraph::pg {

bool explain_answers = false;

namespace {

// Read in SQL, by rows_instead_of_segments().
bool use_segments = true;

}  // namespace
}  // namespace productgraph::pg

void _PG_init(void) {
  productgraph::pg::DefineOrganizationSetting();
  productgraph::pg::DefineRetentionSetting();
  DefineCustomBoolVariable("productgraph.use_segments",
                           "Answers questions from packed events where they can be.",
                           "Off, questions read rows only. The answers are the same.",
                           &productgraph::pg::use_segments, true, PGC_USERSET, 0, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable("productgraph.explain", "Questions tell by a notice how they are answered.",
                           "From segments, or from rows and why.", &productgraph::pg::explain_answers, false,
                           PGC_USERSET, 0, nullptr, nullptr, nullptr);
  productgraph::pg::InitializeReceiptFloor();
  MarkGUCPrefixReserved("productgraph");
}

PRODUCTGRAPH_FUNCTION(library_version) {
  static_cast<void>(fcinfo);
  PG_RETURN_TEXT_P(cstring_to_text(PRODUCTGRAPH_VERSION));
}
