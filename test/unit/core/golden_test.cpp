// Runs test/golden/events.jsonl against the core; test/golden/README.md describes the file.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "test/unit/core/ingestion_world.hpp"

namespace productgraph::core {
namespace {

constexpr UnixMicros kNow = 4'102'444'800 * kMicrosPerSecond;  // 2100-01-01; cases stay clear of the real now

struct GoldenCase {
  std::string name;
  std::string line;
};

void PrintTo(const GoldenCase& c, std::ostream* out) {
  *out << c.name;
}

rapidjson::Document Parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  return document;
}

std::string Text(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

std::vector<GoldenCase> ReadCases() {
  std::vector<GoldenCase> cases;
  std::ifstream file(PRODUCTGRAPH_GOLDEN_DIR "/events.jsonl");
  for (std::string line; std::getline(file, line);) {
    const rapidjson::Document document = Parse(line);
    const bool named = document.IsObject() && document.HasMember("name");
    cases.push_back({named ? Text(document["name"]) : "unreadable line", line});
  }
  return cases;
}

IngestionWorld MakeWorld() {
  const Uuid org_id{1};
  EventRules rules;
  rules.latest = kNow;
  IngestionWorld world;
  world.projects = {{"proj_demo", org_id, true, rules}, {"proj_closed", org_id, false, rules}};
  world.keys = {{"valid", {org_id, "proj_demo"}}, {"other_project", {org_id, "proj_closed"}}};
  return world;
}

WorldRequest MakeRequest(const rapidjson::Value& golden) {
  WorldRequest request;
  request.body = Text(golden["body"]);
  if (!golden["key"].IsNull()) request.key = Text(golden["key"]);
  request.format = Text(golden["format"]) == "ndjson" ? BodyFormat::kNdjson : BodyFormat::kJson;
  return request;
}

void ExpectErrors(const rapidjson::Value& expected, const rapidjson::Value& actual) {
  ASSERT_EQ(actual.Size(), expected.Size());
  for (rapidjson::SizeType i = 0; i < expected.Size(); ++i) {
    for (const char* const member : {"index", "event_id", "field", "code", "error"}) {
      ASSERT_TRUE(actual[i].HasMember(member)) << member << " of error " << i;
      if (!expected[i].HasMember(member)) continue;
      const rapidjson::Value& value = actual[i][member];
      EXPECT_EQ(expected[i][member], value)
          << member << " of error " << i << " is " << (value.IsString() ? value.GetString() : "no string");
    }
  }
}

class Golden : public testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, IsAnsweredAsWritten) {
  ASSERT_LT(GetParam().line.size(), 4096u);
  const rapidjson::Document golden = Parse(GetParam().line);
  ASSERT_FALSE(golden.HasParseError());
  IngestionWorld world = MakeWorld();
  const WorldAnswer answer = world.Ingest({MakeRequest(golden)}).front();
  EXPECT_EQ(answer.status, golden["status"].GetInt()) << answer.body;
  const rapidjson::Document body = Parse(answer.body);
  ASSERT_TRUE(body.IsObject()) << answer.body;
  EXPECT_EQ(answer.body.find("\\u0000"), std::string::npos) << "jsonb cannot hold this: " << answer.body;
  if (golden["status"].GetInt() != 202) {
    ASSERT_TRUE(body.HasMember("error")) << answer.body;
    EXPECT_EQ(Text(body["error"]["code"]), Text(golden["code"])) << answer.body;
    EXPECT_EQ(world.stored(), 0u);
    return;
  }
  ASSERT_TRUE(body.HasMember("accepted")) << answer.body;
  for (const char* const member : {"accepted", "rejected", "duplicates"}) {
    EXPECT_EQ(body[member], golden[member]) << answer.body;
  }
  ExpectErrors(golden["errors"], body["errors"]);
  EXPECT_EQ(world.stored(), golden["accepted"].GetUint() - golden["duplicates"].GetUint());
}

// A request that comes again, as after a lost answer, stores nothing and is answered alike.
TEST_P(Golden, ComesTwice) {
  const rapidjson::Document golden = Parse(GetParam().line);
  IngestionWorld world = MakeWorld();
  const WorldRequest request = MakeRequest(golden);
  const WorldAnswer first = world.Ingest({request}).front();
  const std::size_t stored = world.stored();
  const WorldAnswer second = world.Ingest({request}).front();
  EXPECT_EQ(second.status, first.status);
  EXPECT_EQ(second.accepted, first.accepted);
  EXPECT_EQ(second.rejected, first.rejected);
  EXPECT_EQ(second.duplicates, first.accepted);
  EXPECT_EQ(world.stored(), stored);
}

INSTANTIATE_TEST_SUITE_P(Events, Golden, testing::ValuesIn(ReadCases()));

TEST(GoldenFile, IsThereAndNamesEachCaseOnce) {
  const std::vector<GoldenCase> cases = ReadCases();
  EXPECT_GE(cases.size(), 60u);
  std::set<std::string> names;
  for (const GoldenCase& c : cases) EXPECT_TRUE(names.insert(c.name).second) << c.name;
}

}  // namespace
}  // namespace productgraph::core
