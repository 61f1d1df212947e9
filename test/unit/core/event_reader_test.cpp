#include "src/core/event_reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "test/unit/core/reading.hpp"

namespace productgraph::core {
namespace {

using namespace std::string_literals;

TEST(EventReader, ReadsAllFormsOfABatch) {
  for (const std::string& body :
       {R"({"events":[)" + EventJson() + "]}", "[" + EventJson() + "]",
        " \n{ \"events\" : [ " + EventJson() + " ] } ", "\xEF\xBB\xBF[" + EventJson() + "]",
        R"({"a":[{}],"events":[)" + EventJson() + R"(],"z":{"events":1}})"}) {
    const Reading reading(body);
    EXPECT_EQ(reading.error(), "") << body << reading.message();
    ASSERT_EQ(reading.count(), 1u) << body;
    EXPECT_EQ(reading.event().Text(FieldId::kEventId), "e1");
    EXPECT_EQ(reading.event().Text(FieldId::kEventTimestamp), "2024-01-15T10:30:00Z");
    EXPECT_EQ(reading.event().values.size(), 5u);
    EXPECT_EQ(reading.event().attributes, "");
    EXPECT_EQ(reading.Violations(), Texts{});
  }
}

TEST(EventReader, ReadsASingleEvent) {
  EXPECT_EQ(Reading(EventJson(), BodyFormat::kEvent).count(), 1u);
  EXPECT_EQ(Reading(EventJson() + EventJson(), BodyFormat::kEvent).error(), "malformed_json");
  EXPECT_EQ(Reading("", BodyFormat::kEvent).error(), "malformed_json");
  EXPECT_EQ(Reading("[]", BodyFormat::kEvent).Violations(), Texts{"event: must be an object"});
  EXPECT_EQ(Reading("[[{}],1]", BodyFormat::kEvent).Violations(), Texts{"event: must be an object"});
  EXPECT_EQ(Reading("null", BodyFormat::kEvent).Violations(), Texts{"event: must be an object"});
}

TEST(EventReader, EmptyBatches) {
  for (const std::string_view body :
       {"[]", R"({"events":[]})", R"({"events":null})", R"({"events":[],"x":1})"}) {
    const Reading reading(body);
    EXPECT_EQ(reading.error(), "") << body;
    EXPECT_EQ(reading.count(), 0u);
  }
  EXPECT_EQ(Reading("", BodyFormat::kNdjson).error(), "");
  EXPECT_EQ(Reading("\n \r\n\t\n", BodyFormat::kNdjson).count(), 0u);
}

TEST(EventReader, WhatIsNoJson) {
  for (const std::string& body : {""s,
                                  " "s,
                                  "\xEF\xBB\xBF"s,
                                  "x"s,
                                  "{"s,
                                  "["s,
                                  "[}"s,
                                  "[{]"s,
                                  "[1,]"s,
                                  "[,1]"s,
                                  "[01]"s,
                                  "[+1]"s,
                                  "[.5]"s,
                                  "[1.]"s,
                                  "[1e]"s,
                                  "[NaN]"s,
                                  "[Infinity]"s,
                                  "['a']"s,
                                  "[\"a]"s,
                                  "[\"\\x\"]"s,
                                  "[\"\\u12\"]"s,
                                  "[\"\n\"]"s,
                                  "[nul]"s,
                                  "[{\"a\" 1}]"s,
                                  "[{a:1}]"s,
                                  "[{\"a\":1 \"b\":2}]"s,
                                  "[]x"s,
                                  "[] []"s,
                                  "[]\0"s,
                                  "\0[]"s,
                                  "[\0]"s,
                                  "[\"\0\"]"s,
                                  "[]\0garbage"s,
                                  "{\"events\":[]}\0"s,
                                  "[\"\xFF\"]"s,
                                  "[\"\xED\xA0\x80\"]"s,
                                  "[\"\xC0\x80\"]"s,
                                  "[\"\xE2\x82\"]"s,
                                  "\xFE\xFF[]"s,
                                  "[]\xEF\xBB\xBF"s,
                                  "// c\n[]"s,
                                  "[1e400}"s,
                                  "[1e400]x"s,
                                  "[\"1e400]"s}) {
    const Reading reading(body);
    EXPECT_EQ(reading.error(), "malformed_json") << testing::PrintToString(body);
    EXPECT_EQ(reading.message().find("malformed JSON at byte "), 0u) << reading.message();
    EXPECT_EQ(reading.count(), 0u);
  }
  EXPECT_EQ(Reading("[\"ab\xFF\"]").message(), "malformed JSON at byte 4: invalid UTF-8");
}

TEST(EventReader, WhatIsNoBatch) {
  for (const std::string_view body :
       {"{}", "1", "\"x\"", "null", "true", R"({"event":[]})", R"({"events":1})", R"({"events":"x"})",
        R"({"events":true})", R"({"events":{}})", R"({"Events":[]})", R"({"events":[],"events":[]})",
        R"({"events":null,"events":[]})"}) {
    const Reading reading(body);
    EXPECT_EQ(reading.error(), "invalid_batch") << body;
    EXPECT_EQ(reading.count(), 0u);
  }
}

TEST(EventReader, EveryPrefixOfABatchIsMalformed) {
  const std::string body =
      "{\"x\":[1.5e3,null],\"events\":[" + EventJson(R"(,"a":{"b":[true,"ż\ud83d\udc22"]})") + "]}";
  ASSERT_EQ(Reading(body).error(), "");
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(Reading(body.substr(0, size)).error(), "malformed_json") << body.substr(0, size);
  }
}

TEST(EventReader, WhatIsNoEventCostsOnlyItself) {
  const Reading reading(R"([null,1,"x",true,[],[[{"a":1}]],{},)" + EventJson() + "]");
  ASSERT_EQ(reading.error(), "");
  ASSERT_EQ(reading.count(), 8u);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(reading.Violations(i), Texts{"event: must be an object"}) << i;
  EXPECT_EQ(reading.Violations(6), Texts{});
  EXPECT_EQ(reading.event(7).Text(FieldId::kEventId), "e1");
}

TEST(EventReader, NdjsonLinesStandAlone) {
  const std::string body = EventJson("", "a") + "\r\n" + "{\"event_id\":\n" + EventJson("", "b") +
                           "x\n\n[]\n" + "{\"event_id\":\"\xFF\"}\n" + EventJson("", "c") + "\0\n"s +
                           "{\"n\":1e400}\n" + EventJson("", "d");
  const Reading reading(body, BodyFormat::kNdjson);
  ASSERT_EQ(reading.error(), "");
  ASSERT_EQ(reading.count(), 8u);
  EXPECT_EQ(reading.event(0).Text(FieldId::kEventId), "a");
  EXPECT_EQ(reading.Violations(0), Texts{});
  for (const int broken : {1, 2, 4, 5}) {
    ASSERT_EQ(reading.event(broken).violations.size(), 1u) << broken;
    EXPECT_EQ(reading.event(broken).violations[0].field, "event");
    EXPECT_EQ(reading.event(broken).violations[0].code, ErrorCode::kMalformedJson) << broken;
    EXPECT_EQ(reading.event(broken).values.size(), 0u) << "nothing of a broken line is kept";
  }
  EXPECT_EQ(reading.Violations(3), Texts{"event: must be an object"});
  EXPECT_EQ(reading.Violations(6), Texts{"n: holds a number that is too large or too long"});
  EXPECT_EQ(reading.event(7).Text(FieldId::kEventId), "d");
}

TEST(EventReader, TooManyEvents) {
  ReadLimits limits;
  limits.events = 3;
  EXPECT_EQ(Reading("[{},{},{}]", BodyFormat::kJson, limits).count(), 3u);
  EXPECT_EQ(Reading("[{},{},{},{}]", BodyFormat::kJson, limits).error(), "too_many_events");
  EXPECT_EQ(Reading("[{},{},{},4]", BodyFormat::kJson, limits).error(), "too_many_events");
  EXPECT_EQ(Reading("{}\n{}\n\n{}\n", BodyFormat::kNdjson, limits).count(), 3u);
  EXPECT_EQ(Reading("{}\n{}\n{}\n{}", BodyFormat::kNdjson, limits).error(), "too_many_events");
  EXPECT_EQ(Reading("x\nx\nx\nx", BodyFormat::kNdjson, limits).error(), "too_many_events");
  EXPECT_EQ(Reading("[" + Repeat("{},", 999) + "{}]").count(), 1000u);
  EXPECT_EQ(Reading("[" + Repeat("{},", 1000) + "{}]").error(), "too_many_events");
}

TEST(EventReader, TooLargeAnEventCostsOnlyItself) {
  ReadLimits limits;
  limits.event_bytes = 200;
  const auto sized = [](std::size_t size) {
    const std::size_t frame = EventJson(R"(,"x":"")").size();
    return EventJson(R"(,"x":")" + std::string(size - frame, 'x') + "\"");
  };
  ASSERT_EQ(sized(200).size(), 200u);
  const Reading reading("[" + sized(200) + " , " + sized(201) + "," + sized(150) + "]", BodyFormat::kJson,
                        limits);
  ASSERT_EQ(reading.count(), 3u);
  EXPECT_EQ(reading.Violations(0), Texts{});
  EXPECT_EQ(reading.event(1).violations.at(0).code, ErrorCode::kTooLarge);
  EXPECT_EQ(reading.event(1).violations.at(0).field, "event");
  EXPECT_EQ(reading.Violations(2), Texts{});
  const Reading lines(sized(201) + "\n" + sized(200), BodyFormat::kNdjson, limits);
  EXPECT_EQ(lines.Violations(0).size(), 1u);
  EXPECT_EQ(lines.Violations(1), Texts{});
}

