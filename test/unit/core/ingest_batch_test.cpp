#include "src/core/ingest_batch.hpp"

#include <gtest/gtest.h>

#include <string>

#include "test/unit/core/ingestion_world.hpp"
#include "test/unit/core/reading.hpp"

namespace productgraph::core {
namespace {

constexpr Uuid kAcme{1};
constexpr Uuid kGlobex{2};

// Two organizations; acme has an open project and a closed one.
IngestionWorld MakeWorld() {
  IngestionWorld world;
  world.projects = {{"open", kAcme, true},
                    {"closed", kAcme, false},
                    {"other", kGlobex, false},
                    {"twin", kAcme, false},
                    {"twin", kGlobex, false}};
  world.keys = {{"acme-open", {kAcme, "open"}},
                {"acme-closed", {kAcme, "closed"}},
                {"acme-all", {kAcme, ""}},
                {"globex-all", {kGlobex, ""}}};
  return world;
}

std::string Event(std::string_view id, std::string_view project = "open", std::string_view more = "") {
  return R"({"event_id":")" + std::string(id) + R"(","project_id":")" + std::string(project) +
         R"(","session.id":"s","event.type":"ui.click","event.timestamp":"2024-01-15T10:30:00Z")" +
         std::string(more) + "}";
}

std::string Batch(const std::vector<std::string>& events) {
  std::string body = R"({"events":[)";
  for (const std::string& event : events) {
    if (body.back() != '[') body += ',';
    body += event;
  }
  return body + "]}";
}

std::string Accepted(int accepted, int rejected, int duplicates, std::string_view errors = "") {
  return R"({"accepted":)" + std::to_string(accepted) + R"(,"rejected":)" + std::to_string(rejected) +
         R"(,"duplicates":)" + std::to_string(duplicates) + R"(,"errors":[)" + std::string(errors) + "]}";
}

struct KeyCase {
  const char* name;
  std::optional<std::string> key;
  std::string body;
  int status;
  std::string answer;  // its whole body
};

TEST(IngestBatch, KeysAndProjects) {
  const std::string needs_key =
      R"({"index":0,"event_id":"e","field":"project_id","code":"unauthorized","error":"project_id: needs an API key"})";
  const std::string not_of_key = R"({"index":0,"event_id":"e","field":"project_id","code":"forbidden",)"
                                 R"("error":"project_id: not a project of this API key"})";
  const std::string unknown_key =
      R"({"error":{"code":"unauthorized","message":"unknown, expired or revoked API key","request_id":"req-1"}})";
  const std::string key_needed =
      R"({"error":{"code":"unauthorized","message":"an API key is needed: send it as X-PG-API-Key, )"
      R"(Authorization: Bearer or api_key","request_id":"req-1"}})";
  const std::string wrong_key =
      R"({"error":{"code":"forbidden","message":"this API key is not for the project of these events",)"
      R"("request_id":"req-1"}})";
  const KeyCase cases[] = {
      {"open, no key", {}, Batch({Event("e")}), 202, Accepted(1, 0, 0)},
      {"open, its key", "acme-open", Batch({Event("e")}), 202, Accepted(1, 0, 0)},
      {"open, the organization's key", "acme-all", Batch({Event("e")}), 202, Accepted(1, 0, 0)},
      {"open, wrong key", "acme-closed", Batch({Event("e")}), 403, wrong_key},
      {"open, foreign key", "globex-all", Batch({Event("e")}), 403, wrong_key},
      {"open, unknown key", "nobody", Batch({Event("e")}), 401, unknown_key},
      {"open, empty key", "", Batch({Event("e")}), 401, unknown_key},
      {"closed, no key", {}, Batch({Event("e", "closed")}), 401, key_needed},
      {"closed, its key", "acme-closed", Batch({Event("e", "closed")}), 202, Accepted(1, 0, 0)},
      {"nobody's, no key", {}, Batch({Event("e", "nobody")}), 401, key_needed},
      {"nobody's, a key", "acme-all", Batch({Event("e", "nobody")}), 403, wrong_key},
      {"another organization's, no key", {}, Batch({Event("e", "other")}), 401, key_needed},
      {"another organization's, a key", "acme-all", Batch({Event("e", "other")}), 403, wrong_key},
      {"mixed, no key", {}, Batch({Event("e", "closed"), Event("f")}), 202, Accepted(1, 1, 0, needs_key)},
      {"mixed, a key", "acme-open", Batch({Event("e", "closed"), Event("f")}), 202,
       Accepted(1, 1, 0, not_of_key)},
      {"mixed, the organization's key", "acme-all", Batch({Event("e", "closed"), Event("f")}), 202,
       Accepted(2, 0, 0)},
      {"empty, no key", {}, Batch({}), 202, Accepted(0, 0, 0)},
      {"empty, a key", "acme-open", Batch({}), 202, Accepted(0, 0, 0)},
      {"empty, unknown key", "nobody", Batch({}), 401, unknown_key},
      {"broken, unknown key", "nobody", "x", 401, unknown_key},
  };
  for (const KeyCase& c : cases) {
    IngestionWorld world = MakeWorld();
    const WorldAnswer answer = world.Ingest({{c.body, c.key}}).front();
    EXPECT_EQ(answer.status, c.status) << c.name;
    EXPECT_EQ(answer.body, c.answer) << c.name;
    EXPECT_EQ(world.stored(), static_cast<std::size_t>(answer.accepted)) << c.name;
  }
}

