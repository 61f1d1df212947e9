#include "src/core/access_token.hpp"

#include <algorithm>
#include <array>
#include <bitset>

#include "src/core/ascii.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);
constexpr std::size_t kMinHeader = 12;  // of a JSON Web Token, in characters
constexpr std::size_t kMinPayload = 8;
constexpr std::size_t kMinRandom = 16;
constexpr std::size_t kMinDistinct = 8;
constexpr std::size_t kPemTitle = 40;  // characters between BEGIN and the dashes after it, at most

enum class Body { kAlphanumeric, kUpper, kWord, kUrlSafe, kHex };

bool IsIn(Body body, char c) {
  switch (body) {
    case Body::kAlphanumeric:
      return IsAlphanumeric(c);
    case Body::kUpper:
      return IsDigit(c) || (c >= 'A' && c <= 'Z');
    case Body::kWord:
      return IsAlphanumeric(c) || c == '_';
    case Body::kUrlSafe:
      return IsAlphanumeric(c) || c == '_' || c == '-';
    case Body::kHex:
      return IsHexDigit(c);
  }
  return false;
}

// What a prefix is followed by.
struct Shape {
  std::string_view prefix;
  Body body;
  std::size_t min, max;
};
constexpr Shape kShapes[] = {
    {"sk_live_", Body::kAlphanumeric, 16, kUnlimited},  // Stripe
    {"sk_test_", Body::kAlphanumeric, 16, kUnlimited},
    {"rk_live_", Body::kAlphanumeric, 16, kUnlimited},
    {"rk_test_", Body::kAlphanumeric, 16, kUnlimited},
    {"whsec_", Body::kAlphanumeric, 24, kUnlimited},
    {"ghp_", Body::kAlphanumeric, 36, kUnlimited},  // GitHub
    {"gho_", Body::kAlphanumeric, 36, kUnlimited},
    {"ghu_", Body::kAlphanumeric, 36, kUnlimited},
    {"ghs_", Body::kAlphanumeric, 36, kUnlimited},
    {"ghr_", Body::kAlphanumeric, 36, kUnlimited},
    {"github_pat_", Body::kWord, 22, kUnlimited},
    {"glpat-", Body::kUrlSafe, 20, kUnlimited},  // GitLab
    {"npm_", Body::kAlphanumeric, 36, 36},
    {"hf_", Body::kAlphanumeric, 34, 40},  // Hugging Face
    {"shpat_", Body::kHex, 32, 32},        // Shopify
    {"shpss_", Body::kHex, 32, 32},
    {"dop_v1_", Body::kHex, 64, 64},            // DigitalOcean
    {"pgk_", Body::kHex, 64, 64},               // ProductGraph
    {"xoxb-", Body::kUrlSafe, 20, kUnlimited},  // Slack
    {"xoxp-", Body::kUrlSafe, 20, kUnlimited},
    {"xoxa-", Body::kUrlSafe, 20, kUnlimited},
    {"xoxr-", Body::kUrlSafe, 20, kUnlimited},
    {"xoxs-", Body::kUrlSafe, 20, kUnlimited},
    {"sk-ant-", Body::kUrlSafe, 24, kUnlimited},   // Anthropic
    {"sk-proj-", Body::kUrlSafe, 24, kUnlimited},  // OpenAI
    {"sk-", Body::kAlphanumeric, 40, kUnlimited},
    {"SG.", Body::kUrlSafe, 20, kUnlimited},    // SendGrid, followed by a second part
    {"ya29.", Body::kUrlSafe, 20, kUnlimited},  // Google OAuth
    {"AIz", Body::kUrlSafe, 36, 36},            // Google
    {"AKIA", Body::kUpper, 16, 16},             // AWS
    {"ASIA", Body::kUpper, 16, 16},
};

// Most anchors end no prefix: a look at the last three characters tells, but for a few chances.
constexpr std::size_t kTail = 3;

constexpr std::size_t HashTail(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t back) { return static_cast<unsigned char>(text[at - back]); };
  return (byte(0) + byte(1) * 7u + byte(2) * 61u) % 256;
}

constexpr std::array<bool, 256> BuildTails() {
  std::array<bool, 256> tails{};
  for (const Shape& shape : kShapes) tails[HashTail(shape.prefix, shape.prefix.size() - 1)] = true;
  return tails;
}

constexpr auto kTails = BuildTails();

std::size_t RunEnd(std::string_view text, std::size_t at, Body body, std::size_t max = kUnlimited) {
  const std::size_t begin = at;
  while (at < text.size() && at - begin < max && IsIn(body, text[at])) ++at;
  return at;
}

