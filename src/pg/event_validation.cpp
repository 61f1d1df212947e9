// validate_event(), is_valid_event() and event_fields(): the rules of src/core/event_rules.hpp in SQL.
#include "src/core/event_reader.hpp"
#include "src/core/event_rules.hpp"
#include "src/pg/boundary.hpp"
#include "src/pg/result_rows.hpp"

namespace productgraph::pg {
namespace {

// Reads and judges one event. The result lives in the current memory context.
const core::Event* JudgeEvent(Jsonb* event) {
  char* const json = JsonbToCString(nullptr, &event->root, VARSIZE(event));
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  const core::Event* judged = nullptr;
  Compute([&] {
    auto* const result = new (memory->allocate(sizeof(core::ReadResult))) core::ReadResult(memory);
    core::ReadEvents(json, core::BodyFormat::kEvent, core::ReadLimits(), CancelToken(), memory, result);
    if (result->error) {
      core::Event& event = result->events.emplace_back(memory);
      event.violations.push_back({"event", result->error->code, result->error->message});
    } else {
      core::ApplyRules(core::EventRules(), memory, &result->events.front());
    }
    judged = &result->events.front();
  });
  return judged;
}

Datum TextOf(std::string_view value) {
  return PointerGetDatum(MakeText(value));
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(validate_event) {
  const core::Event* const event = JudgeEvent(PG_GETARG_JSONB_P(0));
  ResultRows rows = BeginRows(fcinfo);
  for (const core::Violation& violation : event->violations) {
    Datum values[] = {TextOf(violation.field), TextOf(core::Describe(violation.code).name),
                      TextOf(violation.message)};
    AddRow(rows, values);
  }
  return (Datum)0;
}

PRODUCTGRAPH_FUNCTION(is_valid_event) {
  PG_RETURN_BOOL(JudgeEvent(PG_GETARG_JSONB_P(0))->violations.empty());
}

PRODUCTGRAPH_FUNCTION(event_fields) {
  ResultRows rows = BeginRows(fcinfo);
  for (const core::FieldSpec& spec : core::kFields) {
    Datum values[] = {
        TextOf(spec.name),         TextOf(spec.column),         TextOf(core::SqlTypeName(spec.type)),
        Int32GetDatum(spec.limit), BoolGetDatum(spec.required), BoolGetDatum(spec.in_kind)};
    const bool nulls[] = {false, false, false, spec.limit == 0, false, false};
    AddRow(rows, values, nulls);
  }
  return (Datum)0;
}
