#include "src/core/event_handler.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "src/core/arena_text.hpp"
#include "src/core/utf8.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 128;  // events between two looks at the stop token
constexpr int kParserDepth = 10'000;     // deeper documents are not read: each level costs the parser memory
constexpr std::size_t kNameLimit = 255;  // characters of an unknown field's name in a message

// jsonb keeps numbers as exact decimals: 1e131071 would be stored as 131 kB of digits, and larger ones not at
// all. What no double can hold is refused.
bool IsStorableNumber(std::string_view digits, std::size_t limit) {
  if (digits.size() > limit) return false;
  double value;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return status == std::errc() && end == digits.data() + digits.size() && std::isfinite(value);
}

}  // namespace

EventHandler::EventHandler(BodyFormat format, const ReadLimits& limits, const StopToken& stop,
                           const rapidjson::MemoryStream* stream, std::pmr::memory_resource* memory,
                           std::pmr::vector<Event>* events)
    : limits_(limits),
      stop_(stop),
      stream_(stream),
      memory_(memory),
      events_(events),
      place_(format == BodyFormat::kJson ? Place::kTop : Place::kEvents),
      events_seen_(format != BodyFormat::kJson),
      value_text_(memory),
      attributes_text_(memory),
      value_stream_(&value_text_),
      attributes_stream_(&attributes_text_),
      allocator_(memory),
      value_writer_(value_stream_, &allocator_),
      attributes_writer_(attributes_stream_, &allocator_) {}

std::optional<RequestError> EventHandler::error() const {
  if (!error_ && !events_seen_) {
    return RequestError{ErrorCode::kInvalidBatch,
                        "no \"events\" in the body: send {\"events\":[…]} or an array"};
  }
  return error_;
}

bool EventHandler::Fail(ErrorCode code, std::string_view message) {
  error_ = RequestError{code, message};
  return false;
}

void EventHandler::RejectEvent(std::string_view field, ErrorCode code, std::string_view what) {
  AddRemark(&events_->back().violations, field, code, what);
}

// Once a field, and not many times an event: a hostile one could make the answer much larger than itself.
void EventHandler::AddRemark(std::pmr::vector<Violation>* remarks, std::string_view field, ErrorCode code,
                             std::string_view what) {
  if (remarks->size() >= kMaxRemarks) return;
  if (!remarks->empty() && remarks->back().field == field && remarks->back().code == code) return;
  remarks->push_back({field, code, JoinText(memory_, {field, ": ", what})});
}

bool EventHandler::Null() {
  switch (place_) {
    case Place::kEnvelope:
      events_seen_ |= events_key_;  // what some clients send for an empty list
      return true;
    case Place::kEvent:
      if (field_)
        ClearField();
      else
        WriteScalar(JsonType::kObject, "null");
      return true;
    case Place::kNested:
      WriteScalar(JsonType::kObject, "null");
      return true;
    default:
      return NotAnEvent();
  }
}

// A string, number or boolean, wherever it stands.
bool EventHandler::Scalar(JsonType type, std::string_view text) {
  switch (place_) {
    case Place::kEnvelope:
      return !events_key_ || Fail(ErrorCode::kInvalidBatch, "\"events\" must be an array");
    case Place::kEvent:
      if (field_)
        SetField(type, CopyText(memory_, WithoutNul(text)));
      else
        WriteScalar(type, text);
      return true;
    case Place::kNested:
      WriteScalar(type, text);
      return true;
    default:
      return NotAnEvent();
  }
}

