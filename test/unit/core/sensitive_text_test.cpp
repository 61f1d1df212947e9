#include "src/core/sensitive_text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "test/unit/core/reading.hpp"
#include "test/unit/core/redacting.hpp"

namespace productgraph::core {
namespace {

struct TextCase {
  std::string text, redacted;
};

void ExpectRedacted(std::string_view pattern, const std::vector<TextCase>& cases) {
  for (const TextCase& c : cases) {
    EXPECT_EQ(Redacted(c.text, PatternsOf({pattern})), c.redacted);
    EXPECT_EQ(Redacted(c.redacted, PatternsOf({pattern})), c.redacted) << "again";
  }
}

TEST(SensitiveText, Cards) {
  ExpectRedacted("card", {
                             {"4111111111111111", "[card]"},
                             {"pay 4111 1111 1111 1111 now", "pay [card] now"},
                             {"4111-1111-1111-1111.", "[card]."},
                             {"?n=4111+1111+1111+1111&x=1", "?n=[card]&x=1"},
                             {"?n=4111%201111%201111%201111", "?n=[card]"},
                             {"%2F4111111111111111%2F", "%2F[card]%2F"},
                             {"378282246310005 3782 822463 10005", "[card] [card]"},
                             {"30569309025904 3056 930902 5904", "[card] [card]"},
                             {"5555555555554444,6011111111111117,3530111333300000", "[card],[card],[card]"},
                             {"4222222222222", "[card]"},
                             {"4111 1111 1111 1111 123", "[card] 123"},
                             {"4111 1111 1111 1111 12/27", "[card] 12/27"},
                             {"2024 4111 1111 1111 1111", "2024 [card]"},
                             {"order-4111111111111111-x", "order-[card]-x"},
                             {"卡4111111111111111", "卡[card]"},
                             // A wrong check digit, a range nobody issues, too few and too many digits.
                             {"4111111111111112", "4111111111111112"},
                             {"1111111111111117", "1111111111111117"},
                             {"411111111111", "411111111111"},
                             {"41111111111111111111", "41111111111111111111"},
                             // Parts of something else.
                             {"a4111111111111111", "a4111111111111111"},
                             {"4111111111111111a", "4111111111111111a"},
                             {"_4111111111111111", "_4111111111111111"},
                             {"0.4111111111111111", "0.4111111111111111"},
                             {"4111111111111111.5", "4111111111111111.5"},
                             {"4111 11111111 1111", "4111 11111111 1111"},
                             {"4111-1111 1111-1111", "4111-1111 1111-1111"},
                             {"4111  1111  1111  1111", "4111  1111  1111  1111"},
                             // An article number that has both check digits right.
                             {"4006381333931", "4006381333931"},
                         });
}

TEST(SensitiveText, Emails) {
  ExpectRedacted(
      "email",
      {
          {"ann@example.com", "[email]"},
          {"to <Ann.B+tag@mail.example.co.uk>, bob_2@x.io.", "to <[email]>, [email]."},
          {"/u?email=ann%40example.com&x=1", "/u?email=[email]&x=1"},
          {"next=%2Flogin%3Femail%3Dann%2Btag%40example.com%26x", "next=%2Flogin%3Femail%3D[email]%26x"},
          {"mailto:ann@163.com", "mailto:[email]"},
          {"jörg@exämple.de", "[email]"},
          {"a@b@c.com", "a@[email]"},
          {"x%40y%40z.org", "x%40[email]"},
          {"ann@xn--exmple-cua.xn--p1ai", "[email]"},
          {"@ann.smith", "@ann.smith"},
          {"ann@localhost", "ann@localhost"},
          {"ann@10.0.0.1", "ann@10.0.0.1"},
          {"icon@2x.png icon@3x.PNG", "icon@2x.png icon@3x.PNG"},
          {"react@18.2.0", "react@18.2.0"},
          {"lodash@4.17.21.min.js", "lodash@4.17.21.min.js"},
          {"foo@1.2.3-beta.rc", "foo@1.2.3-beta.rc"},
          {"render@https://example.com/app.js:10:5", "render@https://example.com/app.js:10:5"},
          {"5 @ 3.50 each", "5 @ 3.50 each"},
          {"a@b..de", "a@b..de"},
      });
}

TEST(SensitiveText, TokensByShape) {
  const std::string jwt =
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
  const std::string body = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
  ExpectRedacted(
      "token",
      {
          {jwt, "[token]"},
          {"/cb#id=" + jwt + "&x=1", "/cb#id=[token]&x=1"},
          {"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "[token]"},
          {"key AKIAIOSFODNN7EXAMPLE.", "key [token]."},
          {"ghp_" + body, "[token]"},
          {"github_pat_11ABCDEFG0123456789_abcdef", "[token]"},
          {"xoxb-123456789012-abcdefABCDEF", "[token]"},
          {"AIzaSyA-1234567890abcdefghijklmnopqrstuv", "AIzaSyA-1234567890abcdefghijklmnopqrstuv"},
          {"AIzaSyA-1234567890abcdefghijklmnopqrstu", "[token]"},
          {"SG.abcdefghijklmnopqrstuv.abc", "[token]"},
          {"pgk_" + Repeat("0123456789abcdef", 4), "[token]"},
          {"Bearer a1b2c3d4e5f6g7h8", "Bearer [token]"},
          {"?h=bearer%20a1b2c3d4e5f6g7h8==&y", "?h=bearer%20[token]&y"},
          {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "[token]\nrest"},
          {"-----BEGIN PRIVATE KEY-----\nMIIE", "[token]"},
          {"x-----BEGIN CERTIFICATE-----\nMIIE", "x-----BEGIN CERTIFICATE-----\nMIIE"},
          {"sk_live_short", "sk_live_short"},
          {"task_live_4eC39HqLyjWDarjtT1zdp7dc", "task_live_4eC39HqLyjWDarjtT1zdp7dc"},
          {"XAKIAIOSFODNN7EXAMPLE", "XAKIAIOSFODNN7EXAMPLE"},
          {"AKIAIOSFODNN7EXAMPLE1", "AKIAIOSFODNN7EXAMPLE1"},
          {"eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9"},
          {"Bearer authentication is required", "Bearer authentication is required"},
          {"npm_config_registry", "npm_config_registry"},
          {"sk-fading-circle sk-circle12", "sk-fading-circle sk-circle12"},
      });
}

TEST(SensitiveText, TokensByName) {
  ExpectRedacted(
      "token",
      {
          {"/login?user=ann&password=hunter2&x=1", "/login?user=ann&password=[token]&x=1"},
          {"{\"pass_word\": \"hunter2\", \"Client-Secret\":\"a b, c\"}",
           "{\"pass_word\": \"[token]\", \"Client-Secret\":\"[token]\"}"},
          {"{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":\\\"[token]\\\"}"},
          {"dbPassword='x y z'", "dbPassword='[token]'"},
          {"r=%2Fx%3Fpassword%3Dhunter2", "r=%2Fx%3Fpassword%3D[token]"},
          {"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [token]"},
          {"access_token=0123456789abcdef01234567", "access_token=[token]"},
          {"api-key: 9f8e7d6c5b4a39281706", "api-key: [token]"},
          {"token=550e8400-e29b-41d4-a716-446655440000", "token=[token]"},
          {"password=", "password="},
          {"password=abc", "password=abc"},
          {"password=true", "password=true"},
          {"password=[FILTERED] secret=********", "password=[FILTERED] secret=********"},
          {"PWD=/home/ann", "PWD=/home/ann"},
          {"password: must have 8 characters", "password: must have 8 characters"},
          {"token: color.primary", "token: color.primary"},
          {"unexpected token: identifier", "unexpected token: identifier"},
          {"secretary=Ann Smith", "secretary=Ann Smith"},
          {"event_id=550e8400-e29b-41d4-a716-446655440000", "event_id=550e8400-e29b-41d4-a716-446655440000"},
      });
}

TEST(SensitiveText, PatternsBesideEachOther) {
  EXPECT_EQ(Redacted("ann@example.com 4111111111111111 password=hunter2"), "[email] [card] password=[token]");
  EXPECT_EQ(Redacted("4111111111111111@example.com"), "[card]@example.com");
  EXPECT_EQ(Redacted("password=ann@example.com"), "password=[token]");
  // No address while its domain goes on into the token.
  EXPECT_EQ(Redacted("ann@example.caf\u00e9glpat-Ab0123456789cdefGHIJ on"), "[email][token] on");
  EXPECT_EQ(Redacted("ann@example.com 4111111111111111", PatternsOf({"email"})), "[email] 4111111111111111");
  EXPECT_EQ(Redacted("ann@example.com", Patterns()), "ann@example.com");
  EXPECT_FALSE(FindPattern("[card]"));
  EXPECT_FALSE(FindPattern(""));
}

// Text without a match is returned as it is.
TEST(SensitiveText, NothingIsAllocatedForNothing) {
  const std::string text =
      Repeat("The quick brown fox: /a/b?c=d&e=1 550e8400-e29b-41d4-a716-446655440000 ", 50);
  EXPECT_EQ(RedactText(AllPatterns(), text, std::pmr::null_memory_resource()).data(), text.data());
}

// Some hundredths of a second each; many seconds if any part were looked at again and again.
TEST(SensitiveText, WorkIsLinear) {
  for (const std::string_view part : {"eyJ",
                                      "eyJ-",
                                      "eyJaaaaaaaaaaaa.",
                                      "a@",
                                      "a@b.",
                                      "%40",
                                      "%2B",
                                      "4",
                                      "4111 ",
                                      "4111-1111-",
                                      "1 ",
                                      "token=",
                                      "password=/",
                                      "password='",
                                      "\"password\":\"",
                                      "token:a",
                                      "Bearer ",
                                      "Bearer a1",
                                      "github_pat_",
                                      "xoxb-",
                                      "-----BEGIN ",
                                      "-----BEGIN PRIVATE KEY-----",
                                      "SG.",
                                      "secret=\\",
                                      "_",
                                      "-",
                                      "=",
                                      "%3D",
                                      "%20",
                                      "."}) {
    const std::string text = Repeat(part, 20'000);
    const auto start = std::chrono::steady_clock::now();
    BlockMemory memory;
    RedactText(AllPatterns(), text, &memory);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3)) << part;
  }
}

}  // namespace
}  // namespace productgraph::core
