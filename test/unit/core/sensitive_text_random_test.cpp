// Random text: the patterns against what their definitions say, written down naively; and values that are no
// secrets, of which none may be touched.
#include <gtest/gtest.h>

// GCC 12 warns of the library itself.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <regex>
#include <set>
#include <string>

#include "test/unit/core/random.hpp"
#include "test/unit/core/redacting.hpp"

namespace productgraph::core {
namespace {

std::string Pick(Random* random, const std::vector<std::string>& parts, int most) {
  std::string text;
  for (int left = random->Below(most + 1); left > 0; --left) {
    text += parts[static_cast<std::size_t>(random->Below(static_cast<int>(parts.size())))];
  }
  return text;
}

bool IsWordByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

bool NaiveIsCard(const std::string& digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    sum += i % 2 ? digit * 2 / 10 + digit * 2 % 10 : digit;
  }
  static const std::regex issued(
      "4(\\d{12}|\\d{15}|\\d{18})|5[1-5]\\d{14}|(222[1-9]|22[3-9]\\d|2[3-6]\\d\\d|27[01]\\d|2720)\\d{12}|3["
      "47]\\d{13}|"
      "(60\\d\\d|64[4-9]\\d|65\\d\\d|35(2[89]|[3-8]\\d)|62\\d\\d|220[0-4])\\d{12,15}|30([0-5]\\d|95)\\d{10}|"
      "(36|38|39)\\d{12,14}|(5018|5020|5038|5893|6304|6759|676[1-3])\\d{9,15}");
  return sum % 10 == 0 && std::regex_match(digits, issued);
}

bool IsArticle(const std::string& digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += (digits[i] - '0') * (i % 2 ? 3 : 1);
  return digits.size() == 13 && sum % 10 == 0;
}

// From each start the longest end, both tried one by one.
std::string NaiveCards(const std::string& text) {
  static const std::regex form(
      "\\d{13,19}|\\d{4}([ +-])\\d{4}\\1\\d{4}\\1\\d{1,4}|\\d{4}([ +-])\\d{4}\\2\\d{4}\\2\\d{4}\\2\\d{1,3}|"
      "\\d{4}([ +-])\\d{6}\\3\\d{4,5}|\\d{6}([ +-])\\d{13}");
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t found = 0;
    const bool starts =
        begin == 0 || (!IsWordByte(text[begin - 1]) &&
                       !(text[begin - 1] == '.' && begin > 1 && std::isdigit(text[begin - 2])));
    for (std::size_t end = std::min(text.size(), begin + 24); starts && end > begin && !found; --end) {
      const bool ends =
          end == text.size() || (!IsWordByte(text[end]) &&
                                 !(text[end] == '.' && end + 1 < text.size() && std::isdigit(text[end + 1])));
      const std::string part = text.substr(begin, end - begin);
      if (!ends || !std::regex_match(part, form)) continue;
      const std::string digits = std::regex_replace(part, std::regex("\\D"), "");
      if (NaiveIsCard(digits) && !IsArticle(digits)) found = end;
    }
    result += found ? "[card]" : std::string(1, text[begin]);
    begin = found ? found : begin + 1;
  }
  return result;
}

TEST(SensitiveTextRandom, CardsAsDefined) {
  Random random(11);
  const std::vector<std::string> parts = {"4111",
                                          "1111",
                                          "1111",
                                          "378282246310005",
                                          "3782",
                                          "822463",
                                          "10005",
                                          "0",
                                          "1",
                                          "2",
                                          "5",
                                          "9",
                                          " ",
                                          " ",
                                          "-",
                                          "-",
                                          "+",
                                          ".",
                                          "a",
                                          "_",
                                          "4111111111111111",
                                          "4111 1111 1111 1111",
                                          "6200000000000",
                                          "3056930902590",
                                          "4222222222222"};
  int found = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = Pick(&random, parts, 9);
    const std::string expected = NaiveCards(text);
    ASSERT_EQ(Redacted(text, PatternsOf({"card"})), expected) << text;
    found += expected != text;
  }
  EXPECT_GT(found, 60);
}

std::string NaiveEmails(std::string text) {
  static const std::regex form("[A-Za-z0-9_][A-Za-z0-9._+-]*@((?:[A-Za-z0-9-]+\\.)+([A-Za-z0-9-]+))");
  static const std::set<std::string> files = {"cjs",  "css", "gif", "htm", "html", "jpeg", "jpg", "js",
                                              "json", "jsx", "map", "mjs", "png",  "svg",  "tsx", "webp"};
  std::string result;
  std::smatch match;
  while (std::regex_search(text, match, form)) {
    const bool top_level =
        std::regex_match(match[2].str(), std::regex("[A-Za-z]{2,}")) && !files.count(match[2]);
    const bool version = std::regex_search(match[1].str(), std::regex("^\\d+\\.\\d+\\."));
    const std::string whole = match[0];
    if (top_level && !version) {
      result += match.prefix().str() + "[email]";
      text = match.suffix();
    } else {
      const std::size_t sign = text.find('@', static_cast<std::size_t>(match.position()));
      result += text.substr(0, sign + 1);
      text = text.substr(sign + 1);
    }
  }
  return result + text;
}

