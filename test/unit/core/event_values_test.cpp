// What the event reader makes of the values inside of events.
#include <gtest/gtest.h>

#include <string>

#include "src/core/event_reader.hpp"
#include "test/unit/core/reading.hpp"

namespace productgraph::core {
namespace {

using namespace std::string_literals;

// The attributes and the metadata of one event with `more` members.
std::string Attributes(std::string_view more) {
  const Reading reading(EventJson(more), BodyFormat::kEvent);
  return std::string(reading.event().attributes);
}
std::string Metadata(std::string_view json) {
  const Reading reading(EventJson(R"(,"metadata":)" + std::string(json)), BodyFormat::kEvent);
  return std::string(reading.event().Find(FieldId::kMetadata)->text);
}

TEST(EventValues, UnknownFieldsAreKeptAsAttributes) {
  EXPECT_EQ(Attributes(""), "");
  EXPECT_EQ(Attributes(R"(,"x":1)"), R"({"x":1})");
  EXPECT_EQ(Attributes(R"(, "x" : [ 1 , {"a": null} ] ,"page.path":"/","y":"z" )"),
            R"({"x":[1,{"a":null}],"y":"z"})");
  EXPECT_EQ(Attributes(R"(,"a":null,"b":true,"c":false,"d":"","e":{},"f":[])"),
            R"({"a":null,"b":true,"c":false,"d":"","e":{},"f":[]})");
  EXPECT_EQ(Attributes(R"(,"":{"":""})"), R"({"":{"":""}})");
  EXPECT_EQ(Attributes(R"(,"q\"\\\/\b\f\n\r\t":"q\"\\\/\b\f\n\r\t\u001f")"),
            R"({"q\"\\/\b\f\n\r\t":"q\"\\/\b\f\n\r\t\u001F"})");
  EXPECT_EQ(Attributes(R"(,"\u00e9":"\ud83d\udc22é🐢")"), R"({"é":"🐢é🐢"})");
  EXPECT_EQ(Attributes(R"(,"x":1,"x":2)"), R"({"x":1,"x":2})") << "jsonb keeps the last one";
  EXPECT_EQ(Attributes(R"(,"event_id ":1,"Event_id":2)"), R"({"event_id ":1,"Event_id":2})");
}

TEST(EventValues, MetadataIsKeptAsItWasSent) {
  EXPECT_EQ(Metadata("{}"), "{}");
  EXPECT_EQ(Metadata(R"({ "a" : [ 1, 2.50, -0, 1E5, 1e-7 ] })"), R"({"a":[1,2.50,-0,1E5,1e-7]})");
  EXPECT_EQ(Metadata(R"({"big":18446744073709551616,"pi":3.14159265358979323846264338327950288})"),
            R"({"big":18446744073709551616,"pi":3.14159265358979323846264338327950288})");
  EXPECT_EQ(Metadata(R"({"event_id":"not ours","metadata":{}})"), R"({"event_id":"not ours","metadata":{}})");
  EXPECT_EQ(Metadata("[1]"), "[1]") << "the rules will refuse it";
  EXPECT_EQ(Metadata(R"("x")"), "x");
}

TEST(EventValues, NumbersThatNoDatabaseHoldsCostTheirEvent) {
  const std::string bad[] = {"1e400",
                             "-1e400",
                             "1e309",
                             "1e131071",
                             "1e99999999999",
                             "-1e-400",
                             std::string(129, '9'),
                             std::string(310, '9'),
                             "17976931348623157" + std::string(292, '0'),
                             "0." + std::string(127, '1'),
                             std::string(10'000, '1') + "e1"};
  for (const std::string& number : bad) {
    for (const std::string& more :
         {R"(,"metadata":{"n":[)" + number + "]}", R"(,"metadata":{"m":"-1e400","n":)" + number + "}"}) {
      const Reading reading("[" + EventJson(more) + "," + EventJson() + "]");
      ASSERT_EQ(reading.error(), "") << number << reading.message();
      ASSERT_EQ(reading.count(), 2u);
      EXPECT_EQ(reading.Violations(0), Texts{"metadata: holds a number that is too large or too long"})
          << number;
      EXPECT_EQ(reading.Violations(1), Texts{});
    }
    EXPECT_EQ(Reading("[" + EventJson(",\"x\":" + number) + "]").Violations(),
              Texts{"x: holds a number that is too large or too long"});
  }
  for (const std::string& number : {"1e308"s, "-1.7976931348623157e308"s, "5e-324"s, std::string(128, '9'),
                                    "0." + std::string(126, '1'), "0e5"s, "-0"s}) {
    EXPECT_EQ(Metadata("{\"n\":" + number + "}"), "{\"n\":" + number + "}");
  }
}

TEST(EventValues, AHugeNumberChangesNothingBesideIt) {
  const std::string more =
      R"(,"x":[1e5,-2.50,"1e400","a\"1e400",0e400,1e400,-3],"page.title":"1e999\\","y":7)";
  const Reading reading("[" + EventJson(more) + "]");
  ASSERT_EQ(reading.error(), "");
  EXPECT_EQ(reading.event().attributes, R"({"x":[1e5,-2.50,"1e400","a\"1e400",0,0,-3],"y":7})");
  EXPECT_EQ(reading.event().Text(FieldId::kPageTitle), "1e999\\");
  EXPECT_EQ(reading.Violations(), Texts{"x: holds a number that is too large or too long"});
}

