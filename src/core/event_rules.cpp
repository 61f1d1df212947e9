#include "src/core/event_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "src/core/arena_text.hpp"
#include "src/core/event_types.hpp"
#include "src/core/utf8.hpp"

namespace productgraph::core {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

struct Digits {
  explicit Digits(std::uint64_t value) : end(std::to_chars(text, text + sizeof(text), value).ptr) {}
  operator std::string_view() const { return {text, static_cast<std::size_t>(end - text)}; }
  char text[20];
  char* end;
};

enum class Whole { kYes, kOutOfRange, kNo };

// A whole number in any notation JSON has for it: 5, 5.0, 5e3.
Whole ParseWhole(std::string_view digits, std::int64_t* value) {
  const char* const last = digits.data() + digits.size();
  if (const auto [end, status] = std::from_chars(digits.data(), last, *value); end == last) {
    return status == std::errc() ? Whole::kYes : Whole::kOutOfRange;
  }
  double number;
  const auto [end, status] = std::from_chars(digits.data(), last, number);
  if (status == std::errc::result_out_of_range) return Whole::kOutOfRange;
  if (status != std::errc() || end != last || std::trunc(number) != number) return Whole::kNo;
  if (!(number >= -kTwoTo63 && number < kTwoTo63)) return Whole::kOutOfRange;
  *value = static_cast<std::int64_t>(number);
  return Whole::kYes;
}

// Checks one event. Each Check… method converts the value in place and returns whether it stays.
class Judge {
 public:
  Judge(const EventRules& rules, std::pmr::memory_resource* memory, Event* event)
      : rules_(rules), memory_(memory), event_(event), from_reader_(event->violations.get_allocator()) {}

  void Run() {
    from_reader_.swap(event_->violations);
    for (const Violation& violation : from_reader_) {
      if (violation.field == "event") {
        event_->violations.push_back(violation);
        return;
      }
    }
    for (const FieldSpec& spec : kFields) {
      if (spec.required) CheckRequired(spec);
    }
    std::erase_if(event_->values, [this](FieldValue& value) {
      const FieldSpec& spec = Describe(value.field);
      return !spec.required && !Check(spec, &value);
    });
    event_->violations.insert(event_->violations.end(), from_reader_.begin(), from_reader_.end());
    if (event_->violations.empty()) Canonicalize();
  }

 private:
  void CheckRequired(const FieldSpec& spec) {
    for (FieldValue& value : event_->values) {
      if (value.field != spec.id) continue;
      if (value.json_type == JsonType::kString && value.text.empty()) break;
      Check(spec, &value);
      return;
    }
    Reject(spec, ErrorCode::kRequired, {"required"});
  }

  bool Check(const FieldSpec& spec, FieldValue* value) {
    switch (spec.type) {
      case FieldType::kIdentifier:
        return CheckIdentifier(spec, value);
      case FieldType::kText:
        return CheckText(spec, value);
      case FieldType::kEventType:
        return CheckEventType(spec, value);
      case FieldType::kTimestamp:
        return CheckTimestamp(spec, value);
      case FieldType::kInt64:
        return CheckWhole(spec, value, std::numeric_limits<std::int64_t>::min(),
                          std::numeric_limits<std::int64_t>::max());
      case FieldType::kInt32:
        return CheckWhole(spec, value, std::numeric_limits<std::int32_t>::min(),
                          std::numeric_limits<std::int32_t>::max());
      case FieldType::kNumber:
        return CheckNumber(spec, value);
      case FieldType::kJsonText:
        return !value->text.empty();
      case FieldType::kObject:
        return Require(spec, *value, JsonType::kObject, "must be an object");
    }
    return true;
  }

  bool CheckIdentifier(const FieldSpec& spec, FieldValue* value) {
    if (!Require(spec, *value, JsonType::kString, "must be a string")) return true;
    if (value->text.size() > spec.limit && CountCharacters(value->text) > spec.limit) {
      Reject(spec, ErrorCode::kTooLong, {"longer than ", Digits(spec.limit), " characters"});
    } else if (HasControlCharacter(value->text)) {
      Reject(spec, ErrorCode::kInvalidCharacter, {"holds a control character"});
    }
    return !value->text.empty();
  }

