#include "src/core/ingest_issue.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <string>

#include "src/core/utf8.hpp"
#include "test/unit/core/ingestion_world.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

constexpr Uuid kAcme{1};

IngestionWorld MakeWorld() {
  IngestionWorld world;
  world.projects = {{"open", kAcme, true}, {"quiet", kAcme, true}};
  world.keys = {{"open-key", {kAcme, "open"}}};
  return world;
}

std::string Event(const std::string& more, const std::string& project = "open") {
  return R"({"event_id":"e","project_id":")" + project +
         R"(","session.id":"s","event.type":"ui.click","event.timestamp":"2024-01-15T10:30:00Z")" + more +
         "}";
}

TEST(IngestIssue, GoodEventsHaveNone) {
  IngestionWorld world = MakeWorld();
  world.Ingest({{"[" + Event("") + "]", std::nullopt}});
  EXPECT_TRUE(world.issues().empty());
}

TEST(IngestIssue, OneOfEachCodeOfAnEventAndTenOfABatch) {
  IngestionWorld world = MakeWorld();
  const std::string cut =
      R"(,"event.name":")" + std::string(300, 'n') + R"(","org.name":")" + std::string(300, 'o') + '"';
  world.Ingest({{"[" + Event(cut) + "]", std::nullopt}});
  ASSERT_EQ(world.issues().size(), 1u);
  EXPECT_EQ(world.issues()[0].code, "truncated");
  EXPECT_FALSE(world.issues()[0].rejected);

  std::string body = "[" + Event(R"(,"user.id":1)", "quiet");
  for (int i = 0; i < 100; ++i) body += "," + Event(R"(,"user.id":1)");
  for (int i = 0; i < 100; ++i) body += "," + Event(R"(,"event.sequence":1e30)");
  world.Ingest({{body + "]", std::nullopt}, {body + "]", std::nullopt}});
  int quiet = 0, type = 0, range = 0;
  for (const WorldIssue& issue : world.issues()) {
    EXPECT_TRUE(issue.rejected);
    (issue.project_id == "quiet" ? quiet : issue.code == "invalid_type" ? type : range) += 1;
  }
  EXPECT_EQ(quiet, 2);
  EXPECT_EQ(type, kMaxIssuesOfCode);
  EXPECT_EQ(range, kMaxIssuesOfCode);
}

TEST(IngestIssue, RequestsBelongToTheProjectOfTheirKey) {
  IngestionWorld world = MakeWorld();
  world.Ingest(
      {{"{", "open-key"}, {"{", std::nullopt}, {R"([{"event_id":"e"}])", "open-key"}, {"{", "no key"}});
  ASSERT_EQ(world.issues().size(), 2u);
  EXPECT_EQ(world.issues()[0].field, "request");
  EXPECT_EQ(world.issues()[0].code, "malformed_json");
  EXPECT_EQ(world.issues()[1].field, "project_id");
  EXPECT_EQ(world.issues()[1].sample, "");
  EXPECT_EQ(world.issues()[1].event_id, "");
}

// Whatever an event holds, what is noted of it is bounded, storable and JSON.
TEST(IngestIssue, HostileEventsAreBounded) {
  Random random(7);
  const std::string pieces[] = {"x", "\\u0000",           "\\u0001", "\\\"",
                                "🎉", "4111111111111111 ", "\\\\",    "password=hunter22 "};
  for (int round = 0; round < 300; ++round) {
    IngestionWorld world = MakeWorld();
    std::string more = R"(,"duration_ms":1e999,"user.id":[[[]]])";
    for (const FieldSpec& spec : kFields) {
      if (spec.required || random.Below(3) == 0) continue;
      std::string text;
      for (int i = random.Below(400); i > 0; --i) text += pieces[random.Below(8)];
      more += ",\"" + std::string(spec.name) + "\":\"" + text + "\"";
      more += ",\"" + text + "\":" + std::to_string(random.Below(10));
    }
    world.Ingest({{"[" + Event(more) + "]", std::nullopt}});
    ASSERT_FALSE(world.issues().empty());
    for (const WorldIssue& issue : world.issues()) {
      EXPECT_LE(issue.sample.size(), kIssueEventBytes);
      EXPECT_LE(CountCharacters(issue.message), kIssueMessageLimit);
      EXPECT_LE(CountCharacters(issue.field), kIssueNameLimit);
      for (const std::string& text : {issue.sample, issue.message, issue.field, issue.event_id}) {
        EXPECT_EQ(text.find('\0'), std::string::npos);
        EXPECT_EQ(text.find("\\u0000"), std::string::npos);
        EXPECT_EQ(FindInvalidUtf8(text), text.size());
      }
      rapidjson::Document document;
      document.Parse(issue.sample.data(), issue.sample.size());
      ASSERT_FALSE(document.HasParseError()) << issue.sample;
      EXPECT_TRUE(document.IsObject());
    }
  }
}

}  // namespace
}  // namespace productgraph::core
