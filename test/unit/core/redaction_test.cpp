#include "src/core/redaction.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "src/core/event_key.hpp"
#include "src/core/ingest_batch.hpp"
#include "test/unit/core/reading.hpp"

namespace productgraph::core {
namespace {

using Names = std::vector<std::string_view>;

struct Stored {
  std::map<std::string, std::string> texts;  // by field, "attributes" for unknown ones
  EventKey key{};
  std::string answer;
};

// One event through the whole of ingestion.
Stored Store(const RedactionOptions& options, std::string_view more, std::string_view event_id = "e1") {
  BlockMemory memory;
  IngestBatch batch(ReadLimits(), StopToken(), &memory);
  const std::string body = "[" + EventJson(more, event_id) + "]";
  batch.AddRequest({body, BodyFormat::kJson, {}, "r"});
  batch.Read();
  for (ProjectLookup& project : batch.projects()) {
    project.found = true;
    project.redaction = options;
  }
  batch.Judge();
  Stored stored;
  for (const IngestRow& row : batch.rows()) {
    stored.key = row.key;
    for (const FieldValue& value : row.event->values) {
      stored.texts[std::string(Describe(value.field).name)] = value.text;
    }
    if (!row.event->attributes.empty()) stored.texts["attributes"] = row.event->attributes;
  }
  batch.Answer();
  stored.answer = batch.answers().front().body;
  return stored;
}

std::string Hash(std::string_view value) {
  BlockMemory memory;
  return std::string(HashText(HashSecret{}, value, &memory));
}

const Names kAll = {"card", "email", "token"};

TEST(Redaction, PatternsInEveryTextOfAnEvent) {
  const RedactionOptions options{kAll, {}, {}, {}, {}};
  const std::string secret = "ann@example.com 4111 1111 1111 1111";
  for (const FieldSpec& spec : kFields) {
    if (spec.type != FieldType::kText && spec.type != FieldType::kJsonText) continue;
    if (spec.limit != 0 && spec.limit < 60) continue;
    const std::string name(spec.name);
    const Stored stored = Store(options, ",\"" + name + "\":\"" + secret + "\"");
    EXPECT_EQ(stored.texts.at(name), "[email] [card]");
    EXPECT_NE(stored.answer.find("\"field\":\"" + name + "\",\"code\":\"redacted\""), std::string::npos)
        << stored.answer;
    EXPECT_EQ(stored.answer.find("ann@"), std::string::npos);
  }
  Stored stored =
      Store(options, R"(,"metadata":{"a":["ann@example.com"]},"shop.cart":{"card":4111111111111111})");
  EXPECT_EQ(stored.texts.at("metadata"), R"({"a":["[email]"]})");
  EXPECT_EQ(stored.texts.at("attributes"), R"({"shop.cart":{"card":"[card]"}})");
  stored =
      Store(options,
            R"(,"ui.state.before":{"password":"hunter2"},"ui.state.after":"{\"card\": 4111111111111111}")");
  EXPECT_EQ(stored.texts.at("ui.state.before"), R"({"password":"[token]"})");
  EXPECT_EQ(stored.texts.at("ui.state.after"), R"({"card":"[card]"})");
  EXPECT_EQ(Store(options, R"(,"ui.state.after":"[not json ann@example.com")").texts.at("ui.state.after"),
            "[not json [email]");
}

// What events are joined by stays apart for different users, and equal for equal ones.
TEST(Redaction, IdentifiersThatMatchAreHashed) {
  const RedactionOptions options{kAll, {}, {}, {}, {}};
  const Stored stored =
      Store(options, R"(,"user.id":"ann@example.com","org.id":"acme","session.id":"s bob@example.com")");
  EXPECT_EQ(stored.texts.at("user.id"), Hash("ann@example.com"));
  EXPECT_EQ(stored.texts.at("session.id"), Hash("s bob@example.com"));
  EXPECT_EQ(stored.texts.at("org.id"), "acme");
}

TEST(Redaction, FieldsByName) {
  const Names drop = {"page.url", "metadata.email", "duration_ms", "shop.name"};
  const Names hash = {"user.id", "session.id", "metadata.account"};
  const Names mask = {"page.title", "ui.state.after", "shop.owner"};
  const RedactionOptions options{{}, drop, hash, mask, {}};
  const Stored stored =
      Store(options,
            R"(,"page.url":"/x","duration_ms":5,"user.id":"ann","page.title":"T","ui.state.after":{"a":1},)"
            R"("metadata":{"email":"e","account":"ann","k":1},"shop.name":"x","shop.owner":{"n":1},"y":2)");
  const std::map<std::string, std::string> expected = {
      {"event_id", "e1"},
      {"project_id", "proj_demo"},
      {"session.id", Hash("s1")},
      {"event.type", "page.view"},
      {"event.timestamp", "2024-01-15T10:30:00Z"},
      {"user.id", Hash("ann")},
      {"page.title", "[masked]"},
      {"ui.state.after", "[masked]"},
      {"metadata", "{\"account\":\"" + Hash("ann") + "\",\"k\":1}"},
      {"attributes", R"({"shop.owner":"[masked]","y":2})"}};
  EXPECT_EQ(stored.texts, expected);
  EXPECT_EQ(stored.answer.find("warnings"), std::string::npos) << "nobody is told what was asked for";
  EXPECT_FALSE(Store({{}, drop, {}, {}, {}}, R"(,"shop.name":"x")").texts.count("attributes"));
}

TEST(Redaction, EventKeysStandForWhatIsStored) {
  const RedactionOptions none;
  const RedactionOptions all{kAll, {}, {}, {}, {}};
  EXPECT_EQ(Store(none, "").key, Store(all, R"(,"user.id":"ann@example.com")").key)
      << "settings change no identity";
  const Stored stored = Store(all, R"(,"page.title":"ann@example.com")", "4111111111111111");
  EXPECT_EQ(stored.texts.at("event_id"), Hash("4111111111111111"));
  EXPECT_EQ(stored.key, MakeEventKey("proj_demo", Hash("4111111111111111")))
      << "no key gives the number away";
  EXPECT_NE(stored.answer.find(R"("event_id":"4111111111111111")"), std::string::npos)
      << "the sender knows it";
}

// Half a card number must not be left over.
TEST(Redaction, BeforeTextIsCut) {
  const RedactionOptions options{kAll, {}, {}, {}, {}};
  const std::string title = Repeat("x", 240) + " 4111111111111111";
  EXPECT_EQ(Store(options, ",\"page.title\":\"" + title + "\"").texts.at("page.title"),
            Repeat("x", 240) + " [card]");
}

TEST(Redaction, RulesJudgeWhatWasSent) {
  const Names hash = {"user.id"};
  const RedactionOptions options{kAll, {}, hash, {}, {}};
  const std::string longer = Repeat("x", 250) + "@example.com";
  EXPECT_NE(Store(options, ",\"user.id\":\"" + longer + "\"").answer.find("\"too_long\""), std::string::npos);
  EXPECT_NE(Store(options, ",\"org.id\":\"" + longer + "\"").answer.find("\"too_long\""), std::string::npos);
  EXPECT_NE(Store(options, R"(,"user.id":"a\tann@example.com")").answer.find("\"invalid_character\""),
            std::string::npos);
  EXPECT_NE(Store(options, R"(,"user.id":7)").answer.find("\"invalid_type\""), std::string::npos);
  EXPECT_FALSE(Store(options, R"(,"user.id":"")").texts.count("user.id"));
}

TEST(Redaction, NoRulesNoWork) {
  BlockMemory memory;
  EXPECT_TRUE(RedactionRules({}, &memory).empty());
  const std::string more = R"(,"user.id":"ann@example.com","metadata":{"password":"hunter2"})";
  EXPECT_EQ(Store({}, more).texts.at("user.id"), "ann@example.com");
  EXPECT_EQ(Store({}, more).texts.at("metadata"), R"({"password":"hunter2"})");
}

}  // namespace
}  // namespace productgraph::core
