#include "secret_text.hpp"

#include <algorithm>
#include <array>

#include "secret_name.hpp"

namespace productgraph {
namespace {

constexpr std::string_view kCardLabel = "[card]";
constexpr std::string_view kTokenLabel = "[token]";
constexpr std::size_t kMinCard = 13;  // digits
constexpr std::size_t kMaxCard = 19;
constexpr std::size_t kMaxName = 64;  // before a "=" or ":"
constexpr std::size_t kMinKey = 8;    // characters after a prefix
constexpr std::string_view kKeyPrefixes[] = {"pgk_", "sk_live_", "sk_test_", "ghp_", "AKIA"};
constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kJwtStart = "eyJ";

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool IsAlphanumeric(char c) {
  return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}
constexpr bool IsWord(char c) {
  return IsAlphanumeric(c) || c == '_';
}
constexpr bool IsBase64Url(char c) {
  return IsWord(c) || c == '-';
}
constexpr bool IsBearer(char c) {
  return IsBase64Url(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}
constexpr bool IsName(char c) {
  return IsBase64Url(c) || c == '.';
}
constexpr bool IsQuote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
constexpr bool EndsValue(char c) {
  return static_cast<unsigned char>(c) <= ' ' || IsQuote(c) || c == '&' || c == ';' || c == '#' || c == ')';
}

template <class Is>
std::size_t EndOf(std::string_view text, std::size_t at, Is is) {
  while (at < text.size() && is(text[at])) ++at;
  return at;
}

bool HasCheckDigit(const std::array<char, kMaxCard>& digits, std::size_t size) {
  int sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const int digit = digits[size - 1 - i] - '0';
    sum += i % 2 == 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 == 0;
}

// Whether what stands at `at` makes the digits before it a part of something else.
bool GoesOn(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  return IsWord(text[at]) || (text[at] == '.' && at + 1 < text.size() && IsWord(text[at + 1]));
}

// Of the groups of digits from `at` on, with single blanks or dashes between: as many as make up a number.
Match FindCard(std::string_view text, std::size_t at) {
  if (text[at] < '2' || text[at] > '6') return {};
  if (at > 0 && (IsWord(text[at - 1]) || text[at - 1] == '.')) return {};
  std::array<char, kMaxCard> digits;
  std::size_t size = 0;
  Match card;
  for (std::size_t i = at; i < text.size() && size < kMaxCard; ++i) {
    if (IsDigit(text[i])) {
      digits[size++] = text[i];
      if (size >= kMinCard && !GoesOn(text, i + 1) && HasCheckDigit(digits, size))
        card = {at, i + 1, kCardLabel};
    } else if ((text[i] != ' ' && text[i] != '-') || !IsDigit(text[i - 1])) {
      break;
    }
  }
  return card;
}

Match FindJwt(std::string_view text, std::size_t at) {
  if (text.substr(at, kJwtStart.size()) != kJwtStart) return {};
  std::size_t end = EndOf(text, at, IsBase64Url);
  for (int dots = 0; dots < 2; ++dots) {
    if (end == text.size() || text[end] != '.') return {};
    const std::size_t next = EndOf(text, end + 1, IsBase64Url);
    if (next == end + 1) return {};
    end = next;
  }
  return {at, end, kTokenLabel};
}

Match FindKey(std::string_view text, std::size_t at) {
  for (const std::string_view prefix : kKeyPrefixes) {
    if (text.substr(at, prefix.size()) != prefix) continue;
    const std::size_t end = EndOf(text, at + prefix.size(), IsWord);
    if (end - at - prefix.size() >= kMinKey) return {at, end, kTokenLabel};
  }
  return {};
}

// In lower case it may be a word among others ("bearer of news"): then only what is long counts.
Match FindBearer(std::string_view text, std::size_t at) {
  const std::string_view word = text.substr(at, kBearer.size());
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  if (!std::equal(word.begin(), word.end(), kBearer.begin(), kBearer.end(), same)) return {};
  const std::size_t begin = at + kBearer.size();
  const std::size_t end = EndOf(text, begin, IsBearer);
  return end - begin >= (word == kBearer ? 1 : kMinKey) ? Match{begin, end, kTokenLabel} : Match{};
}

// What starts a word, at its first character.
Match FindAtWord(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case 'e':
      return FindJwt(text, at);
    case 'B':
    case 'b':
      return FindBearer(text, at);
    case 'p':
    case 's':
    case 'g':
    case 'A':
      return FindKey(text, at);
    default:
      return {};
  }
}

// Where the name that ends before `end` begins.
std::size_t NameBegin(std::string_view text, std::size_t floor, std::size_t end) {
  std::size_t begin = end;
  while (begin > floor && end - begin < kMaxName && IsName(text[begin - 1])) --begin;
  return begin;
}

Naming NamingBefore(std::string_view text, std::size_t floor, std::size_t end) {
  const std::size_t begin = NameBegin(text, floor, end);
  return begin == end ? Naming::kHarmless : NamingOf(text.substr(begin, end - begin));
}

// Of user[password], and no more than that: a "[token]" of ours is no name.
Naming NamingInBrackets(std::string_view text, std::size_t floor, std::size_t end) {
  const std::size_t begin = NameBegin(text, floor, end);
  const bool is_member = begin >= floor + 2 && text[begin - 1] == '[' && IsWord(text[begin - 2]);
  return is_member ? NamingOf(text.substr(begin, end - begin)) : Naming::kHarmless;
}

// password=…, password="…", user[password]=…
Match FindAssigned(std::string_view text, std::size_t floor, std::size_t at) {
  const bool is_in_brackets = at > floor && text[at - 1] == ']';
  const Naming naming =
      is_in_brackets ? NamingInBrackets(text, floor, at - 1) : NamingBefore(text, floor, at);
  if (naming == Naming::kHarmless || at + 1 == text.size()) return {};
  const char quote = text[at + 1];
  const std::size_t begin = at + (IsQuote(quote) ? 2 : 1);
  std::size_t end = begin;
  while (end < text.size() && (IsQuote(quote) ? text[end] != quote : !EndsValue(text[end]))) ++end;
  return {begin, end, kTokenLabel};
}

// Where a string of JSON ends whose first character is at `at`; a `\"` ends one that began with it.
std::size_t StringEnd(std::string_view text, std::size_t at, bool is_escaped) {
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\') continue;
    if (is_escaped) return at;
    ++at;
  }
  return std::min(at, text.size());
}

// "password":"…" and \"password\":\"…\"
Match FindMember(std::string_view text, std::size_t floor, std::size_t at) {
  std::size_t name_end = at;
  while (name_end > floor && text[name_end - 1] == ' ') --name_end;
  if (name_end == floor || text[name_end - 1] != '"') return {};
  --name_end;
  if (name_end > floor && text[name_end - 1] == '\\') --name_end;
  const Naming naming = NamingBefore(text, floor, name_end);
  if (naming == Naming::kHarmless) return {};
  std::size_t begin = EndOf(text, at + 1, [](char c) { return c == ' '; });
  const bool is_escaped = begin < text.size() && text[begin] == '\\';
  if (is_escaped) ++begin;
  if (begin >= text.size() || text[begin] != '"') return {};
  ++begin;
  return {begin, StringEnd(text, begin, is_escaped), kTokenLabel};
}

}  // namespace

Match FindSecret(std::string_view text, std::size_t at) {
  const std::size_t floor = at;
  while (at < text.size()) {
    const char c = text[at];
    Match match;
    if (IsDigit(c)) {
      match = FindCard(text, at);
    } else if (c == '=') {
      match = FindAssigned(text, floor, at);
    } else if (c == ':') {
      match = FindMember(text, floor, at);
    } else if (at == 0 || !IsWord(text[at - 1])) {
      match = FindAtWord(text, at);
    }
    if (match) return match;
    // The rest of a word starts nothing.
    at = IsWord(c) ? EndOf(text, at, IsWord) : at + 1;
  }
  return {};
}

}  // namespace productgraph
