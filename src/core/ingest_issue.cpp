#include "src/core/ingest_issue.hpp"

#include <algorithm>

#include "src/core/arena_text.hpp"
#include "src/core/json.hpp"
#include "src/core/utf8.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kMaxDigits = 15;
constexpr std::string_view kIncomplete = "…";
constexpr std::size_t kClosingBytes = 16;  // of kIncomplete and the end of the object

// Where the project is not known, so that its choice is not either.
constexpr Patterns AllPatterns() {
  Patterns patterns;
  patterns.Add(Pattern::kCard);
  patterns.Add(Pattern::kEmail);
  patterns.Add(Pattern::kToken);
  return patterns;
}

// Redacted before it is cut: half of a card number is none.
std::string_view Clean(Patterns patterns, std::string_view text, std::size_t limit,
                       std::pmr::memory_resource* memory) {
  return FirstCharacters(ReplaceNul(memory, RedactText(patterns, text, memory)), limit);
}

bool IsShortInteger(std::string_view digits) {
  return digits.size() <= kMaxDigits &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

bool HasTypeOfItsField(const FieldValue& value) {
  switch (Describe(value.field).type) {
    case FieldType::kTimestamp:
      return value.json_type == JsonType::kString || value.json_type == JsonType::kNumber;
    case FieldType::kInt64:
    case FieldType::kInt32:
    case FieldType::kNumber:
      return value.json_type == JsonType::kNumber;
    case FieldType::kObject:
      return value.json_type == JsonType::kObject;
    case FieldType::kJsonText:
      return true;
    default:
      return value.json_type == JsonType::kString;
  }
}

std::string_view TypeName(JsonType type) {
  constexpr std::string_view kNames[] = {"[string]", "[number]", "[boolean]", "[object]", "[array]"};
  return kNames[static_cast<int>(type)];
}

class SampleWriter {
 public:
  SampleWriter(const RedactionRules& rules, std::pmr::memory_resource* memory)
      : rules_(rules),
        memory_(memory),
        text_(memory),
        stream_(&text_),
        allocator_(memory),
        json_(stream_, &allocator_) {}

  std::string_view Write(const Event& event) {
    json_.StartObject();
    for (const FieldValue& value : event.values) {
      if (!WriteField(value)) break;
    }
    if (!incomplete_ && !event.attributes.empty()) WriteText("attributes", event.attributes);
    if (incomplete_) {
      json_.Key(kIncomplete.data(), static_cast<rapidjson::SizeType>(kIncomplete.size()));
      json_.Bool(true);
    }
    json_.EndObject();
    return CopyText(memory_, text_);
  }

 private:
  bool WriteField(const FieldValue& value) {
    const std::string_view name = Describe(value.field).name;
    if (rules_.ActionOf(value.field) != FieldAction::kKeep) return WriteText(name, kMaskText);
    if (!HasTypeOfItsField(value)) return WriteText(name, TypeName(value.json_type));
    return WriteText(name, value.text, value.json_type == JsonType::kNumber && IsShortInteger(value.text));
  }

  // False, and nothing is written, where the sample would become too large.
  bool WriteText(std::string_view name, std::string_view text, bool number = false) {
    const std::string_view shown = Clean(rules_.patterns(), text, kIssueValueLimit, memory_);
    constexpr std::size_t kLongestEscape = 6;
    if (text_.size() + name.size() + kLongestEscape * shown.size() + kClosingBytes > kIssueEventBytes) {
      incomplete_ = true;
      return false;
    }
    json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    if (number) {
      json_.RawValue(shown.data(), shown.size(), rapidjson::kNumberType);
    } else {
      json_.String(shown.data(), static_cast<rapidjson::SizeType>(shown.size()));
    }
    return true;
  }

  const RedactionRules& rules_;
  std::pmr::memory_resource* const memory_;
  std::pmr::string text_;
  PmrJsonStream stream_;
  PmrJsonAllocator allocator_;
  JsonWriter json_;
  bool incomplete_ = false;
};

}  // namespace

IssueTexts DescribeIssue(const IngestIssue& issue, std::pmr::memory_resource* memory) {
  const Patterns patterns = issue.redaction ? issue.redaction->patterns() : AllPatterns();
  IssueTexts texts;
  texts.field = Clean(patterns, issue.remark.field, kIssueNameLimit, memory);
  texts.message = Clean(patterns, issue.remark.message, kIssueMessageLimit, memory);
  if (!issue.event) return texts;
  const FieldAction action = issue.redaction->ActionOf(FieldId::kEventId);
  const std::string_view event_id = issue.event->Text(FieldId::kEventId);
  // An id that was rejected may not have been hashed.
  if (!issue.rejected || action == FieldAction::kKeep) {
    texts.event_id = Clean(patterns, event_id, kIssueNameLimit, memory);
  }
  texts.sample = SampleWriter(*issue.redaction, memory).Write(*issue.event);
  return texts;
}

}  // namespace productgraph::core
