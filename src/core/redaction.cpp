#include "src/core/redaction.hpp"

#include "src/core/arena_text.hpp"
#include "src/core/redacting_json.hpp"
#include "src/core/utf8.hpp"

namespace productgraph::core {
namespace {

class Redactor {
 public:
  Redactor(const RedactionRules& rules, std::pmr::memory_resource* memory, CleanTexts* clean, Event* event)
      : rules_(rules), memory_(memory), clean_(clean), event_(event) {}

  void Run() {
    std::erase_if(event_->values, [this](FieldValue& value) {
      const FieldAction action = rules_.ActionOf(value.field);
      if (action == FieldAction::kDrop) return true;
      const int place = CleanTexts::Place(value);
      if (action != FieldAction::kKeep || !clean_->Has(rules_, place, value.text)) {
        const std::string_view given = value.text;
        Redact(Describe(value.field), action, &value);
        if (action == FieldAction::kKeep && value.text.data() == given.data())
          clean_->Add(rules_, place, given);
      }
      return false;
    });
    RedactAttributes();
  }

 private:
  void Redact(const FieldSpec& spec, FieldAction action, FieldValue* value) {
    if (value->text.empty() || spec.id == FieldId::kProjectId) return;
    switch (spec.type) {
      case FieldType::kIdentifier:
        return RedactIdentifier(spec, action, value);
      case FieldType::kText:
      case FieldType::kEventType:
        if (value->json_type == JsonType::kString) RedactWhole(spec, action, value);
        return;
      case FieldType::kJsonText:
        return action == FieldAction::kKeep ? RedactState(spec, value) : RedactWhole(spec, action, value);
      case FieldType::kObject:
        if (value->json_type == JsonType::kObject) RedactMember(spec, JsonOrigin::kOurs, value);
        return;
      default:
        return;
    }
  }

  void RedactIdentifier(const FieldSpec& spec, FieldAction action, FieldValue* value) {
    if (value->json_type != JsonType::kString) return;
    const bool matches = action == FieldAction::kKeep && HasSensitiveText(rules_.patterns(), value->text);
    if (action == FieldAction::kKeep && !matches) return;
    if (CountCharacters(value->text) > spec.limit || HasControlCharacter(value->text)) return;
    if (matches) {
      action = FieldAction::kHash;
      Warn(spec.name);
    }
    if (spec.id == FieldId::kEventId) event_->sent_id = value->text;
    RedactWhole(spec, action, value);
  }

  void RedactWhole(const FieldSpec& spec, FieldAction action, FieldValue* value) {
    if (action == FieldAction::kHash) {
      value->text = HashText(rules_.secret(), value->text, memory_);
    } else if (action == FieldAction::kMask) {
      value->text = kMaskText;
    } else {
      const std::string_view clean = RedactText(rules_.patterns(), value->text, memory_);
      if (clean.data() != value->text.data()) Warn(spec.name);
      value->text = clean;
    }
  }

  // JSON, or text that may be JSON.
  void RedactState(const FieldSpec& spec, FieldValue* value) {
    if (value->json_type != JsonType::kString) {
      RedactMember(spec, JsonOrigin::kOurs, value);
      return;
    }
    if ((value->text.front() == '{' || value->text.front() == '[') &&
        RedactMember(spec, JsonOrigin::kClients, value)) {
      return;
    }
    RedactWhole(spec, FieldAction::kKeep, value);
  }

  // False when it is no JSON.
  bool RedactMember(const FieldSpec& spec, JsonOrigin origin, FieldValue* value) {
    const RedactedJson redacted = RedactJson(rules_, spec.name, value->text, origin, memory_);
    if (redacted.by_pattern) Warn(spec.name);
    value->text = redacted.text;
    return redacted.well_formed;
  }

  void RedactAttributes() {
    if (event_->attributes.empty()) return;
    if (clean_->Has(rules_, CleanTexts::kAttributes, event_->attributes)) return;
    const RedactedJson redacted = RedactJson(rules_, "", event_->attributes, JsonOrigin::kOurs, memory_);
    if (redacted.by_pattern) Warn("event");
    if (redacted.text.data() == event_->attributes.data())
      clean_->Add(rules_, CleanTexts::kAttributes, event_->attributes);
    event_->attributes = redacted.text == "{}" ? std::string_view() : redacted.text;
  }

  void Warn(std::string_view field) {
    if (event_->warnings.size() >= kMaxRemarks) return;
    event_->warnings.push_back(
        {field, ErrorCode::kRedacted, JoinText(memory_, {field, ": redacted before it was stored"})});
  }

  const RedactionRules& rules_;
  std::pmr::memory_resource* const memory_;
  CleanTexts* const clean_;
  Event* const event_;
};

}  // namespace

void RedactEvent(const RedactionRules& rules, std::pmr::memory_resource* memory, CleanTexts* clean,
                 Event* event) {
  Redactor(rules, memory, clean, event).Run();
}

}  // namespace productgraph::core
