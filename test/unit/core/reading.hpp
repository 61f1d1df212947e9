// One body, read and judged the way ingestion does it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/core/event_reader.hpp"
#include "src/core/event_rules.hpp"
#include "test/unit/core/block_memory.hpp"

namespace productgraph::core {

class Reading {
 public:
  explicit Reading(std::string_view body, BodyFormat format = BodyFormat::kJson,
                   const ReadLimits& limits = {})
      : body_(body), result_(&memory_) {
    ReadEvents(body_, format, limits, StopToken(), &memory_, &result_);
  }

  Reading& Judge(const EventRules& rules = {}) {
    for (Event& event : result_.events) ApplyRules(rules, &memory_, &event);
    return *this;
  }

  // "" when the body could be read.
  std::string_view error() const { return result_.error ? Describe(result_.error->code).name : ""; }
  std::string_view message() const { return result_.error ? result_.error->message : ""; }
  std::size_t count() const { return result_.events.size(); }
  const Event& event(std::size_t index = 0) const { return result_.events.at(index); }
  const BlockMemory& memory() const { return memory_; }

  std::vector<std::string> Violations(std::size_t index = 0) const {
    return Messages(event(index).violations);
  }
  std::vector<std::string> Warnings(std::size_t index = 0) const { return Messages(event(index).warnings); }

 private:
  static std::vector<std::string> Messages(const std::pmr::vector<Violation>& violations) {
    std::vector<std::string> messages;
    for (const Violation& violation : violations) messages.emplace_back(violation.message);
    return messages;
  }

  BlockMemory memory_;
  const ExactText body_;
  ReadResult result_;
};

// The smallest valid event, with `more` members (",\"x\":1") before its end.
inline std::string EventJson(std::string_view more = "", std::string_view event_id = "e1") {
  return R"({"event_id":")" + std::string(event_id) +
         R"(","project_id":"proj_demo","session.id":"s1","event.type":"page.view",)"
         R"("event.timestamp":"2024-01-15T10:30:00Z")" +
         std::string(more) + "}";
}

using Texts = std::vector<std::string>;

inline std::string Repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace productgraph::core
