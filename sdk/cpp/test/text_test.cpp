#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "event_writer.hpp"
#include "json_text.hpp"

namespace productgraph {
namespace {

std::string Json(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

template <class Number>
std::string JsonNumber(Number value) {
  std::string json;
  AppendJsonNumber(value, &json);
  return json;
}

std::string Rfc3339(std::int64_t micros) {
  std::string text;
  AppendTime(std::chrono::system_clock::time_point(std::chrono::microseconds(micros)), &text);
  return text;
}

TEST(JsonText, EscapesWhatItMust) {
  EXPECT_EQ(Json("plain ✓"), R"("plain ✓")");
  EXPECT_EQ(Json("\"\\\n\r\t\x01\x1F\x7F"), "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f\x7F\"");
  EXPECT_EQ(Json(""), R"("")");
}

TEST(JsonText, ReplacesWhatNobodyCanStore) {
  EXPECT_EQ(Json(std::string_view("a\0b", 3)), "\"a\uFFFDb\"");
  EXPECT_EQ(Json("a\xFFz"), "\"a\uFFFDz\"");
  EXPECT_EQ(Json("\xC3"), "\"\uFFFD\"");                      // cut within a character
  EXPECT_EQ(Json("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");  // a surrogate
  EXPECT_EQ(Json("\xC0\xAF"), "\"\uFFFD\uFFFD\"");            // overlong
}

TEST(JsonText, NumbersKeepTheirDigits) {
  EXPECT_EQ(JsonNumber(std::int64_t{9007199254740993}), "9007199254740993");
  EXPECT_EQ(JsonNumber(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(JsonNumber(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(JsonNumber(12.75), "12.75");
  EXPECT_EQ(JsonNumber(0.1), "0.1");
  EXPECT_EQ(JsonNumber(1e300), "1e+300");
  EXPECT_EQ(JsonNumber(std::nan("")), "null");
  EXPECT_EQ(JsonNumber(-std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonText, TimesAreRfc3339) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(Rfc3339(1'705'314'600'123'456), "2024-01-15T10:30:00.123456Z");
  EXPECT_EQ(Rfc3339(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(EventWriter, WritesEveryKindOfValue) {
  Event event("custom");
  event.Set("a", nullptr).Set("b", true).Set("c", -1).Set("d", 2u).Set("e", 0.5f).Set("f", "g");
  event.Metadata("list", Value::Array{1, "two", Value::Object{{"three", 3}}})
      .Metadata("none", Value::Object{});
  event.Set("c", 7);
  event.Remove("b");
  const char* const nothing = nullptr;
  event.Set("h", nothing);
  EXPECT_EQ(WriteEvent(event), R"({"event.type":"custom","a":null,"c":7,"d":2,"e":0.5,"f":"g",)"
                               R"("metadata":{"list":[1,"two",{"three":3}],"none":{}},"h":null})");
}

TEST(EventWriter, CutsNesting) {
  Value deep;
  for (int level = 0; level < 100; ++level) deep = Value::Object{{"d", deep}};
  const std::string json = WriteEvent(Event("custom").Metadata("deep", deep));
  // The event, metadata and 14 levels of what it holds.
  EXPECT_EQ(std::count(json.begin(), json.end(), '{'), 16);
  EXPECT_NE(json.find(R"("d":null)"), std::string::npos);
}

TEST(EventWriter, CutsTextsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "ż";
  const std::string json = WriteEvent(Event("custom").Set("page.title", text));
  EXPECT_EQ(json.size(), std::string(R"({"event.type":"custom","page.title":""})").size() + 2 * 8192);
}

TEST(EventWriter, GivesUpMetadataAndThenTheEvent) {
  Event event("custom");
  for (int i = 0; i < 10; ++i) event.Metadata("key " + std::to_string(i), std::string(8000, 'x'));
  EXPECT_EQ(WriteEvent(event), R"({"event.type":"custom","metadata":{"truncated":true}})");
  for (int i = 0; i < 10; ++i) event.Set("field " + std::to_string(i), std::string(8000, 'x'));
  EXPECT_EQ(WriteEvent(event), "");
}

}  // namespace
}  // namespace productgraph
