#include "src/core/card_number.hpp"

#include "src/core/ascii.hpp"

namespace productgraph::core {
namespace {

constexpr int kMinDigits = 13;
constexpr int kMaxDigits = 19;
constexpr int kMaxGroups = 5;

struct Groups {
  int digits[kMaxDigits];
  int count = 0;           // of groups
  int sizes[kMaxGroups];   // digits in each
  int totals[kMaxGroups];  // digits up to and with it
  std::size_t ends[kMaxGroups];
};

// First digits of the issuers, with the lengths of their numbers.
struct Range {
  int first, last;  // of the first four digits
  int min, max;
};
constexpr Range kRanges[] = {
    {4000, 4999, 13, 13}, {4000, 4999, 16, 16}, {4000, 4999, 19, 19},  // Visa
    {5100, 5599, 16, 16}, {2221, 2720, 16, 16},                        // Mastercard
    {3400, 3499, 15, 15}, {3700, 3799, 15, 15},                        // American Express
    {6000, 6099, 16, 19}, {6440, 6599, 16, 19},                        // Discover, RuPay
    {3000, 3059, 14, 14}, {3095, 3095, 14, 14}, {3600, 3699, 14, 16}, {3800, 3999, 14, 16},  // Diners Club
    {3528, 3589, 16, 19},                                                                    // JCB
    {6200, 6299, 16, 19},                                                                    // UnionPay
    {2200, 2204, 16, 19},                                                                    // Mir
    {5018, 5018, 13, 19}, {5020, 5020, 13, 19}, {5038, 5038, 13, 19}, {5893, 5893, 13, 19},  // Maestro
    {6304, 6304, 13, 19}, {6759, 6759, 13, 19}, {6761, 6763, 13, 19},
};

bool IsIssued(const int* digits, int count) {
  const int first = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
  for (const Range& range : kRanges) {
    if (first >= range.first && first <= range.last && count >= range.min && count <= range.max) return true;
  }
  return false;
}

// The sum of digits from the right, every second one counted as `weigh` says.
template <class Weigh>
int CheckSum(const int* digits, int count, Weigh weigh) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    const int digit = digits[count - 1 - i];
    sum += i % 2 ? weigh(digit) : digit;
  }
  return sum % 10;
}

bool IsCard(const int* digits, int count) {
  if (count < kMinDigits || count > kMaxDigits || !IsIssued(digits, count)) return false;
  const auto luhn = [](int digit) { return digit < 5 ? 2 * digit : 2 * digit - 9; };
  const auto article = [](int digit) { return 3 * digit; };
  if (CheckSum(digits, count, luhn) != 0) return false;
  return count != 13 || CheckSum(digits, count, article) != 0;
}

bool IsPrintedOnCards(const int* sizes, int count) {
  if (count == 1) return true;
  if (count == 2) return sizes[0] == 6 && sizes[1] == 13;
  if (count == 3) return sizes[0] == 4 && sizes[1] == 6 && (sizes[2] == 4 || sizes[2] == 5);
  for (int i = 0; i + 1 < count; ++i) {
    if (sizes[i] != 4) return false;
  }
  return sizes[count - 1] <= 4;
}

// Bytes of the separator at `at`, 0 when there is none.
std::size_t SeparatorSize(std::string_view text, std::size_t at) {
  if (at >= text.size()) return 0;
  if (text[at] == ' ' || text[at] == '-' || text[at] == '+') return 1;
  return text.substr(at).starts_with("%20") ? 3 : 0;
}

bool IsDigitAt(std::string_view text, std::size_t at) {
  return at < text.size() && IsDigit(text[at]);
}

// False when the digits go on past what a card has; the groups before are complete.
bool ReadGroup(std::string_view text, std::size_t* at, Groups* groups) {
  int total = groups->count ? groups->totals[groups->count - 1] : 0;
  const int before = total;
  for (; IsDigitAt(text, *at); ++*at) {
    if (total == kMaxDigits) return false;
    groups->digits[total++] = text[*at] - '0';
  }
  groups->sizes[groups->count] = total - before;
  groups->totals[groups->count] = total;
  groups->ends[groups->count++] = *at;
  return true;
}

void ReadGroups(std::string_view text, std::size_t at, Groups* groups) {
  char separator = 0;
  while (groups->count < kMaxGroups && ReadGroup(text, &at, groups)) {
    const std::size_t size = SeparatorSize(text, at);
    if (size == 0 || !IsDigitAt(text, at + size)) return;
    if (separator != 0 && text[at] != separator) return;
    separator = text[at];
    at += size;
  }
}

bool MayEnd(std::string_view text, std::size_t end) {
  if (end == text.size()) return true;
  if (text[end] == '.') return !IsDigitAt(text, end + 1);
  return !IsAlphanumeric(text[end]) && text[end] != '_';
}

}  // namespace

TextSpan MatchCardNumber(std::string_view text, std::size_t at, std::size_t floor) {
  if (!StartsWord(text, at, floor)) return {};
  if (at >= floor + 2 && text[at - 1] == '.' && IsDigit(text[at - 2])) return {};
  Groups groups;
  ReadGroups(text, at, &groups);
  for (int count = groups.count; count > 0; --count) {
    if (!IsPrintedOnCards(groups.sizes, count) || !MayEnd(text, groups.ends[count - 1])) continue;
    if (IsCard(groups.digits, groups.totals[count - 1])) return {at, groups.ends[count - 1]};
  }
  return {};
}

}  // namespace productgraph::core
