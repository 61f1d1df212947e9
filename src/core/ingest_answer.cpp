#include "src/core/ingest_answer.hpp"

#include "src/core/arena_text.hpp"
#include "src/core/ingest_batch.hpp"
#include "src/core/json.hpp"

namespace productgraph::core {
namespace {

class Writer {
 public:
  explicit Writer(std::pmr::memory_resource* memory)
      : memory_(memory), text_(memory), stream_(&text_), allocator_(memory), json_(stream_, &allocator_) {}

  std::pmr::memory_resource* memory() const { return memory_; }
  JsonWriter& json() { return json_; }
  void Key(std::string_view key) { json_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }
  void Member(std::string_view key, std::string_view value) {
    Key(key);
    json_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  void Member(std::string_view key, int value) {
    Key(key);
    json_.Int(value);
  }
  std::string_view Take() { return CopyText(memory_, text_); }

 private:
  std::pmr::memory_resource* memory_;
  std::pmr::string text_;
  PmrJsonStream stream_;
  PmrJsonAllocator allocator_;
  JsonWriter json_;
};

void WriteEntry(Writer* writer, int index, const Event& event, const Violation& violation) {
  writer->json().StartObject();
  writer->Member("index", index);
  const std::string_view event_id =
      event.sent_id.empty() ? ReplaceNul(writer->memory(), event.Text(FieldId::kEventId)) : event.sent_id;
  if (event_id.empty()) {
    writer->Key("event_id");
    writer->json().Null();
  } else {
    writer->Member("event_id", event_id);
  }
  writer->Member("field", violation.field);
  writer->Member("code", Describe(violation.code).name);
  writer->Member("error", violation.message);
  writer->json().EndObject();
}

}  // namespace

std::string_view ErrorBody(const RequestError& error, std::string_view request_id,
                           std::pmr::memory_resource* memory) {
  Writer writer(memory);
  writer.json().StartObject();
  writer.Key("error");
  writer.json().StartObject();
  writer.Member("code", Describe(error.code).name);
  writer.Member("message", error.message);
  writer.Member("request_id", request_id);
  writer.json().EndObject();
  writer.json().EndObject();
  return writer.Take();
}

std::string_view AcceptedBody(const std::pmr::vector<Event>& events, const IngestAnswer& answer,
                              std::pmr::memory_resource* memory) {
  Writer writer(memory);
  writer.json().StartObject();
  writer.Member("accepted", answer.accepted);
  writer.Member("rejected", answer.rejected);
  writer.Member("duplicates", answer.duplicates);
  writer.Key("errors");
  writer.json().StartArray();
  bool warned = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].violations.empty()) {
      WriteEntry(&writer, static_cast<int>(i), events[i], events[i].violations.front());
    } else {
      warned = warned || !events[i].warnings.empty();
    }
  }
  writer.json().EndArray();
  if (warned) {
    writer.Key("warnings");
    writer.json().StartArray();
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (!events[i].violations.empty()) continue;
      for (const Violation& warning : events[i].warnings)
        WriteEntry(&writer, static_cast<int>(i), events[i], warning);
    }
    writer.json().EndArray();
  }
  writer.json().EndObject();
  return writer.Take();
}

}  // namespace productgraph::core
