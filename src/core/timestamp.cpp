#include "src/core/timestamp.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

namespace productgraph::core {
namespace {

constexpr double kMillisOfYear1 = -62'135'596'800'000.0;
constexpr double kMillisOfYear10000 = 253'402'300'800'000.0;
constexpr int kMicrosDigits = 6;

// Takes text apart from its start; every method returns whether it found what it was asked for.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Digits(int count, int* value) {
    if (text_.size() < static_cast<std::size_t>(count)) return false;
    *value = 0;
    for (int i = 0; i < count; ++i) {
      const char c = text_[i];
      if (c < '0' || c > '9') return false;
      *value = *value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return true;
  }

  bool OneOf(std::string_view choices, char* found) {
    if (text_.empty() || choices.find(text_[0]) == std::string_view::npos) return false;
    *found = text_[0];
    text_.remove_prefix(1);
    return true;
  }

  bool Literal(char expected) {
    char found;
    return OneOf(std::string_view(&expected, 1), &found);
  }

  // Decimals of a second, cut to microseconds.
  bool Fraction(std::int64_t* micros) {
    int digits = 0;
    *micros = 0;
    for (; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; ++digits, text_.remove_prefix(1)) {
      if (digits < kMicrosDigits) *micros = *micros * 10 + (text_[0] - '0');
    }
    for (int i = digits; i < kMicrosDigits; ++i) *micros *= 10;
    return digits > 0;
  }

  bool AtEnd() const { return text_.empty(); }

 private:
  std::string_view text_;
};

// Seconds east of Greenwich.
bool ReadZone(Scanner& scanner, int* seconds) {
  char sign;
  if (!scanner.OneOf("Zz+-", &sign)) return false;
  *seconds = 0;
  if (sign == 'Z' || sign == 'z') return true;
  int hours, minutes;
  if (!scanner.Digits(2, &hours) || !scanner.Literal(':') || !scanner.Digits(2, &minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  *seconds = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
  return true;
}

}  // namespace

std::optional<UnixMicros> ParseTimestamp(std::string_view text) {
  Scanner scanner(text);
  int year, month, day, hour, minute, second, zone;
  char separator;
  if (!scanner.Digits(4, &year) || !scanner.Literal('-') || !scanner.Digits(2, &month) ||
      !scanner.Literal('-') || !scanner.Digits(2, &day) || !scanner.OneOf("Tt ", &separator) ||
      !scanner.Digits(2, &hour) || !scanner.Literal(':') || !scanner.Digits(2, &minute) ||
      !scanner.Literal(':') || !scanner.Digits(2, &second)) {
    return std::nullopt;
  }
  std::int64_t fraction = 0;
  if (scanner.Literal('.') && !scanner.Fraction(&fraction)) return std::nullopt;
  if (!ReadZone(scanner, &zone) || !scanner.AtEnd()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (year < 1 || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - zone;
  return seconds * kMicrosPerSecond + fraction;
}

std::optional<UnixMicros> ParseEpochMilliseconds(std::string_view number) {
  double millis;
  const auto [end, status] = std::from_chars(number.data(), number.data() + number.size(), millis);
  if (status != std::errc() || end != number.data() + number.size()) return std::nullopt;
  if (!(millis >= kMillisOfYear1 && millis < kMillisOfYear10000)) return std::nullopt;
  // Apart, because the product would have more digits than a double; rounded, because decimals have no exact
  // one.
  const double whole = std::floor(millis);
  return static_cast<UnixMicros>(whole) * 1000 + std::lround((millis - whole) * 1000.0);
}

}  // namespace productgraph::core
