#include "src/core/email_address.hpp"

#include <algorithm>

#include "src/core/ascii.hpp"

namespace productgraph::core {
namespace {

// None of them is a top-level domain of consequence.
constexpr std::string_view kFileEndings[] = {"cjs",  "css", "gif", "htm", "html", "jpeg", "jpg", "js",
                                             "json", "jsx", "map", "mjs", "png",  "svg",  "tsx", "webp"};

// Addresses may hold characters beyond ASCII on both sides.
bool IsForeign(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool IsLocal(char c) {
  return IsAlphanumeric(c) || c == '.' || c == '_' || c == '+' || c == '-' || IsForeign(c);
}

bool IsLabel(char c) {
  return IsAlphanumeric(c) || c == '-' || IsForeign(c);
}

std::size_t LocalStart(std::string_view text, std::size_t at, std::size_t floor) {
  std::size_t begin = at;
  while (begin > floor) {
    if (HasEscapeBefore(text, begin, floor)) {
      const char c = static_cast<char>(HexValue(text[begin - 2]) * 16 + HexValue(text[begin - 1]));
      if (!IsLocal(c)) break;
      begin -= 3;
    } else if (IsLocal(text[begin - 1])) {
      --begin;
    } else {
      break;
    }
  }
  while (begin < at && (text[begin] == '.' || text[begin] == '-' || text[begin] == '+')) ++begin;
  return begin;
}

bool IsTopLevel(std::string_view label) {
  if (label.starts_with("xn--")) return label.size() > 4;
  if (label.size() < 2) return false;
  if (!std::all_of(label.begin(), label.end(), [](char c) { return IsLetter(c) || IsForeign(c); }))
    return false;
  return std::none_of(std::begin(kFileEndings), std::end(kFileEndings), [&](std::string_view ending) {
    return std::equal(label.begin(), label.end(), ending.begin(), ending.end(),
                      [](char a, char b) { return ToLower(a) == b; });
  });
}

bool IsNumber(std::string_view label) {
  return std::all_of(label.begin(), label.end(), IsDigit);
}

// Where the domain that starts at `at` ends, `at` when there is none.
std::size_t DomainEnd(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  int labels = 0;
  int numbers = 0;  // labels of digits only before any other
  while (true) {
    std::size_t end = begin;
    while (end < text.size() && IsLabel(text[end])) ++end;
    if (end == begin) return at;
    const std::string_view label = text.substr(begin, end - begin);
    if (numbers == labels && IsNumber(label)) ++numbers;
    ++labels;
    if (end + 1 < text.size() && text[end] == '.' && IsLabel(text[end + 1])) {
      begin = end + 1;
      continue;
    }
    return labels >= 2 && numbers < 2 && IsTopLevel(label) ? end : at;
  }
}

}  // namespace

TextSpan MatchEmailAddress(std::string_view text, std::size_t at, std::size_t floor) {
  const std::size_t domain = at + (text[at] == '@' ? 1 : 3);
  const std::size_t begin = LocalStart(text, at, floor);
  if (begin == at) return {};
  const std::size_t end = DomainEnd(text, domain);
  if (end == domain) return {};
  return {begin, end};
}

}  // namespace productgraph::core
