#include "json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "src/core/utf8.hpp"

namespace productgraph {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool IsPlain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void AppendEscaped(char c, std::string* out) {
  switch (c) {
    case '"':
    case '\\':
      out->append({'\\', c});
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    case '\0':
      out->append(core::kReplacementCharacter);
      return;
    default:
      out->append("\\u00").append({kHex[c >> 4], kHex[c & 15]});
  }
}

void AppendWellFormed(std::string_view text, std::string* out) {
  while (!text.empty()) {
    const auto plain =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), IsPlain) - text.begin());
    out->append(text.substr(0, plain));
    if (plain == text.size()) return;
    AppendEscaped(text[plain], out);
    text.remove_prefix(plain + 1);
  }
}

template <class Number>
void AppendNumber(Number value, std::string* out) {
  char digits[32];
  out->append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (;;) {
    const std::size_t good = core::FindInvalidUtf8(text);
    AppendWellFormed(text.substr(0, good), out);
    if (good == text.size()) break;
    out->append(core::kReplacementCharacter);
    text.remove_prefix(good + 1);
  }
  out->push_back('"');
}

void AppendJsonNumber(std::int64_t value, std::string* out) {
  AppendNumber(value, out);
}

void AppendJsonNumber(std::uint64_t value, std::string* out) {
  AppendNumber(value, out);
}

void AppendJsonNumber(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");
  } else {
    AppendNumber(value, out);
  }
}

void AppendTime(std::chrono::system_clock::time_point time, std::string* out) {
  using std::chrono::floor;
  constexpr std::time_t kYear0 = -62'167'219'200, kYear9999 = 253'402'300'799;
  const auto seconds = floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - seconds).count();
  const std::time_t unix_seconds =
      std::clamp<std::time_t>(seconds.time_since_epoch().count(), kYear0, kYear9999);
  std::tm parts{};
  gmtime_r(&unix_seconds, &parts);
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                                 parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                                 parts.tm_min, parts.tm_sec, static_cast<int>(micros));
  out->append(text, static_cast<std::size_t>(size));
}

}  // namespace productgraph