TEST(IngestBatch, AnEventForAProjectItMayNotWriteToTellsNothingElse) {
  IngestionWorld world = MakeWorld();
  const std::string bad = R"({"event_id":"","project_id":"closed","event.type":7,"x":1e400})";
  const WorldAnswer answer = world.Ingest({{Batch({bad, Event("f")}), {}}}).front();
  EXPECT_EQ(answer.body, Accepted(1, 1, 0,
                                  R"({"index":0,"event_id":null,"field":"project_id","code":"unauthorized",)"
                                  R"("error":"project_id: needs an API key"})"));
}

TEST(IngestBatch, AnswersTellTheFirstViolationOfEachEvent) {
  IngestionWorld world = MakeWorld();
  const WorldAnswer answer =
      world
          .Ingest({{Batch({"{}", Event("a"), "7", Event("b", "open", R"(,"user.id":1,"page.path":2)"),
                           R"({"event_id":"q\"\\\n","project_id":"open"})"}),
                    {}}})
          .front();
  EXPECT_EQ(
      answer.body,
      Accepted(
          1, 4, 0,
          R"({"index":0,"event_id":null,"field":"event_id","code":"required","error":"event_id: required"},)"
          R"({"index":2,"event_id":null,"field":"event","code":"invalid_type","error":"event: must be an object"},)"
          R"({"index":3,"event_id":"b","field":"user.id","code":"invalid_type","error":"user.id: must be a string"},)"
          R"({"index":4,"event_id":"q\"\\\n","field":"event_id","code":"invalid_character",)"
          R"("error":"event_id: holds a control character"})"));
}

TEST(IngestBatch, WarningsTellWhatWasStoredOtherwise) {
  IngestionWorld world = MakeWorld();
  const std::string cut = R"(,"api.method":"PROPPATCHES")";
  const WorldAnswer answer =
      world.Ingest({{Batch({Event("a"), Event("b", "open", cut), Event("", "open", cut)}), {}}}).front();
  EXPECT_EQ(
      answer.body,
      R"({"accepted":2,"rejected":1,"duplicates":0,"errors":[{"index":2,"event_id":null,"field":"event_id",)"
      R"("code":"required","error":"event_id: required"}],"warnings":[{"index":1,"event_id":"b",)"
      R"("field":"api.method","code":"truncated","error":"api.method: cut to 10 characters"}]})");
}