TEST(EventValues, NumbersOfKnownFieldsKeepTheirDigits) {
  const Reading reading(EventJson(R"(,"event.sequence":18446744073709551616,"duration_ms":1.50e+2)"),
                        BodyFormat::kEvent);
  EXPECT_EQ(reading.event().Find(FieldId::kEventSequence)->text, "18446744073709551616");
  EXPECT_EQ(reading.event().Find(FieldId::kEventSequence)->json_type, JsonType::kNumber);
  EXPECT_EQ(reading.event().Find(FieldId::kDurationMs)->text, "1.50e+2");
}

TEST(EventValues, ZeroCharacters) {
  const std::string warning = ": U+0000 cannot be stored, U+FFFD stands in its place";
  const Reading text(EventJson(R"(,"page.title":"a\u0000b\u0000")"), BodyFormat::kEvent);
  EXPECT_EQ(text.event().Text(FieldId::kPageTitle), "a\uFFFDb\uFFFD");
  EXPECT_EQ(text.Warnings(), Texts{"page.title" + warning});
  const Reading identifier(EventJson(R"(,"user.id":"a\u0000b")"), BodyFormat::kEvent);
  EXPECT_EQ(identifier.event().Text(FieldId::kUserId), "a\0b"s);
  EXPECT_EQ(identifier.Warnings(), Texts{});
  const Reading metadata(EventJson(R"(,"metadata":{"k\u0000":"v","d":["\u0000"]})"), BodyFormat::kEvent);
  EXPECT_EQ(metadata.event().Find(FieldId::kMetadata)->text, "{\"k\uFFFD\":\"v\",\"d\":[\"\uFFFD\"]}");
  EXPECT_EQ(metadata.Warnings(), Texts{"metadata" + warning});
  const Reading attributes(EventJson(R"(,"first":1,"x\u0000":"\u0000","":"\u0000")"), BodyFormat::kEvent);
  EXPECT_EQ(attributes.event().attributes, "{\"first\":1,\"x\uFFFD\":\"\uFFFD\",\"\":\"\uFFFD\"}");
  EXPECT_EQ(attributes.Warnings(), (Texts{"x\uFFFD" + warning, warning}));
}

