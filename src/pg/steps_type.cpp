// The type `steps`: the steps of a funnel, written as the caller likes and kept as a JSON array.
#include "src/core/json.hpp"
#include "src/pg/boundary.hpp"

namespace productgraph::pg {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool IsJson(std::string_view text) {
  bool valid = false;
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  Compute([&] {
    core::PmrJsonAllocator allocator(memory);
    core::JsonReader reader(&allocator);
    core::JsonText stream(text);
    rapidjson::BaseReaderHandler<> handler;
    valid = !reader.Parse<rapidjson::kParseIterativeFlag>(stream, handler).IsError();
  });
  return valid;
}

// One step as JSON: an object as it is, anything else as the name of an event type.
void AppendStep(StringInfo json, const text* step) {
  const std::string_view trimmed = Trim(TextView(step));
  if (json->len > 1) appendStringInfoChar(json, ',');
  if (trimmed.starts_with('{')) {
    appendBinaryStringInfo(json, trimmed.data(), static_cast<int>(trimmed.size()));
  } else {
    escape_json(json, MakeCString(trimmed));
  }
}

Datum StepsFromArray(ArrayType* array) {
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
  StringInfoData json;
  initStringInfo(&json);
  appendStringInfoChar(&json, '[');
  for (int i = 0; i < count; ++i) {
    if (nulls[i])
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a step must not be null")));
    AppendStep(&json, DatumGetTextPP(values[i]));
  }
  appendStringInfoChar(&json, ']');
  return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph::pg;

// A JSON array, a JSON object (one step), a PostgreSQL array literal, or the name of one event type.
PRODUCTGRAPH_FUNCTION(steps_in) {
  char* const input = PG_GETARG_CSTRING(0);
  const std::string_view trimmed = Trim(input);
  if (trimmed.starts_with('[')) return DirectFunctionCall1(jsonb_in, CStringGetDatum(input));
  if (trimmed.starts_with('{') && !IsJson(trimmed)) {
    const Datum array = OidInputFunctionCall(F_ARRAY_IN, input, TEXTOID, -1);
    return StepsFromArray(DatumGetArrayTypeP(array));
  }
  StringInfoData json;
  initStringInfo(&json);
  appendStringInfoChar(&json, '[');
  AppendStep(&json, MakeText(trimmed));
  appendStringInfoChar(&json, ']');
  return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

PRODUCTGRAPH_FUNCTION(steps_out) {
  return jsonb_out(fcinfo);
}

PRODUCTGRAPH_FUNCTION(steps_from_array) {
  return StepsFromArray(PG_GETARG_ARRAYTYPE_P(0));
}