bool EventHandler::Key(const char* text, rapidjson::SizeType size, bool) {
  const std::string_view key(text, size);
  if (place_ == Place::kEnvelope) {
    events_key_ = key == "events";
  } else if (place_ == Place::kEvent) {
    return FieldKey(key);
  } else if (writer_) {
    const std::string_view clean = WithoutNul(key);
    writer_->Key(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
  }
  return true;
}

bool EventHandler::FieldKey(std::string_view key) {
  DropValue();
  alias_ = key == kProjectIdAlias;
  field_ = alias_ ? FieldId::kProjectId : FindField(key);
  if (field_) {
    value_text_.clear();
    value_writer_.Reset(value_stream_);
    writer_ = &value_writer_;
  } else {
    attribute_ = CopyText(memory_, ReplaceNul(memory_, FirstCharacters(key, kNameLimit)));
    const std::string_view clean = WithoutNul(key);
    writer_ = &attributes_writer_;
    if (attributes_text_.empty()) writer_->StartObject();
    writer_->Key(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
  }
  return true;
}

bool EventHandler::Start(JsonType type) {
  const bool array = type == JsonType::kArray;
  if (place_ == Place::kTop && !array) {
    place_ = Place::kEnvelope;
    in_envelope_ = true;
    return true;
  }
  if (place_ == Place::kTop || (place_ == Place::kEnvelope && events_key_ && array)) return StartBatch();
  if (place_ == Place::kEnvelope && events_key_) {
    return Fail(ErrorCode::kInvalidBatch, "\"events\" must be an array");
  }
  if (place_ == Place::kEvents && !array) return StartEvent();
  if (place_ == Place::kEvents && !NotAnEvent()) return false;
  return StartNested(type);
}

bool EventHandler::End(JsonType type) {
  switch (place_) {
    case Place::kEvents:
      place_ = in_envelope_ ? Place::kEnvelope : Place::kDone;
      return true;
    case Place::kEvent:
      return EndEvent();
    case Place::kEnvelope:
      place_ = Place::kDone;
      return true;
    default:
      return EndNested(type);
  }
}

bool EventHandler::StartBatch() {
  if (events_seen_) return Fail(ErrorCode::kInvalidBatch, "\"events\" is there twice");
  events_seen_ = true;
  place_ = Place::kEvents;
  return true;
}

// Makes room for an event, or for the verdict over what stands in its place.
bool EventHandler::NotAnEvent() {
  if (place_ == Place::kTop) {
    return Fail(ErrorCode::kInvalidBatch, "the body must be {\"events\":[…]} or an array of events");
  }
  if (!StartEvent()) return false;
  RejectEvent("event", ErrorCode::kInvalidType, "must be an object");
  place_ = Place::kEvents;
  return true;
}

bool EventHandler::StartEvent() {
  if (events_->size() >= limits_.events) {
    return Fail(ErrorCode::kTooManyEvents, "too many events in one batch, send them in smaller ones");
  }
  if (events_->size() % kStopInterval == 0) stop_.ThrowIfRequested();
  events_->emplace_back(memory_);
  place_ = Place::kEvent;
  event_start_ = stream_->Tell() - 1;
  seen_ = 0;
  project_from_alias_ = false;
  attributes_text_.clear();
  attributes_writer_.Reset(attributes_stream_);
  DropValue();
  return true;
}

bool EventHandler::EndEvent() {
  if (stream_->Tell() - event_start_ > limits_.event_bytes) {
    RejectEvent("event", ErrorCode::kTooLarge, "larger than 100 KB");
  }
  if (!attributes_text_.empty()) {
    attributes_writer_.EndObject();
    events_->back().attributes = CopyText(memory_, attributes_text_);
  }
  place_ = Place::kEvents;
  return true;
}

bool EventHandler::StartNested(JsonType type) {
  if (place_ != Place::kNested) {
    outer_place_ = place_;
    place_ = Place::kNested;
    depth_ = 0;
    if (outer_place_ != Place::kEvent) DropValue();
  }
  if (++depth_ > kParserDepth) return Fail(ErrorCode::kTooDeep, "nested too deeply to be read");
  if (depth_ > limits_.depth && writer_) {
    RejectEvent(CurrentName(), ErrorCode::kTooDeep, "nested too deeply");
    DropValue();
    // The writer stands in the middle of a value. The event is lost, so its attributes may be, too.
    attributes_text_.clear();
    attributes_writer_.Reset(attributes_stream_);
  }
  if (writer_) type == JsonType::kObject ? writer_->StartObject() : writer_->StartArray();
  return true;
}

bool EventHandler::EndNested(JsonType type) {
  if (writer_) type == JsonType::kObject ? writer_->EndObject() : writer_->EndArray();
  if (--depth_ > 0) return true;
  place_ = outer_place_;
  if (field_ && place_ == Place::kEvent) SetField(type, CopyText(memory_, value_text_));
  return true;
}

void EventHandler::SetField(JsonType type, std::string_view text) {
  const std::uint64_t bit = std::uint64_t{1} << static_cast<int>(*field_);
  std::pmr::vector<FieldValue>& values = events_->back().values;
  if (*field_ == FieldId::kProjectId) {
    if (alias_ && (seen_ & bit) && !project_from_alias_) return;
    project_from_alias_ = alias_;
  }
  FieldValue value{};
  value.field = *field_;
  value.json_type = type;
  value.text = text;
  if (seen_ & bit) {
    *std::find_if(values.begin(), values.end(), [&](const FieldValue& v) { return v.field == *field_; }) =
        value;
  } else {
    values.push_back(value);
    seen_ |= bit;
  }
}

// A null after a value takes the value back: of a key given twice the last one counts.
void EventHandler::ClearField() {
  const std::uint64_t bit = std::uint64_t{1} << static_cast<int>(*field_);
  if (!(seen_ & bit) || (*field_ == FieldId::kProjectId && alias_ != project_from_alias_)) return;
  std::erase_if(events_->back().values, [&](const FieldValue& value) { return value.field == *field_; });
  seen_ &= ~bit;
}

// Writes a value into metadata or the attributes; null comes as an object.
void EventHandler::WriteScalar(JsonType type, std::string_view text) {
  if (!writer_) return;
  if (type == JsonType::kString) {
    const std::string_view clean = WithoutNul(text);
    writer_->String(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
    return;
  }
  if (type == JsonType::kNumber && !IsStorableNumber(text, limits_.number_chars)) {
    RejectEvent(CurrentName(), ErrorCode::kOutOfRange, "holds a number that is too large or too long");
    text = "0";
  }
  const rapidjson::Type json = type == JsonType::kNumber ? rapidjson::kNumberType : rapidjson::kTrueType;
  writer_->RawValue(text.data(), text.size(), json);
}

// Replaces U+0000 with a warning. Identifiers keep it: the rules reject those.
std::string_view EventHandler::WithoutNul(std::string_view text) {
  if (!HasNul(text) || (field_ && Describe(*field_).type == FieldType::kIdentifier)) return text;
  AddRemark(&events_->back().warnings, CurrentName(), ErrorCode::kReplacedCharacter,
            "U+0000 cannot be stored, U+FFFD stands in its place");
  return ReplaceNul(memory_, text);
}

}  // namespace productgraph::core
