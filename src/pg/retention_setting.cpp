#include "src/pg/retention_setting.hpp"

#include "src/pg/boundary.hpp"

namespace productgraph::pg {
namespace {

// A hundred years, as for projects.
constexpr int kMaxDays = 36500;

int days;  // 0 = for ever

}  // namespace

void DefineRetentionSetting() {
  DefineCustomIntVariable("productgraph.retention_days",
                          "Days for which maintain() keeps events of projects without retention_days.",
                          "0 keeps them for ever. What counts is the session that calls maintain().", &days,
                          0, 0, kMaxDays, PGC_USERSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace productgraph::pg

PRODUCTGRAPH_FUNCTION(default_retention_days) {
  if (productgraph::pg::days == 0) PG_RETURN_NULL();
  PG_RETURN_INT32(productgraph::pg::days);
}