TEST(IngestBatch, ErrorsOfARequestNameIt) {
  IngestionWorld world = MakeWorld();
  EXPECT_EQ(world.Ingest({{"[1", {}, BodyFormat::kJson, "r\"7"}})
                .front()
                .body.find(R"({"error":{"code":"malformed_json","message":"malformed JSON at byte )"),
            0u);
  const std::string body = world.Ingest({{"{}", {}, BodyFormat::kJson, "r\"7"}}).front().body;
  EXPECT_NE(body.find(R"(,"request_id":"r\"7"}})"), std::string::npos) << body;
  EXPECT_EQ(world.Ingest({{"{}", {}, BodyFormat::kJson, ""}}).front().status, 400);
}

TEST(IngestBatch, WorksWithoutARequestId) {
  BlockMemory memory;
  IngestBatch batch(ReadLimits(), StopToken(), &memory);
  batch.AddRequest(IngestRequest());
  batch.Read();
  batch.Judge();
  batch.Answer();
  EXPECT_EQ(batch.answers().front().status, 400);
  EXPECT_NE(batch.answers().front().body.find(R"("request_id":""}})"), std::string::npos);
}

TEST(IngestBatch, RepeatsInABatchAreStoredOnce) {
  IngestionWorld world = MakeWorld();
  const WorldAnswer first =
      world.Ingest({{Batch({Event("a"), Event("b"), Event("a"), Event("a")}), {}}}).front();
  EXPECT_EQ(first.body, Accepted(4, 0, 2));
  EXPECT_EQ(world.stored(), 2u);
  const WorldAnswer second = world.Ingest({{Batch({Event("c"), Event("a"), Event("a")}), {}}}).front();
  EXPECT_EQ(second.body, Accepted(3, 0, 2));
  EXPECT_EQ(world.stored(), 3u);
}

TEST(IngestBatch, RepeatsAcrossRequestsCountForTheLaterOne) {
  IngestionWorld world = MakeWorld();
  const std::vector<WorldAnswer> answers = world.Ingest({{Batch({Event("a"), Event("b")}), {}},
                                                         {"x", {}},
                                                         {Batch({Event("b"), Event("c"), "{}"}), "acme-open"},
                                                         {Batch({Event("a"), Event("c")}), "acme-all"}});
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0].body, Accepted(2, 0, 0));
  EXPECT_EQ(answers[1].status, 400);
  EXPECT_EQ(answers[2].accepted, 2);
  EXPECT_EQ(answers[2].rejected, 1);
  EXPECT_EQ(answers[2].duplicates, 1);
  EXPECT_EQ(answers[3].body, Accepted(2, 0, 2));
  EXPECT_EQ(world.stored(), 3u);
}

TEST(IngestBatch, OneIdMayLiveInManyProjectsAndOrganizations) {
  IngestionWorld world = MakeWorld();
  const std::vector<WorldAnswer> answers =
      world.Ingest({{Batch({Event("a", "open"), Event("a", "closed"), Event("a", "twin")}), "acme-all"},
                    {Batch({Event("a", "other"), Event("a", "twin")}), "globex-all"}});
  EXPECT_EQ(answers[0].body, Accepted(3, 0, 0));
  EXPECT_EQ(answers[1].body, Accepted(2, 0, 0))
      << "the same project id in another organization is another project";
  EXPECT_EQ(world.stored(), 5u);
}

TEST(IngestBatch, OneBadRequestCostsOnlyItself) {
  IngestionWorld world = MakeWorld();
  const std::vector<WorldAnswer> answers =
      world.Ingest({{Batch({Event("a")}), {}},
                    {"\xFF", {}},
                    {Batch({Event("b")}), "nobody"},
                    {Batch({Event("c", "closed")}), {}},
                    {Event("d") + "\nx\n" + Event("e") + "\n", {}, BodyFormat::kNdjson},
                    {std::string(11 * 1024 * 1024, ' '), {}},
                    {Batch({Event("f")}), "acme-all"}});
  const int statuses[] = {202, 400, 401, 401, 202, 413, 202};
  const std::string codes[] = {"", "malformed_json", "unauthorized", "unauthorized", "", "body_too_large",
                               ""};
  const int accepted[] = {1, 0, 0, 0, 2, 0, 1};
  ASSERT_EQ(answers.size(), std::size(statuses));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].status, statuses[i]) << i;
    EXPECT_EQ(answers[i].code, codes[i]) << i;
    EXPECT_EQ(answers[i].accepted, accepted[i]) << i;
  }
  EXPECT_EQ(world.stored(), 4u);
}

