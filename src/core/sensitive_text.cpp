#include "src/core/sensitive_text.hpp"

#include <array>
#include <string>

#include "src/core/access_token.hpp"
#include "src/core/arena_text.hpp"
#include "src/core/ascii.hpp"
#include "src/core/card_number.hpp"
#include "src/core/email_address.hpp"
#include "src/core/secret_assignment.hpp"

namespace productgraph::core {
namespace {

// For each byte, the patterns that look closer at it.
constexpr std::array<std::uint8_t, 256> BuildAnchors() {
  std::array<std::uint8_t, 256> anchors{};
  const auto add = [&](std::string_view bytes, Pattern pattern) {
    for (const char c : bytes) anchors[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(pattern);
  };
  add("0123456789", Pattern::kCard);
  add("@%", Pattern::kEmail);
  add(kTokenAnchors, Pattern::kToken);
  add(kAssignmentAnchors, Pattern::kToken);
  return anchors;
}

constexpr auto kAnchors = BuildAnchors();

// The matches of a text, from left to right and without overlap.
class Scanner {
 public:
  Scanner(Patterns patterns, std::string_view text) : patterns_(patterns), text_(text) {}

  // False at the end; else the next match is span() of pattern().
  bool Next() {
    while (at_ < text_.size()) {
      const std::uint8_t anchor = kAnchors[static_cast<unsigned char>(text_[at_])];
      if (anchor != 0 && LookAt(anchor)) {
        at_ = floor_ = address_floor_ = span_.end;
        return true;
      }
      ++at_;
    }
    return false;
  }

  const TextSpan& span() const { return span_; }
  Pattern pattern() const { return pattern_; }

 private:
  bool LookAt(std::uint8_t anchor) {
    const auto concerns = [&](Pattern pattern) {
      return (anchor & static_cast<std::uint8_t>(pattern)) && patterns_.Has(pattern);
    };
    if (concerns(Pattern::kCard)) return LookAtDigits();
    if (concerns(Pattern::kToken) && Found(Pattern::kToken, MatchToken())) return true;
    return concerns(Pattern::kEmail) && LookAtSign();
  }

  bool LookAtDigits() {
    if (Found(Pattern::kCard, MatchCardNumber(text_, at_, floor_))) return true;
    while (at_ + 1 < text_.size() && IsDigit(text_[at_ + 1])) ++at_;
    return false;
  }

  TextSpan MatchToken() const {
    const TextSpan token = MatchAccessToken(text_, at_, floor_);
    return token.empty() ? MatchSecretAssignment(text_, at_, floor_) : token;
  }

  bool LookAtSign() {
    const bool escaped = text_[at_] == '%';
    if (escaped && text_.substr(at_, 3) != "%40") return false;
    if (Found(Pattern::kEmail, MatchEmailAddress(text_, at_, address_floor_))) return true;
    address_floor_ = at_ + (escaped ? 3 : 1);
    return false;
  }

  bool Found(Pattern pattern, const TextSpan& span) {
    pattern_ = pattern;
    span_ = span;
    return !span.empty();
  }

  const Patterns patterns_;
  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t floor_ = 0;          // the end of the last match
  std::size_t address_floor_ = 0;  // the end of that, or of the last "@": no address reaches before it
  TextSpan span_;
  Pattern pattern_{};
};

// With labels in the place of the match that the scanner stands at and of all that follow.
std::string_view ReplaceMatches(Scanner* scanner, std::string_view text, std::pmr::memory_resource* memory) {
  std::pmr::string clean(memory);
  clean.reserve(text.size() + Label(scanner->pattern()).size());
  std::size_t copied = 0;
  do {
    clean += text.substr(copied, scanner->span().begin - copied);
    clean += Label(scanner->pattern());
    copied = scanner->span().end;
  } while (scanner->Next());
  clean += text.substr(copied);
  return CopyText(memory, clean);
}

}  // namespace

std::optional<Pattern> FindPattern(std::string_view name) {
  for (const Pattern pattern : {Pattern::kCard, Pattern::kEmail, Pattern::kToken}) {
    const std::string_view label = Label(pattern);
    if (label.substr(1, label.size() - 2) == name) return pattern;
  }
  return std::nullopt;
}

std::string_view Label(Pattern pattern) {
  switch (pattern) {
    case Pattern::kCard:
      return "[card]";
    case Pattern::kEmail:
      return "[email]";
    case Pattern::kToken:
      return "[token]";
  }
  return "";
}

bool HasSensitiveText(Patterns patterns, std::string_view text) {
  return Scanner(patterns, text).Next();
}

std::string_view RedactText(Patterns patterns, std::string_view text, std::pmr::memory_resource* memory) {
  // A label ends what it follows, and so makes an address of what went on into a token and was none.
  constexpr int kMaxPasses = 8;
  for (int pass = 0; pass < kMaxPasses; ++pass) {
    Scanner scanner(patterns, text);
    if (!scanner.Next()) return text;
    text = ReplaceMatches(&scanner, text, memory);
  }
  return HasSensitiveText(patterns, text) ? Label(Pattern::kToken) : text;
}

}  // namespace productgraph::core
