#include "src/core/event_reader.hpp"

#include <charconv>

#include "src/core/arena_text.hpp"
#include "src/core/event_handler.hpp"
#include "src/core/huge_numbers.hpp"
#include "src/core/json.hpp"
#include "src/core/utf8.hpp"

namespace productgraph::core {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;

std::string_view Malformed(std::pmr::memory_resource* memory, std::string_view why, std::size_t offset) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), offset).ptr;
  return JoinText(memory,
                  {"malformed JSON at byte ", {digits, static_cast<std::size_t>(end - digits)}, ": ", why});
}

// Reads one document; `again` after its huge numbers have been replaced.
std::optional<RequestError> ReadDocument(std::string_view json, BodyFormat format, const ReadLimits& limits,
                                         const StopToken& stop, std::pmr::memory_resource* memory,
                                         std::pmr::vector<Event>* events, bool again = false) {
  if (const std::size_t bad = FindInvalidUtf8(json); bad != json.size()) {
    return RequestError{ErrorCode::kMalformedJson, Malformed(memory, "invalid UTF-8", bad)};
  }
  const std::size_t before = events->size();
  JsonText stream(json);
  PmrJsonAllocator allocator(memory);
  JsonReader reader(&allocator);
  EventHandler handler(format, limits, stop, &stream, memory, events);
  const rapidjson::ParseResult parsed = reader.Parse<kParseFlags>(stream, handler);
  if (parsed.Code() == rapidjson::kParseErrorNumberTooBig && !again) {
    events->erase(events->begin() + static_cast<std::ptrdiff_t>(before), events->end());
    return ReadDocument(ReplaceHugeNumbers(json, memory), format, limits, stop, memory, events, true);
  }
  if (parsed.IsError() && parsed.Code() != rapidjson::kParseErrorTermination) {
    return RequestError{ErrorCode::kMalformedJson,
                        Malformed(memory, rapidjson::GetParseError_En(parsed.Code()), parsed.Offset())};
  }
  if (!parsed.IsError() && stream.Tell() != json.size()) {
    // RapidJSON takes a zero byte for the end of its input.
    return RequestError{ErrorCode::kMalformedJson, Malformed(memory, "unexpected zero byte", stream.Tell())};
  }
  return handler.error();
}

void ReadLines(std::string_view body, const ReadLimits& limits, const StopToken& stop,
               std::pmr::memory_resource* memory, ReadResult* result) {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::size_t before = result->events.size();
    std::optional<RequestError> error =
        ReadDocument(line, BodyFormat::kNdjson, limits, stop, memory, &result->events);
    if (!error) continue;
    if (error->code != ErrorCode::kMalformedJson && error->code != ErrorCode::kTooDeep) {
      result->error = error;
      return;
    }
    result->events.erase(result->events.begin() + static_cast<std::ptrdiff_t>(before), result->events.end());
    if (before >= limits.events) {
      result->error = RequestError{ErrorCode::kTooManyEvents, "too many events in one batch"};
      return;
    }
    result->events.emplace_back(memory).violations.push_back(
        {"event", error->code, JoinText(memory, {"event: ", error->message})});
  }
}

}  // namespace

void ReadEvents(std::string_view body, BodyFormat format, const ReadLimits& limits, const StopToken& stop,
                std::pmr::memory_resource* memory, ReadResult* result) {
  if (body.size() > limits.body_bytes) {
    result->error = RequestError{ErrorCode::kBodyTooLarge, "the body is larger than 10 MB"};
    return;
  }
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  if (MayHaveSurrogateEscapes(body)) {
    const std::string_view copy = CopyText(memory, body);
    RepairLoneSurrogateEscapes(const_cast<char*>(copy.data()), copy.size());
    body = copy;
  }
  if (format == BodyFormat::kNdjson) {
    ReadLines(body, limits, stop, memory, result);
  } else {
    result->error = ReadDocument(body, format, limits, stop, memory, &result->events);
  }
  if (result->error) result->events.clear();
}

}  // namespace productgraph::core