TEST(EventReader, TooLargeABody) {
  ReadLimits limits;
  limits.body_bytes = 10;
  EXPECT_EQ(Reading("[        ]", BodyFormat::kJson, limits).error(), "");
  EXPECT_EQ(Reading("[         ]", BodyFormat::kJson, limits).error(), "body_too_large");
}

TEST(EventReader, StopsWhenAsked) {
  volatile std::sig_atomic_t flag = 1;
  BlockMemory memory;
  ReadResult result(&memory);
  try {
    ReadEvents("[{}]", BodyFormat::kJson, ReadLimits(), StopToken(nullptr, &flag), &memory, &result);
    FAIL() << "not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kStopped);
  }
}

struct DepthCase {
  const char* name;
  std::string more;
  std::string violation;     // "" = none
  std::string attributes{};  // when there is one: those that came after
};

TEST(EventReader, DepthIsCountedInsideOfAnEvent) {
  const auto arrays = [](int n) { return Repeat("[", n) + Repeat("]", n); };
  const auto objects = [](int n) { return Repeat("{\"a\":", n) + "1" + Repeat("}", n); };
  const DepthCase cases[] = {
      {"metadata", R"(,"metadata":)" + objects(64), ""},
      {"metadata", R"(,"metadata":)" + objects(65), "metadata: nested too deeply"},
      {"arrays", R"(,"x":)" + arrays(64), ""},
      {"arrays", R"(,"x":)" + arrays(65), "x: nested too deeply"},
      {"arrays, and more after", R"(,"x":)" + arrays(65) + R"(,"y":{"z":[1]})", "x: nested too deeply",
       R"({"y":{"z":[1]}})"},
      {"objects, and more after", R"(,"x":)" + objects(1000) + R"(,"x":[{}],"metadata":{})",
       "x: nested too deeply", R"({"x":[{}]})"},
      {"mixed", R"(,"x":)" + Repeat("[{\"a\":", 40) + "[]" + Repeat("}]", 40), "x: nested too deeply"},
      {"twice", R"(,"x":[)" + arrays(70) + "," + arrays(70) + "]", "x: nested too deeply"},
      {"a text field", R"(,"page.title":)" + arrays(65), "page.title: nested too deeply"},
      {"very deep", R"(,"x":)" + arrays(10'000), "x: nested too deeply"},
  };
  for (const DepthCase& c : cases) {
    const Reading reading("[" + EventJson(c.more) + "," + EventJson(R"(,"kept":1)") + "]");
    ASSERT_EQ(reading.error(), "") << c.name;
    ASSERT_EQ(reading.count(), 2u);
    Texts expected;
    if (!c.violation.empty()) expected.push_back(c.violation);
    EXPECT_EQ(reading.Violations(0), expected) << c.name;
    EXPECT_EQ(reading.event(1).attributes, R"({"kept":1})") << "after: " << c.name;
    if (!c.violation.empty()) {
      EXPECT_EQ(reading.event(0).attributes, c.attributes) << c.name;
    }
  }
  const std::string bomb = R"({"x":)" + arrays(10'001) + "}";
  EXPECT_EQ(Reading("[" + bomb + "]").error(), "too_deep") << "hostile, and each level would cost memory";
  EXPECT_EQ(Reading(Repeat("[", 300'000)).error(), "too_deep");
  EXPECT_EQ(Reading(R"({"x":)" + arrays(10'001) + R"(,"events":[]})").error(), "too_deep");
  const Reading lines(bomb + "\n" + EventJson(), BodyFormat::kNdjson);
  EXPECT_EQ(lines.Violations(0), Texts{"event: nested too deeply to be read"});
  EXPECT_EQ(lines.Violations(1), Texts{});
}

}  // namespace
}  // namespace productgraph::core
