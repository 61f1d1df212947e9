#include "src/core/sequence_pattern.hpp"

#include <charconv>
#include <utility>

#include "src/core/arena_text.hpp"
#include "src/core/error.hpp"

namespace productgraph::core {
namespace {

constexpr Micros kMicrosPerSecond = 1'000'000;
constexpr int kDecimals = 6;
constexpr std::size_t kMaxPatternSize = 10'000;

class Parser {
 public:
  Parser(std::string_view pattern, int conditions, std::pmr::memory_resource* memory)
      : pattern_(pattern), conditions_(conditions), memory_(memory), events_(memory), times_(memory) {}

  std::pmr::vector<PatternEvent> Run() {
    if (pattern_.size() > kMaxPatternSize) Fail("pattern is too long");
    while (SkipSpace(), at_ < pattern_.size()) {
      if (Take(".*")) {
        link_ = PatternEvent::Link::kLater;
      } else if (Take(".")) {
        AddEvent(true, 0);
      } else if (Take("(?")) {
        SkipSpace();
        if (Take("t"))
          ReadTime();
        else
          AddEvent(false, ReadCondition());
        SkipSpace();
        if (!Take(")")) Fail("expected )");
      } else {
        Fail("expected (?N), (?t OP seconds), . or .*");
      }
    }
    if (!times_.empty()) AddEvent(true, 0);
    if (events_.empty()) Fail("pattern has no event");
    return std::move(events_);
  }

 private:
  void SkipSpace() {
    while (at_ < pattern_.size() && pattern_[at_] == ' ') ++at_;
  }

  bool Take(std::string_view token) {
    if (!pattern_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void AddEvent(bool any, int condition) {
    if (events_.size() == kMaxPatternEvents) Fail("pattern has more than 64 events");
    PatternEvent& event = events_.emplace_back(memory_);
    event.any = any;
    event.condition = condition;
    event.link = times_.empty() ? link_ : PatternEvent::Link::kTimed;
    event.times.swap(times_);
    link_ = PatternEvent::Link::kNext;
  }

  int ReadCondition() {
    int number = 0;
    const char* const last = pattern_.data() + pattern_.size();
    const auto [end, status] = std::from_chars(pattern_.data() + at_, last, number);
    if (end == pattern_.data() + at_) Fail("expected the number of a condition, or t");
    if (status != std::errc() || number < 1 || number > conditions_)
      Fail("there is no condition of that number");
    at_ = static_cast<std::size_t>(end - pattern_.data());
    return number - 1;
  }

  void ReadTime() {
    if (events_.empty()) Fail("a time condition must follow an event");
    SkipSpace();
    TimeCondition condition{};
    if (Take("<="))
      condition.op = TimeOperator::kLessOrEqual;
    else if (Take("<"))
      condition.op = TimeOperator::kLess;
    else if (Take(">="))
      condition.op = TimeOperator::kGreaterOrEqual;
    else if (Take(">"))
      condition.op = TimeOperator::kGreater;
    else if (Take("=="))
      condition.op = TimeOperator::kEqual;
    else if (Take("!="))
      condition.op = TimeOperator::kNotEqual;
    else
      Fail("expected <=, <, >=, >, == or !=");
    SkipSpace();
    if (Take("'")) {
      const std::size_t end = pattern_.find('\'', at_);
      if (end == std::string_view::npos) Fail("the interval has no closing quote");
      condition.literal = pattern_.substr(at_, end - at_);
      if (condition.literal.empty()) Fail("expected an interval");
      at_ = end + 1;
    } else {
      condition.micros = ReadSeconds();
    }
    times_.push_back(condition);
  }

  // Seconds with any number of decimals, cut to microseconds.
  Micros ReadSeconds() {
    const char* const last = pattern_.data() + pattern_.size();
    std::int64_t seconds = 0;
    const auto [end, status] = std::from_chars(pattern_.data() + at_, last, seconds);
    if (end == pattern_.data() + at_ || seconds < 0) Fail("expected a number of seconds");
    Micros micros = 0;
    if (status != std::errc() || __builtin_mul_overflow(seconds, kMicrosPerSecond, &micros)) {
      Fail("too many seconds");
    }
    at_ = static_cast<std::size_t>(end - pattern_.data());
    if (!Take(".")) return micros;
    Micros unit = kMicrosPerSecond;
    for (int i = 0; at_ < pattern_.size() && pattern_[at_] >= '0' && pattern_[at_] <= '9'; ++i, ++at_) {
      unit /= 10;
      Micros sum = 0;
      if (i < kDecimals && !__builtin_add_overflow(micros, unit * (pattern_[at_] - '0'), &sum)) micros = sum;
    }
    return micros;
  }

  [[noreturn]] void Fail(std::string_view what) const {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof(digits), at_ + 1).ptr;
    const std::string_view message = JoinText(memory_, {"invalid pattern at character ",
                                                        {digits, static_cast<std::size_t>(end - digits)},
                                                        ": ",
                                                        what,
                                                        std::string_view("\0", 1)});
    throw Error(ErrorCode::kInvalidParameter, message.data(),
                "Tokens are (?N), (?t OP seconds), . and .*; the conditions after ts are numbered from 1.");
  }

  const std::string_view pattern_;
  const int conditions_;
  std::pmr::memory_resource* const memory_;
  std::size_t at_ = 0;
  PatternEvent::Link link_ = PatternEvent::Link::kLater;
  std::pmr::vector<PatternEvent> events_;
  std::pmr::vector<TimeCondition> times_;
};

}  // namespace

std::pmr::vector<PatternEvent> ParsePattern(std::string_view pattern, int conditions,
                                            std::pmr::memory_resource* memory) {
  return Parser(pattern, conditions, memory).Run();
}

}  // namespace productgraph::core
