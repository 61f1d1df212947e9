#include "src/core/redacting_json.hpp"

#include <gtest/gtest.h>

#include <string>

#include "src/core/error.hpp"
#include "test/unit/core/redacting.hpp"

namespace productgraph::core {
namespace {

using Names = std::vector<std::string_view>;

struct Given {
  Names patterns, drop, hash, mask;
};

std::string Json(const Given& given, std::string_view json, std::string_view root = "metadata",
                 JsonOrigin origin = JsonOrigin::kOurs) {
  BlockMemory memory;
  const RedactionRules rules({given.patterns, given.drop, given.hash, given.mask, {}}, &memory);
  return std::string(RedactJson(rules, root, json, origin, &memory).text);
}

std::string Hash(std::string_view value) {
  BlockMemory memory;
  return "\"" + std::string(HashText(HashSecret{}, value, &memory)) + "\"";
}

TEST(RedactingJson, PatternsInStringsKeysAndNumbers) {
  const Given all{{"card", "email", "token"}, {}, {}, {}};
  EXPECT_EQ(Json(all, R"({"a":{"b":["x ann@example.com",1,null,true]}})"),
            R"({"a":{"b":["x [email]",1,null,true]}})");
  EXPECT_EQ(Json(all, R"({"ann@example.com":{"n":2}})"), R"({"[email]":{"n":2}})");
  EXPECT_EQ(Json(all, R"([4111111111111111,-4111111111111111,4111111111111111.5,4111111111111112])"),
            R"(["[card]",-4111111111111111,4111111111111111.5,4111111111111112])");
  EXPECT_EQ(Json(all, R"({"password":"hunter2","p":{"api_key":"short","userPassword":["hunter2"]}})"),
            R"({"password":"[token]","p":{"api_key":"short","userPassword":["hunter2"]}})");
  // Behind an escape, and in JSON inside of a string.
  EXPECT_EQ(Json(all, R"({"a":"x\n4111111111111111\t"})"), R"({"a":"x\n[card]\t"})");
  EXPECT_EQ(Json(all, R"({"a":"{\"password\":\"hunter2\"}"})"), R"({"a":"{\"password\":\"[token]\"}"})");
  EXPECT_EQ(Json(all, R"({ "password" :  "hunter2" })", "ui.state.after", JsonOrigin::kClients),
            R"({"password":"[token]"})");
}

TEST(RedactingJson, NothingToRedactIsTheTextGiven) {
  const std::string json = R"({ "n" : 1e3, "s" : "\u0041" })";
  BlockMemory memory;
  const Names drop = {"metadata.x", "*.y"};
  const Names patterns = {"card"};
  const RedactionRules rules({patterns, drop, {}, {}, {}}, &memory);
  const RedactedJson redacted = RedactJson(rules, "metadata", json, JsonOrigin::kClients, &memory);
  EXPECT_EQ(redacted.text.data(), json.data());
  EXPECT_FALSE(redacted.by_pattern);
  for (const char* const broken : {"{", "[1,]", "{\"a\":1} x", "", "{\"a\":\"\\x\"}"}) {
    const RedactedJson left = RedactJson(rules, "", broken, JsonOrigin::kClients, &memory);
    EXPECT_FALSE(left.well_formed) << broken;
    EXPECT_EQ(left.text, broken);
  }
}

TEST(RedactingJson, MembersByTheirPlace) {
  const std::string json =
      R"({"id":7,"user":{"id":"u","email":"e","tags":["a",{"id":true}]},"user.email":"f","z":[]})";
  EXPECT_EQ(Json({{}, {"metadata.user"}, {}, {}}, json), R"({"id":7,"user.email":"f","z":[]})");
  EXPECT_EQ(Json({{}, {"metadata.user.email"}, {}, {}}, json),
            R"({"id":7,"user":{"id":"u","tags":["a",{"id":true}]},"z":[]})");
  EXPECT_EQ(Json({{}, {"user"}, {}, {}}, json), json) << "another place";
  EXPECT_EQ(Json({{}, {"user"}, {}, {}}, json, ""), R"({"id":7,"user.email":"f","z":[]})");
  EXPECT_EQ(Json({{}, {"*.id"}, {}, {}}, json),
            R"({"user":{"email":"e","tags":["a",{}]},"user.email":"f","z":[]})");
  EXPECT_EQ(Json({{}, {"*.id"}, {}, {}}, json, ""),
            R"({"user":{"email":"e","tags":["a",{}]},"user.email":"f","z":[]})");
  EXPECT_EQ(Json({{}, {}, {}, {"metadata.user", "metadata.z", "metadata.id"}}, json),
            R"({"id":"[masked]","user":"[masked]","user.email":"f","z":"[masked]"})");
  EXPECT_EQ(Json({{}, {}, {"metadata.id", "metadata.user"}, {}}, json),
            R"({"id":)" + Hash("7") + R"(,"user":{"id":)" + Hash("u") + R"(,"email":)" + Hash("e") +
                R"(,"tags":[)" + Hash("a") + R"(,{"id":true}]},"user.email":"f","z":[]})");
  EXPECT_EQ(Json({{}, {"metadata.user"}, {}, {"metadata.user.email"}}, json),
            R"({"id":7,"user.email":"[masked]","z":[]})");
}

// A hash is made of the value as it was sent, and is not looked at again.
TEST(RedactingJson, HashedBeforePatterns) {
  const Given given{{"email", "token"}, {}, {"*.who", "*.password"}, {"*.mail"}};
  EXPECT_EQ(
      Json(
          given,
          R"({"who":"ann@example.com","mail":"ann@example.com","password":"hunter2","x":"ann@example.com"})"),
      R"({"who":)" + Hash("ann@example.com") + R"(,"mail":"[masked]","password":)" + Hash("hunter2") +
          R"(,"x":"[email]"})");
}

std::string Wrong(const Given& given) {
  BlockMemory memory;
  try {
    const RedactionRules rules({given.patterns, given.drop, given.hash, given.mask, {}}, &memory);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidParameter);
    EXPECT_TRUE(error.hint());
    return error.what();
  }
  return "";
}

TEST(RedactionRules, WrongOptions) {
  EXPECT_EQ(Wrong({{"emial"}, {}, {}, {}}), "unknown pattern \"emial\"");
  EXPECT_EQ(Wrong({{}, {"event.type"}, {}, {}}), "field \"event.type\" cannot be redacted in this way");
  EXPECT_EQ(Wrong({{}, {"product_id"}, {}, {}}), "field \"project_id\" cannot be redacted in this way");
  EXPECT_EQ(Wrong({{}, {}, {"event.timestamp"}, {}}),
            "field \"event.timestamp\" cannot be redacted in this way");
  EXPECT_EQ(Wrong({{}, {}, {}, {"session.id"}}), "field \"session.id\" cannot be redacted in this way");
  EXPECT_EQ(Wrong({{}, {}, {"duration_ms"}, {}}), "field \"duration_ms\" holds no text");
  EXPECT_EQ(Wrong({{}, {}, {}, {"metadata"}}), "field \"metadata\" holds no text");
  EXPECT_EQ(Wrong({{}, {}, {"api.method"}, {}}), "field \"api.method\" is too short for a hash");
  EXPECT_EQ(Wrong({{}, {"user.id"}, {"user.id"}, {}}), "field \"user.id\" is named twice");
  EXPECT_EQ(Wrong({{}, {"metadata.a"}, {}, {"metadata.a"}}), "field \"metadata.a\" is named twice");
  for (const char* const name : {"", "*", "*.", "a.", "**.a"}) {
    EXPECT_EQ(Wrong({{}, {name}, {}, {}}), "\"" + std::string(name) + "\" is no field");
  }
  EXPECT_EQ(Wrong({{}, Names(101, "user.id"), {}, {}}), "field \"user.id\" is named twice");
  EXPECT_EQ(
      Wrong({{"card", "card"}, {"metadata", "duration_ms", "x"}, {"event_id", "session.id"}, {"api.method"}}),
      "");
}

}  // namespace
}  // namespace productgraph::core
