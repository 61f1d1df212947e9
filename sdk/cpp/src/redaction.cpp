#include "redaction.hpp"

#include <algorithm>

#include "secret_name.hpp"
#include "secret_text.hpp"

namespace productgraph {
namespace {

constexpr std::size_t kMaxText = 40'000;
constexpr int kMaxDepth = 16;
constexpr std::string_view kTokenLabel = "[token]";

// They would no longer name the same thing.
constexpr std::string_view kIdentifiers[] = {"event_id",   "project_id",        "session.id",
                                             "user.id",    "user.anonymous_id", "request.id",
                                             "event.type", "event.timestamp"};

bool IsIdentifier(std::string_view field) {
  return std::find(std::begin(kIdentifiers), std::end(kIdentifiers), field) != std::end(kIdentifiers);
}

void RedactValue(Value* value, Naming naming, int depth);

struct Redactor {
  Value* value;
  Naming naming;
  int depth;

  void operator()(std::string& text) const {
    if (naming != Naming::kHarmless) {
      text = kTokenLabel;
      return;
    }
    if (text.size() > kMaxText) text.resize(kMaxText);
    if (FindSecret(text, 0)) text = RedactText(text);
  }
  void operator()(Value::Array& elements) const {
    for (Value& element : elements) RedactValue(&element, naming, depth + 1);
  }
  void operator()(Value::Object& members) const {
    for (auto& [name, member] : members) {
      RedactValue(&member, naming == Naming::kHarmless ? NamingOf(name) : naming, depth + 1);
    }
  }
  template <class Other>
  void operator()(Other&) const {
    constexpr bool is_number = std::is_arithmetic_v<Other> && !std::is_same_v<Other, bool>;
    if (is_number && naming == Naming::kSecret) *value = kTokenLabel;
  }
};

void RedactValue(Value* value, Naming naming, int depth) {
  if (depth <= kMaxDepth) std::visit(Redactor{value, naming, depth}, value->variant());
}

}  // namespace

std::string RedactText(std::string_view text) {
  std::string clean;
  std::size_t copied = 0;
  while (const Match match = FindSecret(text, copied)) {
    clean += text.substr(copied, match.begin - copied);
    clean += match.label;
    copied = match.end;
  }
  clean += text.substr(copied);
  return clean;
}

void RedactEvent(Event* event) {
  for (auto& [field, value] : event->fields()) {
    if (!IsIdentifier(field)) RedactValue(&value, NamingOf(field), 1);
  }
}

}  // namespace productgraph
