// event_key(): the key of a stored event in event_keys.
#include "src/core/event_key.hpp"

#include "src/pg/boundary.hpp"

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(event_key) {
  const core::EventKey key =
      core::MakeEventKey(TextView(PG_GETARG_TEXT_PP(0)), TextView(PG_GETARG_TEXT_PP(1)));
  auto* const result = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  static_assert(sizeof(result->data) == sizeof(key));
  memcpy(result->data, key.data(), sizeof(key));
  PG_RETURN_UUID_P(result);
}
