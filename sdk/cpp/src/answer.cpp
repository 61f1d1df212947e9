#include "answer.hpp"

#define RAPIDJSON_HAS_STDSTRING 1
#include <rapidjson/document.h>

namespace productgraph {
namespace {

constexpr std::size_t kMaxProblems = 10;
constexpr std::size_t kMaxMessage = 300;  // bytes

rapidjson::Document Parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  return document;
}

std::string TextOf(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return {};
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsString() ? member->value.GetString() : std::string();
}

}  // namespace

Outcome Judge(const Answer& answer) {
  const int status = answer.status;
  if (status >= 200 && status < 300) return Outcome::kStored;
  if (status == 413) return Outcome::kSplit;
  if (status < 200 || status == 408 || status == 429 || status >= 500) return Outcome::kAgain;
  return Outcome::kRefused;
}

Rejections ReadRejections(const std::string& body) {
  Rejections rejections;
  const rapidjson::Document answer = Parse(body);
  if (answer.HasParseError() || !answer.IsObject()) return rejections;
  const auto count = answer.FindMember("rejected");
  if (count != answer.MemberEnd() && count->value.IsUint64()) rejections.count = count->value.GetUint64();
  const auto errors = answer.FindMember("errors");
  if (errors == answer.MemberEnd() || !errors->value.IsArray()) return rejections;
  for (const rapidjson::Value& error : errors->value.GetArray()) {
    if (rejections.problems.size() == kMaxProblems) break;
    rejections.problems.push_back(
        {TextOf(error, "code"), TextOf(error, "error"), TextOf(error, "event_id"), 1});
  }
  return rejections;
}

std::string Explain(const Answer& answer) {
  if (answer.status == 0) return answer.problem;
  std::string text = std::to_string(answer.status);
  const rapidjson::Document body = Parse(answer.body);
  if (body.HasParseError() || !body.IsObject()) return text;
  const auto error = body.FindMember("error");
  if (error == body.MemberEnd()) return text;
  const std::string message = TextOf(error->value, "message");
  return message.empty() ? text : text + ": " + message.substr(0, kMaxMessage);
}

}  // namespace productgraph