TextSpan MatchShape(std::string_view text, std::size_t at, std::size_t floor) {
  if (at + 1 < floor + kTail || !kTails[HashTail(text, at)]) return {};
  for (const Shape& shape : kShapes) {
    if (shape.prefix.back() != text[at] || at + 1 < floor + shape.prefix.size()) continue;
    const std::size_t begin = at + 1 - shape.prefix.size();
    if (text.substr(begin, shape.prefix.size()) != shape.prefix || !StartsWord(text, begin, floor)) continue;
    const std::size_t end =
        RunEnd(text, at + 1, shape.body, shape.max == kUnlimited ? kUnlimited : shape.max + 1);
    const std::size_t size = end - (at + 1);
    if (size < shape.min || size > shape.max || (end < text.size() && IsAlphanumeric(text[end]))) continue;
    if (shape.prefix == "SG." && end < text.size() && text[end] == '.') {
      return {begin, RunEnd(text, end + 1, Body::kUrlSafe)};
    }
    return {begin, end};
  }
  return {};
}

// Three parts of base64 with dots between them, five when encrypted; the first is the base64 of {"…
TextSpan MatchJsonWebToken(std::string_view text, std::size_t at, std::size_t floor) {
  if (at < floor + 2 || text.substr(at - 2, 3) != "eyJ" || !StartsWord(text, at - 2, floor)) return {};
  const std::size_t begin = at - 2;
  if (begin > floor && text[begin - 1] == '-') return {};  // in the middle of base64
  std::size_t end = RunEnd(text, at, Body::kUrlSafe);
  if (end - begin < kMinHeader || end == text.size() || text[end] != '.') return {};
  const std::size_t payload = end + 1;
  end = RunEnd(text, payload, Body::kUrlSafe);
  const bool encrypted_directly = end == payload;  // then the second of five parts is empty
  if (!encrypted_directly && end - payload < kMinPayload) return {};
  if (end == text.size() || text[end] != '.') return {};
  for (int part = 2; part < 5 && end < text.size() && text[end] == '.'; ++part) {
    end = RunEnd(text, end + 1, Body::kUrlSafe);
  }
  return {begin, end};
}

bool EndsWithWord(std::string_view text, std::size_t end, std::size_t floor, std::string_view lower) {
  if (end < floor + lower.size()) return false;
  const std::size_t begin = end - lower.size();
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (ToLower(text[begin + i]) != lower[i]) return false;
  }
  return StartsWord(text, begin, floor);
}

// "Bearer " and what follows it.
TextSpan MatchBearer(std::string_view text, std::size_t at, std::size_t floor) {
  if (at == 0 || ToLower(text[at - 1]) != 'r' || !EndsWithWord(text, at, floor, "bearer")) return {};
  if (text[at] == '%' && !text.substr(at).starts_with("%20")) return {};
  const std::size_t begin = at + (text[at] == '%' ? 3 : 1);
  std::size_t end = begin;
  while (end < text.size() && IsTokenCharacter(text[end])) ++end;
  if (!LooksRandom(text.substr(begin, end - begin))) return {};
  while (end < text.size() && text[end] == '=') ++end;
  return {begin, end};
}

// Past "PRIVATE KEY-----" at the end of the title that starts at `at`; `at` when it is none.
std::size_t KeyTitleEnd(std::string_view text, std::size_t at) {
  constexpr std::string_view kWords = "PRIVATE KEY";
  constexpr std::string_view kDashes = "-----";
  std::size_t end = at;
  while (end < text.size() && end - at < kPemTitle && (text[end] == ' ' || IsIn(Body::kUpper, text[end])))
    ++end;
  const bool is_key = text.substr(at, end - at).ends_with(kWords) && text.substr(end).starts_with(kDashes);
  return is_key ? end + kDashes.size() : at;
}

TextSpan MatchPrivateKey(std::string_view text, std::size_t at, std::size_t floor) {
  constexpr std::string_view kBegin = "-----BEGIN";
  constexpr std::string_view kEnd = "-----END";
  if (at + 1 < floor + kBegin.size()) return {};
  const std::size_t begin = at + 1 - kBegin.size();
  if (text.substr(begin, kBegin.size()) != kBegin) return {};
  const std::size_t content = KeyTitleEnd(text, at + 1);
  if (content == at + 1) return {};
  const std::size_t end = text.find(kEnd, content);
  return {begin, end == std::string_view::npos ? text.size() : KeyTitleEnd(text, end + kEnd.size())};
}

}  // namespace

bool IsTokenCharacter(char c) {
  return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/';
}

bool LooksRandom(std::string_view value) {
  if (value.size() < kMinRandom) return false;
  std::bitset<256> seen;
  bool digit = false;
  bool letter = false;
  for (const char c : value) {
    seen.set(static_cast<unsigned char>(c));
    digit = digit || IsDigit(c);
    letter = letter || IsLetter(c);
  }
  return digit && letter && seen.count() >= kMinDistinct;
}

TextSpan MatchAccessToken(std::string_view text, std::size_t at, std::size_t floor) {
  switch (text[at]) {
    case 'J':
      return MatchJsonWebToken(text, at, floor);
    case 'N':
      return MatchPrivateKey(text, at, floor);
    case ' ':
    case '+':
    case '%':
      return MatchBearer(text, at, floor);
    default:
      return MatchShape(text, at, floor);
  }
}

}  // namespace productgraph::core
