#include <gtest/gtest.h>

#include <set>

#include "api_key.hpp"
#include "cors.hpp"
#include "http_date.hpp"
#include "json_text.hpp"
#include "media.hpp"
#include "parse_head.hpp"
#include "request_id.hpp"
#include "session_id.hpp"
#include "sha256.hpp"
#include "target.hpp"

namespace productgraph::sidecar {
namespace {

TEST(Media, ContentTypes) {
  for (const char* type :
       {"", "application/json", "APPLICATION/JSON", "application/json; charset=utf-8",
        "application/json;charset=UTF-8", "text/plain", "text/plain;charset=UTF-8", " text/plain "})
    EXPECT_EQ(FormatOf(type), "json") << type;
  EXPECT_EQ(FormatOf("application/x-ndjson; charset=utf-8"), "ndjson");
  for (const char* type :
       {"application/x-www-form-urlencoded", "text/html", "application/jsonx", "json", "text/plainx"})
    EXPECT_FALSE(FormatOf(type).has_value()) << type;
}

TEST(Media, ContentEncodings) {
  EXPECT_EQ(CodingOf(""), Coding::kIdentity);
  EXPECT_EQ(CodingOf("Identity"), Coding::kIdentity);
  EXPECT_EQ(CodingOf("gzip"), Coding::kGzip);
  EXPECT_EQ(CodingOf(" GZIP "), Coding::kGzip);
  for (const char* coding : {"deflate", "br", "gzip, gzip", "gzip;q=1"})
    EXPECT_FALSE(CodingOf(coding)) << coding;
}

TEST(Target, Parts) {
  struct Case {
    const char* target;
    const char* path;
    const char* query;
  };
  for (const Case& c :
       {Case{"/v1/events", "/v1/events", ""}, Case{"/v1/events?a=b", "/v1/events", "a=b"},
        Case{"/?", "/", ""}, Case{"http://h:80/v1/events?a=b", "/v1/events", "a=b"},
        Case{"http://h", "/", ""}, Case{"http://h?a", "/", "a"}, Case{"*", "*", ""},
        Case{"/x?u=http://y/z", "/x", "u=http://y/z"}, Case{"", "", ""}, Case{"x?u=a://b", "x", "u=a://b"}}) {
    EXPECT_EQ(SplitTarget(c.target).path, c.path) << c.target;
    EXPECT_EQ(SplitTarget(c.target).query, c.query) << c.target;
  }
}

TEST(Target, QueryParameters) {
  EXPECT_EQ(QueryParameter("a=1&api_key=k%2Bx+y&api_key=2", "api_key"), "k+x y");
  EXPECT_EQ(QueryParameter("api%5Fkey=k", "api_key"), "k");
  EXPECT_EQ(QueryParameter("api_key", "api_key"), "");
  for (const char* query : {"", "xapi_key=1", "api_key=%", "api_key=%4", "api_key=%zz", "&&="})
    EXPECT_FALSE(QueryParameter(query, "api_key").has_value()) << query;
}

TEST(ApiKey, HeaderThenBearerThenQuery) {
  EXPECT_EQ(ApiKeyOf(PostHead("X-PG-API-Key: a\r\nAuthorization: Bearer b\r\n", "/v1/events?api_key=c")),
            "a");
  EXPECT_EQ(ApiKeyOf(PostHead("Authorization: bearer  b \r\n", "/v1/events?api_key=c")), "b");
  EXPECT_EQ(ApiKeyOf(PostHead("Authorization: Basic b\r\n", "/v1/events?api_key=c")), "c");
  EXPECT_FALSE(ApiKeyOf(PostHead("X-PG-API-Key: \r\n", "/v1/events?api_key=")).has_value());
}

TEST(ApiKey, WhatNoKeyCanBe) {
  EXPECT_TRUE(IsPlausibleApiKey("pg_live_abc"));
  EXPECT_FALSE(IsPlausibleApiKey(std::string("a\0b", 3)));
  EXPECT_FALSE(IsPlausibleApiKey("\xff"));
  EXPECT_FALSE(IsPlausibleApiKey(std::string(513, 'a')));
}

TEST(RequestId, KeptOrMade) {
  EXPECT_EQ(RequestIdOrNew("my id-1"), "my id-1");
  EXPECT_EQ(RequestIdOrNew(std::string(128, 'a')), std::string(128, 'a'));
  for (const std::string& bad :
       {std::string(), std::string(129, 'a'), std::string("a\x01"), std::string("\xc3\xa4")})
    EXPECT_EQ(RequestIdOrNew(bad).size(), 36U);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = MakeRequestId();
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Cors, Origins) {
  EXPECT_TRUE(CorsRules("*").Allows("https://a.example"));
  EXPECT_FALSE(CorsRules("*").Allows(""));
  EXPECT_FALSE(CorsRules("*").Allows("https://a\x7f"));
  const CorsRules some("https://a.example, https://b.example");
  EXPECT_TRUE(some.Allows("https://b.example"));
  EXPECT_FALSE(some.Allows("https://b.example.evil"));
  EXPECT_FALSE(some.Allows("null"));
  EXPECT_FALSE(CorsRules("").Allows("https://a.example"));
}

TEST(JsonText, IsAlwaysValidJson) {
  std::string out;
  AppendJsonString(out, std::string("a\"\\\n\0\xff", 6));
  EXPECT_EQ(out, "\"a\\\"\\\\\\u000a\\u0000\\u00ff\"");
}

TEST(HttpDate, HasTheFixedForm) {
  const std::string date(HttpDate());
  EXPECT_EQ(date.size(), 29U);
  EXPECT_EQ(date.substr(25), " GMT");
}

TEST(SessionId, IsOneHeaderOfPrintableAscii) {
  EXPECT_EQ(SessionIdOf(PostHead("X-Session-ID: s 1\r\n")), "s 1");
  EXPECT_EQ(SessionIdOf(PostHead("X-Session-ID: " + std::string(255, 'x') + "\r\n")), std::string(255, 'x'));
  for (const std::string& headers :
       {std::string(), std::string("X-Session-ID: \r\n"), std::string("X-Session-ID: a\tb\r\n"),
        std::string("X-Session-ID: \xc3\xa9\r\n"), std::string("X-Session-ID: a\r\nX-Session-ID: a\r\n"),
        "X-Session-ID: " + std::string(256, 'x') + "\r\n"})
    EXPECT_EQ(SessionIdOf(PostHead(headers)), "") << headers;
}

TEST(Sha256, IsTheKnownDigest) {
  constexpr unsigned char kDigest[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                       0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                       0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
  EXPECT_EQ(Sha256("abc"), std::string(std::begin(kDigest), std::end(kDigest)));
}

}  // namespace
}  // namespace productgraph::sidecar
