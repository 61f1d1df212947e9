#include "src/core/huge_numbers.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "src/core/arena_text.hpp"

namespace productgraph::core {
namespace {

constexpr std::string_view kTooSmall = "1e-999";  // RapidJSON minds only large exponents
constexpr std::size_t kManyDigits = 300;          // so long a number may have an integer part past 1e308

// The offset just after the string that begins at `at`.
std::size_t SkipString(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

std::string_view Replacement(std::string_view number) {
  double value;
  const char* const last = number.data() + number.size();
  const auto [end, status] = std::from_chars(number.data(), last, value);
  if (end != last) return number;  // the parser will say what is wrong with it
  if (status == std::errc() && value == 0) return "0";
  return status == std::errc() && number.size() < kManyDigits ? number : kTooSmall;
}

}  // namespace

std::string_view ReplaceHugeNumbers(std::string_view json, std::pmr::memory_resource* memory) {
  std::pmr::string copy(memory);
  copy.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t token = std::min(json.find_first_of("\"-0123456789", at), json.size());
    copy.append(json.substr(at, token - at));
    if (token == json.size()) break;
    if (json[token] == '"') {
      at = SkipString(json, token);
      copy.append(json.substr(token, at - token));
    } else {
      at = std::min(json.find_first_not_of("+-.0123456789eE", token), json.size());
      copy.append(Replacement(json.substr(token, at - token)));
    }
  }
  return CopyText(memory, copy);
}

}  // namespace productgraph::core
