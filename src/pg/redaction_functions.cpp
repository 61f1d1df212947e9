// redact() and what the settings of redaction are made of in SQL.
#include <cstring>

#include "src/core/keyed_hash.hpp"
#include "src/core/redaction_rules.hpp"
#include "src/core/sensitive_text.hpp"
#include "src/pg/boundary.hpp"
#include "src/pg/text_array.hpp"

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(redact) {
  text* const value = PG_GETARG_TEXT_PP(0);
  core::RedactionOptions options;
  options.patterns = TextViews(PG_GETARG_ARRAYTYPE_P(1), "patterns");
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  std::string_view clean;
  Compute([&] {
    const core::RedactionRules rules(options, memory);
    clean = core::RedactText(rules.patterns(), TextView(value), memory);
  });
  if (clean.data() == TextView(value).data()) PG_RETURN_TEXT_P(value);
  PG_RETURN_TEXT_P(MakeText(clean));
}

PRODUCTGRAPH_FUNCTION(is_valid_redaction) {
  core::RedactionOptions options;
  options.patterns = TextViews(PG_GETARG_ARRAYTYPE_P(0), "patterns");
  options.drop_fields = TextViews(PG_GETARG_ARRAYTYPE_P(1), "drop_fields");
  options.hash_fields = TextViews(PG_GETARG_ARRAYTYPE_P(2), "hash_fields");
  options.mask_fields = TextViews(PG_GETARG_ARRAYTYPE_P(3), "mask_fields");
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  Compute([&] { const core::RedactionRules rules(options, memory); });
  PG_RETURN_BOOL(true);
}

PRODUCTGRAPH_FUNCTION(keyed_hash) {
  const bytea* const secret = PG_GETARG_BYTEA_PP(0);
  const text* const value = PG_GETARG_TEXT_PP(1);
  core::HashSecret key;
  if (VARSIZE_ANY_EXHDR(secret) != key.size()) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a secret has 16 bytes")));
  }
  memcpy(key.data(), VARDATA_ANY(secret), key.size());
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  std::string_view hash;
  Compute([&] { hash = core::HashText(key, TextView(value), memory); });
  PG_RETURN_TEXT_P(MakeText(hash));
}
