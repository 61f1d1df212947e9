// Texts in which there was nothing to redact, so that what every event of a batch repeats is looked through
// once.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "src/core/event.hpp"
#include "src/core/redaction_rules.hpp"

namespace productgraph::core {

// Forgets as it likes, and never says of a text what is true of another one. What it is given must outlive
// it.
class CleanTexts {
 public:
  // A place is a field and the JSON type that its text stands for, or the unknown fields.
  static int Place(const FieldValue& value) {
    return static_cast<int>(value.field) * 8 + static_cast<int>(value.json_type);
  }
  static constexpr int kAttributes = kFieldCount * 8;

  // Whether this text was clean by the same rules in the same place.
  bool Has(const RedactionRules& rules, int place, std::string_view text) const {
    if (text.size() < kMinSize) return false;
    const Entry& entry = entries_[Slot(text)];
    return entry.rules == &rules && entry.place == place && entry.text == text;
  }
  void Add(const RedactionRules& rules, int place, std::string_view text) {
    if (text.size() >= kMinSize) entries_[Slot(text)] = {&rules, place, text};
  }

 private:
  struct Entry {
    const RedactionRules* rules = nullptr;
    int place = 0;
    std::string_view text;
  };
  static constexpr std::size_t kEntries = 512;
  static constexpr std::size_t kMinSize = 4;  // shorter ones are looked through as fast

  static std::size_t Slot(std::string_view text);

  std::array<Entry, kEntries> entries_;
};

}  // namespace productgraph::core
