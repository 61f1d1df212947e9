// Bodies of POST /v1/events; the first byte chooses the format, and from 128 on redaction. What is accepted
// can always be stored.
#include <rapidjson/document.h>

#include "src/core/ingest_batch.hpp"
#include "src/core/utf8.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

static constexpr std::string_view kPatterns[] = {"card", "email", "token"}, kDrop[] = {"*.a", "page.url"},
                                  kHash[] = {"user.id", "event_id", "*.b"}, kMask[] = {"page.title", "*.c"};

static bool IsJson(std::string_view text) {
  return !rapidjson::Document().Parse(text.data(), text.size()).HasParseError() &&
         text.find("\\u0000") == text.npos;
}

static void CheckStorable(const FieldValue& value) {
  REQUIRE(FindInvalidUtf8(value.text) == value.text.size() && value.text.find('\0') == value.text.npos);
  const FieldSpec& spec = Describe(value.field);
  if (spec.type == FieldType::kObject) REQUIRE(IsJson(value.text));
  if (spec.type == FieldType::kTimestamp) REQUIRE(value.integer >= 0 && value.integer <= kLastTimestamp);
  REQUIRE(spec.limit == 0 || CountCharacters(value.text) <= spec.limit);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::pmr::monotonic_buffer_resource memory;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  IngestBatch batch(ReadLimits(), StopToken(), &memory);
  batch.AddRequest({body, static_cast<BodyFormat>(data[0] % 3), {}, "r"});
  batch.Read();
  for (ProjectLookup& project : batch.projects()) {
    project.found = project.project_id != "closed";
    if (data[0] >= 128) project.redaction = {kPatterns, kDrop, kHash, kMask, {}};
  }
  batch.Judge();
  for (const IngestRow& row : batch.rows()) {
    REQUIRE(row.event->attributes.empty() || IsJson(row.event->attributes));
    for (const FieldValue& value : row.event->values) CheckStorable(value);
  }
  batch.Answer();
  REQUIRE(IsJson(batch.answers().front().body));
  REQUIRE(batch.answers().front().accepted >= static_cast<int>(batch.rows().size()));
  return 0;
}
