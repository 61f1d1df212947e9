#include "event_writer.hpp"

#include "json_text.hpp"
#include "src/core/utf8.hpp"

namespace productgraph {
namespace {

constexpr std::size_t kMaxCharacters = 8192;
constexpr int kMaxDepth = 16;
constexpr std::size_t kUsualSize = 512;
constexpr std::string_view kMetadata = "metadata";

void AppendText(std::string_view text, std::string* out) {
  AppendJsonString(text.size() > kMaxCharacters ? core::FirstCharacters(text, kMaxCharacters) : text, out);
}

void AppendValue(const Value& value, int depth, std::string* out);

struct Writer {
  int depth;  // of the containers around
  std::string* out;

  void operator()(std::nullptr_t) const { out->append("null"); }
  void operator()(bool value) const { out->append(value ? "true" : "false"); }
  void operator()(std::int64_t value) const { AppendJsonNumber(value, out); }
  void operator()(std::uint64_t value) const { AppendJsonNumber(value, out); }
  void operator()(double value) const { AppendJsonNumber(value, out); }
  void operator()(const std::string& text) const { AppendText(text, out); }
  void operator()(const Value::Array& elements) const {
    if (depth == kMaxDepth) return (*this)(nullptr);
    out->push_back('[');
    bool is_first = true;
    for (const Value& element : elements) {
      if (!is_first) out->push_back(',');
      is_first = false;
      AppendValue(element, depth + 1, out);
    }
    out->push_back(']');
  }
  void operator()(const Value::Object& members) const {
    if (depth == kMaxDepth) return (*this)(nullptr);
    out->push_back('{');
    bool is_first = true;
    for (const auto& [name, value] : members) {
      if (!is_first) out->push_back(',');
      is_first = false;
      AppendText(name, out);
      out->push_back(':');
      AppendValue(value, depth + 1, out);
    }
    out->push_back('}');
  }
};

void AppendValue(const Value& value, int depth, std::string* out) {
  std::visit(Writer{depth, out}, value.variant());
}

std::string Write(const Event& event, bool with_metadata) {
  std::string json;
  json.reserve(kUsualSize);
  char before = '{';
  for (const auto& [field, value] : event.fields()) {
    json.push_back(before);
    before = ',';
    AppendText(field, &json);
    json.push_back(':');
    if (!with_metadata && field == kMetadata) {
      json.append(R"({"truncated":true})");
    } else {
      AppendValue(value, 1, &json);
    }
  }
  json.push_back('}');
  return json;
}

}  // namespace

std::string WriteEvent(const Event& event) {
  std::string json = Write(event, true);
  if (json.size() > kMaxEventBytes) json = Write(event, false);
  if (json.size() > kMaxEventBytes) json.clear();
  return json;
}

}  // namespace productgraph
