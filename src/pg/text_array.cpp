#include "src/pg/text_array.hpp"

#include "src/pg/boundary.hpp"

namespace productgraph::pg {

std::span<const std::string_view> TextViews(ArrayType* array, const char* name) {
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
  auto* const views = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (count + 1)));
  for (int i = 0; i < count; ++i) {
    if (nulls[i]) {
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not hold nulls", name)));
    }
    new (&views[i]) std::string_view(TextView(DatumGetTextPP(values[i])));
  }
  return {views, static_cast<std::size_t>(count)};
}

}  // namespace productgraph::pg
