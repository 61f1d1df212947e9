#include "redaction.hpp"

#include <gtest/gtest.h>

#include <random>

#include "event_writer.hpp"
#include "secret_name.hpp"

namespace productgraph {
namespace {

TEST(RedactText, FindsCardNumbers) {
  EXPECT_EQ(RedactText("4111111111111111"), "[card]");
  EXPECT_EQ(RedactText("pay 4111 1111 1111 1111, please"), "pay [card], please");
  EXPECT_EQ(RedactText("4111-1111-1111-1111 and 378282246310005."), "[card] and [card].");
  EXPECT_EQ(RedactText("4111 1111 1111 1111 123"), "[card] 123");
  EXPECT_EQ(RedactText("12 4111 1111 1111 1111"), "12 [card]");
}

TEST(RedactText, SparesOtherNumbers) {
  for (const char* text : {"4111111111111112", "1705312200123", "x4111111111111111", "4111111111111111x",
                           "0.4111111111111111", "_4111111111111111", "4111  1111 1111 1111",
                           "4111111111111111.5", "4111111111111111.txt", "41111111111111111111111"}) {
    EXPECT_EQ(RedactText(text), text);
  }
}

TEST(RedactText, FindsTokens) {
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N";
  EXPECT_EQ(RedactText(jwt), "[token]");
  EXPECT_EQ(RedactText("bearer " + jwt + " expired"), "bearer [token] expired");
  EXPECT_EQ(RedactText("Authorization: Bearer abcdefgh12=="), "Authorization: Bearer [token]");
  EXPECT_EQ(RedactText("Bearer abc, BEARER abcdefgh"), "Bearer [token], BEARER [token]");
  EXPECT_EQ(RedactText("key pgk_0123456789abcdef."), "key [token].");
  EXPECT_EQ(RedactText("sk_live_0123456789, AKIAIOSFODNN7EXAMPLE"), "[token], [token]");
  for (const char* text :
       {"eyJ.x", "bearer of news", "pgk_", "task_live_0123456789", "the eyJhbGciOi.eyJzdWIi"}) {
    EXPECT_EQ(RedactText(text), text);
  }
}

TEST(RedactText, FindsAssignedSecrets) {
  EXPECT_EQ(RedactText("/reset?user=7&token=abc123&x=1#top"), "/reset?user=7&token=[token]&x=1#top");
  EXPECT_EQ(RedactText("otp_token=123456"), "otp_token=[token]");
  EXPECT_EQ(RedactText("(password=hunter2)"), "(password=[token])");
  EXPECT_EQ(RedactText("password=\"two words\" next"), "password=\"[token]\" next");
  EXPECT_EQ(RedactText("user[password]=x"), "user[password]=[token]");
  EXPECT_EQ(RedactText("DB_PASSWORD=a API-KEY=b"), "DB_PASSWORD=[token] API-KEY=[token]");
  EXPECT_EQ(RedactText(R"({"password": "a\"b","step":2})"), R"({"password": "[token]","step":2})");
  EXPECT_EQ(RedactText(R"({\"password\":\"ab\",\"x\":1})"), R"({\"password\":\"[token]\",\"x\":1})");
  for (const char* text :
       {"password=", "a=b", R"({"user":"x"})", R"({"password":null})", "token: soon", "==:=\":"}) {
    EXPECT_EQ(RedactText(text), text);
  }
}

TEST(NamingOf, LooksThroughWriting) {
  for (const char* name : {"password", "New-Password", "API_KEY", "x.api key", "clientSecret",
                           "sessionCookie", "CVV", "p-i-n"}) {
    EXPECT_EQ(NamingOf(name), Naming::kSecret) << name;
  }
  for (const char* name : {"token", "input_tokens", "accessToken"})
    EXPECT_EQ(NamingOf(name), Naming::kToken) << name;
  for (const char* name : {"", "name", "shipping", "key", "event.type", "page.path"}) {
    EXPECT_EQ(NamingOf(name), Naming::kHarmless) << name;
  }
}

TEST(RedactEvent, LooksEverywhereButAtIdentifiers) {
  Event event = Event::Custom("4111111111111111");
  event.Session("4111111111111111")
      .User("4111111111111111")
      .Set("login.password", "x")
      .Set("api.status_code", 200);
  event.Metadata("passwords", Value::Array{"one", 2, true, nullptr, Value::Object{{"any", "x"}}});
  event.Metadata("input_tokens", 512).Metadata("list", Value::Array{"Bearer abcdefgh1"});
  RedactEvent(&event);
  EXPECT_EQ(
      WriteEvent(event),
      R"({"event.type":"custom","event.name":"[card]","session.id":"4111111111111111","user.id":"4111111111111111",)"
      R"("login.password":"[token]","api.status_code":200,)"
      R"("metadata":{"passwords":["[token]","[token]",true,null,{"any":"[token]"}],)"
      R"("input_tokens":512,"list":["Bearer [token]"]}})");
}

TEST(RedactEvent, BoundsItsWork) {
  Event event = Event::Custom(std::string(10'000'000, '='));
  RedactEvent(&event);
  EXPECT_LE(event.Find("event.name")->text()->size(), 40'000u);
}

TEST(RedactText, FindsEachOfMany) {
  const std::pair<std::string_view, std::string_view> parts[] = {
      {"4111 1111 1111 1111", "[card]"},
      {"4111111111111112", "4111111111111112"},
      {"Bearer abcdefgh1=", "Bearer [token]"},
      {"pgk_12345678", "[token]"},
      {"eyJa.b.c", "[token]"},
      {"eyJ.", "eyJ."},
      {"password=x", "password=[token]"},
      {R"("token":"x")", R"("token":"[token]")"},
      {"token=5", "token=[token]"},
      {"=:", "=:"},
      {"\xFF", "\xFF"},
      {"plain", "plain"},
  };
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    std::string clean;
    for (int i = 0; i < 8; ++i) {
      const auto& [part, redacted] = parts[random() % std::size(parts)];
      text.append(part).append(" & ");
      clean.append(redacted).append(" & ");
    }
    ASSERT_EQ(RedactText(text), clean);
  }
}

// Anything at all, for the sanitizers.
TEST(RedactText, TakesAnyText) {
  constexpr std::string_view kBytes = "4 1-=:\"\\[]{}&.eyJpgk_passwordtokenBearer \xFF";
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t size = random() % 60; text.size() < size;) text += kBytes[random() % kBytes.size()];
    const std::string clean = RedactText(text);
    EXPECT_LE(clean.size(), text.size() * 7);
  }
}

}  // namespace
}  // namespace productgraph
