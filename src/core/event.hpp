// An event on its way from JSON to a row: read by event_reader, judged by event_rules.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "src/core/error.hpp"
#include "src/core/event_fields.hpp"

namespace productgraph::core {

// What stands in JSON for a field; null counts as absent and is never kept.
enum class JsonType : std::uint8_t { kString, kNumber, kBool, kObject, kArray };

// One field of one event. As read: `text` is the string, the number's digits, or the JSON text of any other
// value. After the rules: `text`, `integer` or `number` as the field's type says; timestamps are UnixMicros
// in `integer`.
struct FieldValue {
  FieldId field;
  JsonType json_type;
  std::string_view text;
  union {
    std::int64_t integer;
    double number;
  };
};

// Something wrong with one event. `field` is a JSON name ("event" for the event as a whole); `message` is
// what clients read and starts with the field: "event_id: required".
struct Violation {
  std::string_view field;
  ErrorCode code;
  std::string_view message;
};

// Violations, and warnings, that reading and redacting make of one event at most.
inline constexpr std::size_t kMaxRemarks = 8;

// Everything lives in the memory resource that the reader was given; the views point into it.
struct Event {
  explicit Event(std::pmr::memory_resource* memory) : values(memory), violations(memory), warnings(memory) {}

  const FieldValue* Find(FieldId field) const {
    for (const FieldValue& value : values) {
      if (value.field == field) return &value;
    }
    return nullptr;
  }
  std::string_view Text(FieldId field) const {
    const FieldValue* value = Find(field);
    return value && value->json_type == JsonType::kString ? value->text : std::string_view();
  }

  std::pmr::vector<FieldValue> values;  // present fields, each once
  std::string_view sent_id;             // event_id as it was sent, where it is stored otherwise; else empty
  std::string_view attributes;          // JSON object of the fields we do not know; empty = none
  std::pmr::vector<Violation> violations;
  std::pmr::vector<Violation> warnings;
};

}  // namespace productgraph::core
