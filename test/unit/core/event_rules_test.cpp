#include "src/core/event_rules.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "test/unit/core/reading.hpp"

namespace productgraph::core {
namespace {

// An event of the five required members, one of them replaced by `json` (left out when empty).
std::string WithRequired(std::string_view name, std::string_view json) {
  std::string event = "{";
  for (const auto& [field, valid] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"event.timestamp", "\"2024-01-15T10:30:00Z\""},
           {"event.type", "\"page.view\""},
           {"session.id", "\"s1\""},
           {"project_id", "\"proj_demo\""},
           {"event_id", "\"e1\""}}) {
    const std::string_view value = field == name ? json : valid;
    if (value.empty()) continue;
    if (event.size() > 1) event += ",";
    event += "\"" + std::string(field) + "\":" + std::string(value);
  }
  return event + "}";
}

Texts ViolationsOf(std::string_view event, const EventRules& rules = {}) {
  return Reading(event, BodyFormat::kEvent).Judge(rules).Violations();
}
// Of the valid event with one more member.
Texts ViolationsWith(std::string_view name, std::string_view json) {
  return ViolationsOf(EventJson(",\"" + std::string(name) + "\":" + std::string(json)));
}

constexpr std::string_view kRequired[] = {"event_id", "project_id", "session.id", "event.type",
                                          "event.timestamp"};
constexpr std::string_view kNoTime =
    "event.timestamp: not an RFC 3339 time such as 2024-01-15T10:30:00Z, nor milliseconds since 1970";

TEST(EventRules, TheSmallestEventIsValid) {
  EXPECT_EQ(ViolationsOf(EventJson()), Texts{});
}

TEST(EventRules, RequiredFields) {
  for (const std::string_view name : kRequired) {
    const Texts required{std::string(name) + ": required"};
    EXPECT_EQ(ViolationsOf(WithRequired(name, "")), required);
    EXPECT_EQ(ViolationsOf(WithRequired(name, "\"\"")), required) << "empty is missing";
    EXPECT_EQ(ViolationsOf(WithRequired(name, "null")), required) << "null is missing";
  }
}

TEST(EventRules, ViolationsComeInTheOrderOfChecking) {
  Texts all;
  for (const std::string_view name : kRequired) all.push_back(std::string(name) + ": required");
  EXPECT_EQ(ViolationsOf("{}"), all);
  all.push_back("api.duration_ms: must be a number");
  all.push_back("user.id: must be a string");
  EXPECT_EQ(ViolationsOf(R"({"api.duration_ms":"x","user.id":1})"), all) << "then the others as they came";
  EXPECT_EQ(ViolationsOf(R"({"event.timestamp":"x","project_id":"p","event.type":"custom","event_id":7})"),
            (Texts{"event_id: must be a string", "session.id: required", std::string(kNoTime)}));
}

TEST(EventRules, AnEventThatCannotBeReadHasOneViolation) {
  EXPECT_EQ(ViolationsOf("7"), Texts{"event: must be an object"});
  EXPECT_EQ(ViolationsOf(EventJson(R"(,"metadata":{"n":1e400},"user.id":1)")),
            (Texts{"user.id: must be a string", "metadata: holds a number that is too large or too long"}));
}

TEST(EventRules, IdentifiersAreStringsWithoutControlCharacters) {
  for (const FieldSpec& spec : kFields) {
    if (spec.type != FieldType::kIdentifier) continue;
    const std::string name(spec.name);
    const auto violations = [&](std::string_view json) {
      return spec.required ? ViolationsOf(WithRequired(name, json)) : ViolationsWith(name, json);
    };
    for (const std::string_view wrong : {"1", "true", "{}", "[]", "[\"x\"]"}) {
      EXPECT_EQ(violations(wrong), Texts{name + ": must be a string"}) << wrong;
    }
    for (const std::string_view control : {R"("\u0000")", R"("a\nb")", R"("\u001f")", "\"\x7F\""}) {
      EXPECT_EQ(violations(control), Texts{name + ": holds a control character"}) << control;
    }
    const auto quoted = [](std::string_view text) { return "\"" + std::string(text) + "\""; };
    EXPECT_EQ(violations(quoted(Repeat("x", 255))), Texts{});
    EXPECT_EQ(violations(quoted(Repeat("🐢", 255))), Texts{}) << "characters, not bytes";
    EXPECT_EQ(violations(quoted(Repeat("x", 256))), Texts{name + ": longer than 255 characters"});
    EXPECT_EQ(violations(quoted(Repeat("é", 256))), Texts{name + ": longer than 255 characters"});
    EXPECT_EQ(violations(quoted("any printable id: sess-lx2k9a/#?%ż")), Texts{});
  }
}