TEST(IngestBatch, ProjectsHaveTheirOwnRules) {
  IngestionWorld world = MakeWorld();
  world.projects[0].rules.allow_other_types = true;
  world.projects[1].rules.latest = 0;
  const std::string purchase = R"(,"event.type":"purchase")";
  const WorldAnswer answer =
      world
          .Ingest({{Batch({Event("a", "open", purchase), Event("b", "closed"), Event("c", "twin", purchase)}),
                    "acme-all"}})
          .front();
  EXPECT_EQ(answer.accepted, 1);
  EXPECT_NE(answer.body.find("later than the project accepts"), std::string::npos);
  EXPECT_NE(answer.body.find("unknown type \\\"purchase\\\""), std::string::npos);
}

TEST(IngestBatch, ARequestNamesAtMost32Projects) {
  IngestionWorld world = MakeWorld();
  std::vector<std::string> events{Event("a")};
  for (int i = 0; i < 31; ++i) events.push_back(Event("b", "p" + std::to_string(i)));
  EXPECT_EQ(world.Ingest({{Batch(events), {}}}).front().accepted, 1);
  events.push_back(Event("c", "p31"));
  const std::vector<WorldAnswer> answers = world.Ingest({{Batch(events), {}}, {Batch({Event("z")}), {}}});
  EXPECT_EQ(answers[0].code, "invalid_batch");
  EXPECT_EQ(answers[1].accepted, 1);
}

TEST(IngestBatch, RowsAreSortedByOrganizationAndKeepTheirOrder) {
  BlockMemory memory;
  IngestBatch batch(ReadLimits(), StopToken(), &memory);
  const std::string body =
      Batch({Event("a", "g"), Event("b", "a"), Event("c", "g"), Event("d", "a"), Event("b", "a")});
  batch.AddRequest({body, BodyFormat::kJson, "k", ""});
  ASSERT_EQ(batch.keys().size(), 1u);
  batch.keys()[0].found = true;
  batch.Read();
  ASSERT_EQ(batch.projects().size(), 2u) << "each is looked up once";
  for (ProjectLookup& project : batch.projects()) {
    project.found = true;
    project.org_id = project.project_id == "g" ? kGlobex : kAcme;
  }
  batch.Judge();
  std::string order;
  for (const IngestRow& row : batch.rows()) order += row.event->Text(FieldId::kEventId);
  EXPECT_EQ(order, "bdac");
}

TEST(IngestBatch, KeysAreLookedUpOnce) {
  BlockMemory memory;
  IngestBatch batch(ReadLimits(), StopToken(), &memory);
  for (const char* const key : {"a", "b", "a", "b"}) batch.AddRequest({"[]", BodyFormat::kJson, key, ""});
  batch.AddRequest({"[]", BodyFormat::kJson, {}, ""});
  EXPECT_EQ(batch.keys().size(), 2u);
}

TEST(EventKey, DependsOnProjectAndEvent) {
  EXPECT_EQ(MakeEventKey("p", "e"), MakeEventKey("p", "e"));
  EXPECT_NE(MakeEventKey("p", "e"), MakeEventKey("p", "f"));
  EXPECT_NE(MakeEventKey("p", "e"), MakeEventKey("q", "e"));
  EXPECT_NE(MakeEventKey("pe", ""), MakeEventKey("p", "e"));
  EXPECT_NE(MakeEventKey("p", "e"), MakeEventKey("e", "p"));
  // Keys are stored: a change of the hash would take the same event for another one.
  const EventKey known = MakeEventKey("proj_demo", "e1");
  std::string hex;
  for (const std::uint8_t byte : known) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", byte);
    hex += digits;
  }
  EXPECT_EQ(hex, "d3da30dd1c700ad1b9530f2a975fcd83");
}

}  // namespace
}  // namespace productgraph::core
