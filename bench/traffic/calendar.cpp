#include "bench/traffic/calendar.hpp"

#include <charconv>
#include <chrono>

namespace productgraph::bench {
namespace {

void AppendPadded(unsigned value, int width, std::string* out) {
  char digits[4];
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out->append(digits, static_cast<std::size_t>(width));
}

// Exactly two digits below limit.
std::optional<int> ParsePair(std::string_view text, int limit) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() != 2 || error != std::errc() || end != text.data() + 2 || value < 0 || value >= limit)
    return {};
  return value;
}

}  // namespace

std::optional<std::int64_t> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  const auto century = ParsePair(text.substr(0, 2), 100), years = ParsePair(text.substr(2, 2), 100);
  const auto month = ParsePair(text.substr(5, 2), 13), day = ParsePair(text.substr(8, 2), 32);
  if (!century || !years || !month || !day) return {};
  const std::chrono::year_month_day date{std::chrono::year(*century * 100 + *years),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

std::optional<std::int64_t> ParseInstant(std::string_view text) {
  const auto day = ParseDay(text.substr(0, 10));
  if (!day || text.size() == 10) return day;
  text.remove_prefix(10);
  const bool has_seconds = text.size() == 10;
  if ((text.size() != 7 && !has_seconds) || text[0] != 'T' || text[3] != ':' || text.back() != 'Z') return {};
  const auto hours = ParsePair(text.substr(1, 2), 24), minutes = ParsePair(text.substr(4, 2), 60);
  const auto seconds = has_seconds && text[6] == ':' ? ParsePair(text.substr(7, 2), 60) : 0;
  if (!hours || !minutes || !seconds || (has_seconds && text[6] != ':')) return {};
  return *day + *hours * kHour + *minutes * kMinute + *seconds * kSecond;
}

void AppendInstant(std::int64_t instant, std::string* out) {
  const std::int64_t days = instant / kDay, rest = instant % kDay;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  AppendPadded(static_cast<unsigned>(static_cast<int>(date.year())), 4, out);
  out->push_back('-');
  AppendPadded(static_cast<unsigned>(date.month()), 2, out);
  out->push_back('-');
  AppendPadded(static_cast<unsigned>(date.day()), 2, out);
  out->push_back('T');
  AppendPadded(static_cast<unsigned>(rest / kHour), 2, out);
  out->push_back(':');
  AppendPadded(static_cast<unsigned>(rest / kMinute % 60), 2, out);
  out->push_back(':');
  AppendPadded(static_cast<unsigned>(rest / kSecond % 60), 2, out);
  out->push_back('.');
  AppendPadded(static_cast<unsigned>(rest % kSecond), 3, out);
  out->push_back('Z');
}

}  // namespace productgraph::bench