TEST(EventRules, TextIsCutInCharactersWithAWarning) {
  for (const FieldSpec& spec : kFields) {
    if (spec.type != FieldType::kText) continue;
    const std::string name(spec.name);
    for (const std::string_view wrong : {"1", "false", "{}", "[]"}) {
      EXPECT_EQ(ViolationsWith(name, wrong), Texts{name + ": must be a string"}) << wrong;
    }
    EXPECT_EQ(ViolationsWith(name, "null"), Texts{});
    if (spec.limit == 0) {
      Reading whole(EventJson(",\"" + name + "\":\"" + Repeat("é", 20'000) + "\""), BodyFormat::kEvent);
      EXPECT_EQ(whole.Judge().event().Text(spec.id).size(), 40'000u);
      continue;
    }
    for (const std::string_view letter : {"x", "é", "🐢"}) {
      for (const int excess : {0, 1, 100}) {
        Reading reading(EventJson(",\"" + name + "\":\"" + Repeat(letter, spec.limit + excess) + "\""),
                        BodyFormat::kEvent);
        reading.Judge();
        EXPECT_EQ(reading.Violations(), Texts{});
        EXPECT_EQ(reading.event().Text(spec.id), Repeat(letter, spec.limit)) << name;
        const Texts cut{name + ": cut to " + std::to_string(spec.limit) + " characters"};
        EXPECT_EQ(reading.Warnings(), excess ? cut : Texts{});
      }
    }
  }
}

TEST(EventRules, EmptyOptionalTextIsDropped) {
  for (const FieldSpec& spec : kFields) {
    const bool text = spec.type == FieldType::kText || spec.type == FieldType::kIdentifier ||
                      spec.type == FieldType::kJsonText;
    if (spec.required || !text) continue;
    Reading reading(EventJson(",\"" + std::string(spec.name) + "\":\"\""), BodyFormat::kEvent);
    reading.Judge();
    EXPECT_EQ(reading.Violations(), Texts{});
    EXPECT_EQ(reading.event().Find(spec.id), nullptr) << spec.name;
  }
}

TEST(EventRules, EventTypes) {
  for (const std::string_view type : {"page.view", "custom", "performance", "journey.conversion"}) {
    EXPECT_EQ(ViolationsOf(WithRequired("event.type", "\"" + std::string(type) + "\"")), Texts{});
  }
  const auto violations = [](std::string_view json, bool allow) {
    EventRules rules;
    rules.allow_other_types = allow;
    return ViolationsOf(WithRequired("event.type", json), rules);
  };
  EXPECT_EQ(violations("\"page.veiw\"", false),
            Texts{R"(event.type: unknown type "page.veiw", did you mean "page.view"?)"});
  EXPECT_EQ(violations("\"purchase\"", false), Texts{R"(event.type: unknown type "purchase")"});
  EXPECT_EQ(violations("\"purchase\"", true), Texts{});
  EXPECT_EQ(violations("1", true), Texts{"event.type: must be a string"});
  EXPECT_EQ(violations("\"\"", true), Texts{"event.type: required"});
  EXPECT_EQ(violations("\"a\\tb\"", true), Texts{"event.type: holds a control character"});
  EXPECT_EQ(violations("\"" + Repeat("x", 256) + "\"", true),
            Texts{"event.type: longer than 255 characters"});
  EXPECT_EQ(violations("\"" + Repeat("x", 256) + "\"", false),
            Texts{"event.type: longer than 255 characters"});
}

TEST(EventRules, CustomEventsBecomeWhatTheirNameSays) {
  const auto judged_type = [](std::string_view type, std::string_view name) {
    std::string json = WithRequired("event.type", "\"" + std::string(type) + "\"");
    json.back() = ',';
    Reading reading(json + "\"event.name\":\"" + std::string(name) + "\"}", BodyFormat::kEvent);
    reading.Judge();
    EXPECT_EQ(reading.Violations(), Texts{});
    EXPECT_EQ(reading.event().Text(FieldId::kEventName), name) << "the name stays";
    return std::string(reading.event().Text(FieldId::kEventType));
  };
  EXPECT_EQ(judged_type("custom", "page_leave"), "page.leave");
  EXPECT_EQ(judged_type("custom", "journey_step_abandon"), "journey.step");
  EXPECT_EQ(judged_type("custom", "purchase"), "custom");
  EXPECT_EQ(judged_type("ui.click", "page_leave"), "ui.click");
}

TEST(EventRules, Times) {
  const auto judged_time = [](std::string_view json) {
    Reading reading(WithRequired("event.timestamp", json), BodyFormat::kEvent);
    reading.Judge();
    EXPECT_EQ(reading.Violations(), Texts{}) << json;
    return reading.event().Find(FieldId::kEventTimestamp)->integer;
  };
  EXPECT_EQ(judged_time("\"2024-01-15T10:30:00.5Z\""), 1'705'314'600'500'000);
  EXPECT_EQ(judged_time("1705314600000.5"), 1'705'314'600'000'500);
  EXPECT_EQ(judged_time("\"9999-12-31T23:59:59.999999Z\""), kLastTimestamp);
  EXPECT_EQ(judged_time("0"), kFirstTimestamp);
  for (const std::string_view wrong :
       {"\"x\"", "\"1705314600000\"", "\"2024-01-15T10:30:00\"", "true", "{}", "[]", "1e400", "-1e400",
        "1e300", "\"infinity\"", "\"2024-01-15T10:30:00Z\\u0000\""}) {
    EXPECT_EQ(ViolationsOf(WithRequired("event.timestamp", wrong)), Texts{std::string(kNoTime)}) << wrong;
  }
}

TEST(EventRules, TheAcceptedRangeIncludesBothEnds) {
  EventRules rules;
  rules.earliest = 1'705'314'600'000'000;
  rules.latest = rules.earliest + 1'000'000;
  const auto violations = [&](std::string_view json) {
    return ViolationsOf(WithRequired("event.timestamp", json), rules);
  };
  const Texts early{"event.timestamp: earlier than the project accepts"};
  const Texts late{"event.timestamp: later than the project accepts"};
  EXPECT_EQ(violations("\"2024-01-15T10:29:59.999999Z\""), early);
  EXPECT_EQ(violations("\"2024-01-15T10:30:00Z\""), Texts{});
  EXPECT_EQ(violations("\"2024-01-15T10:30:01Z\""), Texts{});
  EXPECT_EQ(violations("\"2024-01-15T10:30:01.000001Z\""), late);
  EXPECT_EQ(violations("-1"), early);
  EXPECT_EQ(ViolationsOf(WithRequired("event.timestamp", "\"1969-12-31T23:59:59Z\"")), early);
  EXPECT_EQ(ViolationsOf(WithRequired("event.timestamp", "\"9999-12-31T23:59:60Z\"")), late);
}

struct WholeCase {
  std::string_view json;
  std::int64_t value;
};

TEST(EventRules, WholeNumbers) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const WholeCase good[] = {{"0", 0},
                            {"-0", 0},
                            {"-0.0", 0},
                            {"5", 5},
                            {"5.0", 5},
                            {"5e3", 5000},
                            {"-1.5e1", -15},
                            {"9223372036854775807", kMax},
                            {"-9223372036854775808", -kMax - 1},
                            {"9007199254740993", 9007199254740993},
                            {"0e400", 0}};
  for (const WholeCase& c : good) {
    Reading reading(EventJson(",\"event.sequence\":" + std::string(c.json)), BodyFormat::kEvent);
    reading.Judge();
    ASSERT_EQ(reading.Violations(), Texts{}) << c.json;
    EXPECT_EQ(reading.event().Find(FieldId::kEventSequence)->integer, c.value) << c.json;
  }
  for (const std::string_view json : {"9223372036854775808", "-9223372036854775809", "1e19", "1e400",
                                      "-1e400", "18446744073709551616", "9223372036854775807.0"}) {
    EXPECT_EQ(ViolationsWith("event.sequence", json), Texts{"event.sequence: out of range"}) << json;
  }
  for (const std::string_view json : {"1.5", "-0.1", "1e-3"}) {
    EXPECT_EQ(ViolationsWith("event.sequence", json), Texts{"event.sequence: must be a whole number"})
        << json;
  }
  for (const std::string_view json : {"\"5\"", "\"\"", "true", "{}", "[]"}) {
    EXPECT_EQ(ViolationsWith("event.sequence", json), Texts{"event.sequence: must be a number"}) << json;
  }
  EXPECT_EQ(ViolationsWith("event.sequence", "null"), Texts{});
  EXPECT_EQ(ViolationsWith("api.status_code", "2147483647"), Texts{});
  EXPECT_EQ(ViolationsWith("api.status_code", "-2147483648"), Texts{});
  EXPECT_EQ(ViolationsWith("api.status_code", "2147483648"), Texts{"api.status_code: out of range"});
  EXPECT_EQ(ViolationsWith("api.status_code", "-2147483649"), Texts{"api.status_code: out of range"});
  EXPECT_EQ(ViolationsWith("api.status_code", "200.5"), Texts{"api.status_code: must be a whole number"});
}

TEST(EventRules, Numbers) {
  for (const FieldSpec& spec : kFields) {
    if (spec.type != FieldType::kNumber) continue;
    const std::string name(spec.name);
    for (const std::string_view json : {"0", "-1", "83.40000000596046", "1e308", "5e-324", "null"}) {
      EXPECT_EQ(ViolationsWith(name, json), Texts{}) << json;
    }
    EXPECT_EQ(ViolationsWith(name, "1e309"), Texts{name + ": out of range"});
    EXPECT_EQ(ViolationsWith(name, "-1e309"), Texts{name + ": out of range"});
    EXPECT_EQ(ViolationsWith(name, Repeat("9", 400)), Texts{name + ": out of range"});
    for (const std::string_view json : {"\"1\"", "\"NaN\"", "true", "{}", "[1]"}) {
      EXPECT_EQ(ViolationsWith(name, json), Texts{name + ": must be a number"}) << json;
    }
  }
  Reading reading(EventJson(R"(,"api.duration_ms":83.40000000596046)"), BodyFormat::kEvent);
  EXPECT_EQ(reading.Judge().event().Find(FieldId::kApiDurationMs)->number, 83.40000000596046);
}

TEST(EventRules, MetadataIsAnObject) {
  for (const std::string_view json : {"{}", "{\"a\":[1]}", "null"})
    EXPECT_EQ(ViolationsWith("metadata", json), Texts{});
  for (const std::string_view json : {"[]", "\"{}\"", "1", "true"}) {
    EXPECT_EQ(ViolationsWith("metadata", json), Texts{"metadata: must be an object"}) << json;
  }
}

struct StateCase {
  std::string_view json;
  std::string_view text;
};

TEST(EventRules, StatesAreKeptAsText) {
  const StateCase cases[] = {{R"("{\"a\":1}")", R"({"a":1})"},
                             {R"({ "a" : [1] })", R"({"a":[1]})"},
                             {"7", "7"},
                             {"true", "true"},
                             {"[ ]", "[]"},
                             {"\"plain\"", "plain"}};
  for (const StateCase& c : cases) {
    Reading reading(EventJson(",\"ui.state.before\":" + std::string(c.json)), BodyFormat::kEvent);
    EXPECT_EQ(reading.Judge().Violations(), Texts{});
    EXPECT_EQ(reading.event().Find(FieldId::kUiStateBefore)->text, c.text);
  }
}

TEST(EventRules, MayUseOtherMemoryThanTheReader) {
  BlockMemory read_memory;
  BlockMemory rule_memory;
  const std::string json = EventJson(R"(,"user.id":7,"metadata":{"n":1e400})");
  ReadResult result(&read_memory);
  ReadEvents(json, BodyFormat::kEvent, ReadLimits(), StopToken(), &read_memory, &result);
  ApplyRules(EventRules(), &rule_memory, &result.events.front());
  EXPECT_EQ(result.events.front().violations.size(), 2u);
}

}  // namespace
}  // namespace productgraph::core