  bool CheckText(const FieldSpec& spec, FieldValue* value) {
    if (!Require(spec, *value, JsonType::kString, "must be a string")) return true;
    if (spec.limit && value->text.size() > spec.limit && CountCharacters(value->text) > spec.limit) {
      value->text = FirstCharacters(value->text, spec.limit);
      event_->warnings.push_back(
          {spec.name, ErrorCode::kTruncated,
           JoinText(memory_, {spec.name, ": cut to ", Digits(spec.limit), " characters"})});
    }
    return !value->text.empty();
  }

  bool CheckEventType(const FieldSpec& spec, FieldValue* value) {
    const std::size_t before = event_->violations.size();
    CheckIdentifier(spec, value);
    if (event_->violations.size() != before || rules_.allow_other_types || IsKnownEventType(value->text))
      return true;
    const std::string_view near = SuggestEventType(value->text);
    if (near.empty()) {
      Reject(spec, ErrorCode::kUnknownType, {"unknown type \"", value->text, "\""});
    } else {
      Reject(spec, ErrorCode::kUnknownType,
             {"unknown type \"", value->text, "\", did you mean \"", near, "\"?"});
    }
    return true;
  }

  bool CheckTimestamp(const FieldSpec& spec, FieldValue* value) {
    std::optional<UnixMicros> time;
    if (value->json_type == JsonType::kString) time = ParseTimestamp(value->text);
    if (value->json_type == JsonType::kNumber) time = ParseEpochMilliseconds(value->text);
    if (!time) {
      Reject(spec, ErrorCode::kInvalidTimestamp,
             {"not an RFC 3339 time such as 2024-01-15T10:30:00Z, nor milliseconds since 1970"});
    } else if (*time < rules_.earliest || *time > rules_.latest) {
      Reject(spec, ErrorCode::kOutOfRange,
             {*time < rules_.earliest ? "earlier" : "later", " than the project accepts"});
    } else {
      value->integer = *time;
    }
    return true;
  }

  bool CheckWhole(const FieldSpec& spec, FieldValue* value, std::int64_t low, std::int64_t high) {
    if (!Require(spec, *value, JsonType::kNumber, "must be a number")) return true;
    std::int64_t whole = 0;
    const Whole parsed = ParseWhole(value->text, &whole);
    if (parsed == Whole::kNo) {
      Reject(spec, ErrorCode::kInvalidType, {"must be a whole number"});
    } else if (parsed == Whole::kOutOfRange || whole < low || whole > high) {
      Reject(spec, ErrorCode::kOutOfRange, {"out of range"});
    } else {
      value->integer = whole;
    }
    return true;
  }

  bool CheckNumber(const FieldSpec& spec, FieldValue* value) {
    if (!Require(spec, *value, JsonType::kNumber, "must be a number")) return true;
    const char* const last = value->text.data() + value->text.size();
    double number;
    const auto [end, status] = std::from_chars(value->text.data(), last, number);
    if (status != std::errc() || end != last) {
      Reject(spec, ErrorCode::kOutOfRange, {"out of range"});
    } else {
      value->number = number;
    }
    return true;
  }

  bool Require(const FieldSpec& spec, const FieldValue& value, JsonType type, std::string_view otherwise) {
    if (value.json_type == type) return true;
    Reject(spec, ErrorCode::kInvalidType, {otherwise});
    return false;
  }

  void Canonicalize() {
    const std::string_view name = event_->Text(FieldId::kEventName);
    for (FieldValue& value : event_->values) {
      if (value.field == FieldId::kEventType) value.text = CanonicalEventType(value.text, name);
    }
  }

  void Reject(const FieldSpec& spec, ErrorCode code, std::initializer_list<std::string_view> what) {
    const std::string_view message = JoinText(memory_, what);
    event_->violations.push_back({spec.name, code, JoinText(memory_, {spec.name, ": ", message})});
  }

  const EventRules& rules_;
  std::pmr::memory_resource* const memory_;
  Event* const event_;
  std::pmr::vector<Violation> from_reader_;
};

}  // namespace

void ApplyRules(const EventRules& rules, std::pmr::memory_resource* memory, Event* event) {
  Judge(rules, memory, event).Run();
}

}  // namespace productgraph::core
