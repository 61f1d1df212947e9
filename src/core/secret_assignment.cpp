#include "src/core/secret_assignment.hpp"

#include <algorithm>
#include <array>

#include "src/core/access_token.hpp"
#include "src/core/ascii.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kMaxEnding = 32;  // characters of a word and the "_" and "-" in it
constexpr std::size_t kMinSecret = 4;   // characters
constexpr std::size_t kMaxSpaces = 2;   // after the sign

enum class Naming {
  kNothing,
  kKey,       // what looks random is a secret
  kPassword,  // anything is
  kHeader,    // an HTTP header: a scheme, and then anything
};

struct Word {
  std::string_view ending;  // of a name in lower case without its "_" and "-"
  Naming naming;
};
constexpr Word kWords[] = {
    {"password", Naming::kPassword}, {"passwd", Naming::kPassword}, {"passphrase", Naming::kPassword},
    {"pwd", Naming::kPassword},      {"secret", Naming::kPassword}, {"authorization", Naming::kHeader},
    {"token", Naming::kKey},         {"apikey", Naming::kKey},      {"accesskey", Naming::kKey},
    {"secretkey", Naming::kKey},     {"privatekey", Naming::kKey},  {"authkey", Naming::kKey},
    {"accesskeyid", Naming::kKey},   {"sessionkey", Naming::kKey},  {"credential", Naming::kKey},
    {"credentials", Naming::kKey},   {"signature", Naming::kKey},   {"jwt", Naming::kKey},
};
constexpr std::string_view kNotSecrets[] = {"true", "false", "null", "none", "undefined"};
constexpr std::string_view kSchemes[] = {"basic", "bearer", "digest", "token", "apikey"};

bool EqualsLower(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return ToLower(a) == b; });
}

// Most names end in none of the words, as their last two characters tell, but for a few chances.
constexpr std::size_t HashEnd(char last, char before) {
  return static_cast<unsigned char>(ToLower(last)) * 8u + static_cast<unsigned char>(ToLower(before)) % 8u;
}

constexpr std::array<bool, 2048> BuildEnds() {
  std::array<bool, 2048> ends{};
  for (const Word& word : kWords) {
    const std::size_t size = word.ending.size();
    ends[HashEnd(word.ending[size - 1], word.ending[size - 2])] = true;
    // The name may have "_" or "-" between them, or at its end.
    for (const char c : {'_', '-'}) {
      ends[HashEnd(word.ending[size - 1], c)] = true;
      for (int other = 0; other < 8; ++other) ends[HashEnd(c, static_cast<char>(other))] = true;
    }
  }
  return ends;
}

constexpr auto kEnds = BuildEnds();

// Whether the name that ends at `end` ends in that word.
bool HasNameEnding(std::string_view text, std::size_t end, std::size_t floor, std::string_view ending) {
  std::size_t left = ending.size();
  for (std::size_t at = end; at > floor && end - at < kMaxEnding; --at) {
    const char c = text[at - 1];
    if (c == '_' || c == '-') continue;
    if (ToLower(c) != ending[left - 1]) return false;
    if (--left == 0) return true;
  }
  return false;
}

// What the name that ends at `end` says of its value.
Naming NamingBefore(std::string_view text, std::size_t end, std::size_t floor) {
  if (end < floor + 2 || !kEnds[HashEnd(text[end - 1], text[end - 2])]) return Naming::kNothing;
  for (const Word& word : kWords) {
    if (HasNameEnding(text, end, floor, word.ending)) return word.naming;
  }
  return Naming::kNothing;
}

bool IsQuote(char c) {
  return c == '"' || c == '\'';
}

bool EndsUnquoted(char c) {
  return std::string_view("&;,#<>(){}[]\"'`\\").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) <= ' ';
}

// Not what stands for a secret already, nor a path.
bool MayStartPassword(char c) {
  return c != '[' && c != '*' && c != '/';
}

bool MayBePassword(std::string_view value) {
  if (value.size() < kMinSecret || !MayStartPassword(value.front())) return false;
  return std::none_of(std::begin(kNotSecrets), std::end(kNotSecrets),
                      [&](std::string_view word) { return EqualsLower(value, word); });
}

