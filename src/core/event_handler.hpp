// The SAX handler behind ReadEvents: turns RapidJSON's calls into events. Internal to the event reader.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/event.hpp"
#include "src/core/event_reader.hpp"
#include "src/core/json.hpp"

namespace productgraph::core {

// One handler reads one document. RapidJSON parses iteratively and the handler only counts depth, so nesting
// costs no stack. A method that returns false ends the parse: see error().
class EventHandler {
 public:
  EventHandler(BodyFormat format, const ReadLimits& limits, const StopToken& stop,
               const rapidjson::MemoryStream* stream, std::pmr::memory_resource* memory,
               std::pmr::vector<Event>* events);

  // Why the handler ended the parse or, after a complete document, why it is no batch.
  std::optional<RequestError> error() const;

  bool Null();
  bool Bool(bool value) { return Scalar(JsonType::kBool, value ? "true" : "false"); }
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool) {
    return Scalar(JsonType::kNumber, {digits, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return Scalar(JsonType::kString, {text, size});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool);
  bool StartObject() { return Start(JsonType::kObject); }
  bool StartArray() { return Start(JsonType::kArray); }
  bool EndObject(rapidjson::SizeType) { return End(JsonType::kObject); }
  bool EndArray(rapidjson::SizeType) { return End(JsonType::kArray); }
  // The parser hands numbers over as text; these only complete the handler concept.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  enum class Place : std::uint8_t {
    kTop,       // before the document's value
    kEnvelope,  // in {"events": …}
    kEvents,    // where an event is expected
    kEvent,     // in an event object
    kNested,    // in an object or array that is a field's value, or none of our business
    kDone,
  };

  bool Scalar(JsonType type, std::string_view text);
  bool Start(JsonType type);
  bool End(JsonType type);
  bool StartBatch();
  bool StartEvent();
  bool EndEvent();
  bool NotAnEvent();
  bool StartNested(JsonType type);
  bool EndNested(JsonType type);
  bool FieldKey(std::string_view key);

  bool Fail(ErrorCode code, std::string_view message);
  void RejectEvent(std::string_view field, ErrorCode code, std::string_view what);
  void AddRemark(std::pmr::vector<Violation>* remarks, std::string_view field, ErrorCode code,
                 std::string_view what);
  void SetField(JsonType type, std::string_view text);
  void ClearField();
  void WriteScalar(JsonType type, std::string_view text);
  void DropValue() { writer_ = nullptr, field_.reset(); }
  std::string_view CurrentName() const { return field_ ? Describe(*field_).name : attribute_; }
  std::string_view WithoutNul(std::string_view text);

  const ReadLimits& limits_;
  const StopToken& stop_;
  const rapidjson::MemoryStream* const stream_;  // its position tells how large an event is
  std::pmr::memory_resource* const memory_;
  std::pmr::vector<Event>* const events_;
  std::optional<RequestError> error_;

  Place place_;
  Place outer_place_ = Place::kDone;  // where a nested value ends up
  bool in_envelope_ = false;
  bool events_key_ = false;  // the envelope's current key is "events"
  bool events_seen_;
  int depth_ = 0;  // of the nested value

  // The event being read.
  std::size_t event_start_ = 0;
  std::uint64_t seen_ = 0;  // its fields so far, one bit each
  bool alias_ = false;      // the current key is project_id's alias
  bool project_from_alias_ = false;
  std::optional<FieldId> field_;  // of the current key, when it is a known one
  std::string_view attribute_;    // the current key otherwise
  JsonWriter* writer_ = nullptr;  // where the current value is written, if anywhere
  std::pmr::string value_text_;   // JSON of a known field's nested value
  std::pmr::string attributes_text_;
  PmrJsonStream value_stream_;
  PmrJsonStream attributes_stream_;
  PmrJsonAllocator allocator_;
  JsonWriter value_writer_;
  JsonWriter attributes_writer_;
};

}  // namespace productgraph::core