TEST(EventValues, LoneSurrogates) {
  const Reading reading(EventJson(R"(,"page.title":"\ud83d","x":"\udc22\ud83d\udc22\\ud83d","\ud83d":1)"),
                        BodyFormat::kEvent);
  ASSERT_EQ(reading.error(), "");
  EXPECT_EQ(reading.event().Text(FieldId::kPageTitle), "\uFFFD");
  EXPECT_EQ(reading.event().attributes, "{\"x\":\"\uFFFD🐢\\\\ud83d\",\"\uFFFD\":1}");
}

TEST(EventValues, OfAKeyGivenTwiceTheLastOneCounts) {
  const auto title = [](std::string_view more) {
    const Reading reading(EventJson(more), BodyFormat::kEvent);
    const FieldValue* const value = reading.event().Find(FieldId::kPageTitle);
    return value ? std::string(value->text) : "none";
  };
  EXPECT_EQ(title(R"(,"page.title":"a","page.title":"b")"), "b");
  EXPECT_EQ(title(R"(,"page.title":{"x":1},"page.title":"b")"), "b");
  EXPECT_EQ(title(R"(,"page.title":"a","page.title":[1])"), "[1]");
  EXPECT_EQ(title(R"(,"page.title":"a","page.title":null)"), "none");
  EXPECT_EQ(title(R"(,"page.title":null,"page.title":"b")"), "b");
  EXPECT_EQ(title(R"(,"page.title":"a","page.title":null,"page.title":"c")"), "c");
  EXPECT_EQ(title(R"(,"page.title":null)"), "none");
}

struct AliasCase {
  std::string_view members;
  std::string_view project;
};

TEST(EventValues, ProductIdStandsInForProjectId) {
  const AliasCase cases[] = {
      {R"("project_id":"a")", "a"},
      {R"("product_id":"b")", "b"},
      {R"("project_id":"a","product_id":"b")", "a"},
      {R"("product_id":"b","project_id":"a")", "a"},
      {R"("product_id":"b","project_id":"a","product_id":"c")", "a"},
      {R"("project_id":"a","product_id":"b","project_id":"c")", "c"},
      {R"("product_id":"b","product_id":"c")", "c"},
      {R"("project_id":null,"product_id":"b")", "b"},
      {R"("product_id":"b","project_id":null)", "b"},
      {R"("project_id":"a","product_id":null)", "a"},
      {R"("product_id":null,"project_id":"a")", "a"},
      {R"("product_id":"b","product_id":null)", ""},
      {R"("project_id":"a","project_id":null)", ""},
  };
  for (const AliasCase& c : cases) {
    const Reading reading("{" + std::string(c.members) + "}", BodyFormat::kEvent);
    EXPECT_EQ(reading.event().Text(FieldId::kProjectId), c.project) << c.members;
    EXPECT_EQ(reading.event().attributes, "") << c.members;
    EXPECT_LE(reading.event().values.size(), 1u) << c.members;
  }
}

TEST(EventValues, RemarksOnOneEventAreFew) {
  std::string more;
  for (int i = 0; i < 100; ++i) {
    more += ",\"n" + std::to_string(i) + "\":[1e400,1e400],\"z" + std::to_string(i) + "\":\"\\u0000\"";
  }
  const Reading reading("[" + EventJson(more) + "]");
  EXPECT_EQ(reading.Violations().size(), 8u);
  EXPECT_EQ(reading.Warnings().size(), 8u);
  EXPECT_EQ(reading.Violations()[1], "n1: holds a number that is too large or too long");
}

TEST(EventValues, LongNamesOfUnknownFieldsAreCutInMessages) {
  const std::string name = Repeat("é", 300);
  const Reading reading("[" + EventJson(",\"" + name + "\":1e400") + "]");
  EXPECT_EQ(reading.event().violations.at(0).field, Repeat("é", 255));
  EXPECT_EQ(reading.event().attributes, "{\"" + name + "\":0}");
}

}  // namespace
}  // namespace productgraph::core