bool IsWholeToken(std::string_view value) {
  while (value.ends_with('=')) value.remove_suffix(1);
  return LooksRandom(value) && value.front() != '/' &&
         std::all_of(value.begin(), value.end(), IsTokenCharacter);
}

// The scheme of an HTTP authorization with the space after it.
std::size_t SchemeSize(std::string_view value) {
  const std::size_t space = value.substr(0, 8).find_first_of(" +%");
  if (space == std::string_view::npos) return 0;
  for (const std::string_view scheme : kSchemes) {
    if (EqualsLower(value.substr(0, space), scheme)) {
      return space + (value.substr(space).starts_with("%20") ? 3 : 1);
    }
  }
  return 0;
}

// Where a value that starts at `at` ends; `quote` is what opened it, 0 for nothing.
std::size_t ValueEnd(std::string_view text, std::size_t at, char quote) {
  if (!quote) {
    while (at < text.size() && !EndsUnquoted(text[at])) ++at;
    return at;
  }
  while (at < text.size() && text[at] != quote && text[at] != '\\') ++at;
  return at;
}

// Characters of tokens, with the "=" that may end them.
std::size_t TokenEnd(std::string_view text, std::size_t at) {
  while (at < text.size() && IsTokenCharacter(text[at])) ++at;
  const std::size_t padding = std::min(at + 2, text.size());
  while (at < padding && text[at] == '=') ++at;
  return at;
}

// Where the name before the sign at `at` ends: quotes and a space may stand between.
std::size_t NameEnd(std::string_view text, std::size_t at, std::size_t floor) {
  std::size_t end = at;
  if (end > floor && text[end - 1] == ' ') --end;
  if (end > floor && IsQuote(text[end - 1])) --end;
  if (end > floor && text[end - 1] == '\\') --end;
  return end;
}

}  // namespace

TextSpan MatchSecretAssignment(std::string_view text, std::size_t at, std::size_t floor) {
  const bool escaped = text[at] == '%';
  if (escaped && !text.substr(at).starts_with("%3D") && !text.substr(at).starts_with("%3d")) return {};
  Naming naming = NamingBefore(text, NameEnd(text, at, floor), floor);
  if (naming == Naming::kNothing) return {};
  const bool equals = escaped || text[at] == '=';
  std::size_t begin = at + (escaped ? 3 : 1);
  for (std::size_t spaces = 0; spaces < kMaxSpaces && begin < text.size() && text[begin] == ' '; ++spaces)
    ++begin;
  if (begin < text.size() && text[begin] == '\\') ++begin;
  char quote = 0;
  if (begin < text.size() && IsQuote(text[begin])) quote = text[begin++];
  if (naming == Naming::kHeader) {
    const std::size_t scheme = SchemeSize(text.substr(begin));
    begin += scheme;
    naming = scheme ? Naming::kPassword : Naming::kKey;
  } else if (naming == Naming::kPassword && !equals && !quote) {
    naming = Naming::kKey;  // "password: must have a digit" says nothing secret
  }
  if (naming == Naming::kKey) {
    const std::size_t end = TokenEnd(text, begin);
    return IsWholeToken(text.substr(begin, end - begin)) ? TextSpan{begin, end} : TextSpan{};
  }
  if (begin == text.size() || !MayStartPassword(text[begin])) return {};
  const std::size_t end = ValueEnd(text, begin, quote);
  return MayBePassword(text.substr(begin, end - begin)) ? TextSpan{begin, end} : TextSpan{};
}

bool IsSecretMember(std::string_view name, std::string_view value) {
  switch (NamingBefore(name, name.size(), 0)) {
    case Naming::kNothing:
      return false;
    case Naming::kKey:
      return IsWholeToken(value);
    case Naming::kPassword:
      return MayBePassword(value);
    case Naming::kHeader:
      return IsWholeToken(value) || (SchemeSize(value) > 0 && MayBePassword(value.substr(SchemeSize(value))));
  }
  return false;
}

}  // namespace productgraph::core