TEST(SensitiveTextRandom, EmailsAsDefined) {
  Random random(12);
  const std::vector<std::string> parts = {"a",    "B",    "7",   ".", "-",   "+",   "_",      "@",  "@",
                                          ".com", ".png", "@2x", " ", "ann", ".io", "@4.17.", "js", "/"};
  int found = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = Pick(&random, parts, 10);
    const std::string expected = NaiveEmails(text);
    ASSERT_EQ(Redacted(text, PatternsOf({"email"})), expected) << text;
    found += expected != text;
  }
  EXPECT_GT(found, 30);
}

// Whatever is in a text: once is enough, and a test for something to redact says the same as redacting.
TEST(SensitiveTextRandom, OnceIsEnough) {
  Random random(13);
  const std::vector<std::string> parts = {"password",
                                          "token",
                                          "secret",
                                          "=",
                                          ":",
                                          "\"",
                                          "'",
                                          "\\",
                                          " ",
                                          "%3D",
                                          "%20",
                                          "%40",
                                          "@",
                                          "a.com",
                                          "Bearer ",
                                          "4111111111111111",
                                          "a1b2c3d4e5f6g7h8",
                                          "eyJhbGciOiJIUzI1NiJ9",
                                          ".",
                                          "-",
                                          "_",
                                          "sk_live_",
                                          "AKIA",
                                          "0123456789ABCDEF",
                                          "&",
                                          "Basic ",
                                          "Authorization",
                                          "-----BEGIN",
                                          " PRIVATE KEY-----",
                                          "-----END",
                                          "SG.",
                                          "[",
                                          "]",
                                          "é",
                                          "h_"};
  int found = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = Pick(&random, parts, 12);
    const std::string once = Redacted(text);
    ASSERT_EQ(HasSensitiveText(AllPatterns(), text), once != text) << text;
    ASSERT_EQ(Redacted(once), once) << text;
    found += once != text;
  }
  EXPECT_GT(found, 1'000);
}

std::string RandomOf(Random* random, std::string_view alphabet, int size) {
  std::string text;
  while (static_cast<int>(text.size()) < size) {
    text += alphabet[static_cast<std::size_t>(random->Below(static_cast<int>(alphabet.size())))];
  }
  return text;
}

TEST(SensitiveTextRandom, WhatIsNoSecretStays) {
  Random random(14);
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (int i = 0; i < 2'000; ++i) {
    const std::int64_t seconds = 1'500'000'000 + random.Below(500'000'000);
    const std::string digits12 = RandomOf(&random, kDigits, 12);
    std::string uuid = RandomOf(&random, kHex, 36);
    for (const int dash : {8, 13, 18, 23}) uuid[static_cast<std::size_t>(dash)] = '-';
    uuid[14] = '4';
    const std::string values[] = {
        uuid,
        RandomOf(&random, kHex, 32),  // trace ids, digests
        RandomOf(&random, kHex, 40),
        "01" + RandomOf(&random, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24),  // ULIDs
        "sess-" + RandomOf(&random, kBase36, 6) + "-" + RandomOf(&random, kHex, 8),
        std::to_string(seconds),
        std::to_string(seconds) + digits12.substr(0, 3),  // s, ms, µs, ns since 1970
        std::to_string(seconds) + digits12.substr(0, 6),
        std::to_string(seconds) + digits12.substr(0, 9),
        "2024" + std::to_string(10'000'000 + random.Below(9'000'000)) + "93",  // 20240115103000
        "1" + RandomOf(&random, kDigits, 18),                                  // ids of 64 bits made by time
        RandomOf(&random, kDigits, 3) + "-" + RandomOf(&random, kDigits, 7) + "-" +
            RandomOf(&random, kDigits, 7),
        "INV-2024-" + RandomOf(&random, kDigits, 6),
        "0." + RandomOf(&random, kDigits, 16),  // Math.random()
        "+49 " + RandomOf(&random, kDigits, 3) + " " + RandomOf(&random, kDigits, 8),
        "1280x720",
        "192.168." + std::to_string(random.Below(256)) + ".1",
        "GA1.2." + RandomOf(&random, kDigits, 9) + "." + std::to_string(seconds),
        "/products/" + RandomOf(&random, kDigits, 12) + "?ref=" + RandomOf(&random, kBase36, 8) +
            "&page=2#top",
        "at render@https://cdn.example.com/app." + RandomOf(&random, kHex, 8) +
            ".js:10:" + RandomOf(&random, kDigits, 5),
    };
    for (const std::string& value : values) ASSERT_EQ(Redacted(value), value);
  }
}

}  // namespace
}  // namespace productgraph::core
