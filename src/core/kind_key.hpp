// The fields that make a kind, as one string of bytes: what kinds are told apart by.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "src/core/event_fields.hpp"

namespace productgraph::core {

constexpr int CountKindFields() {
  int count = 0;
  for (const FieldSpec& field : kFields) count += field.in_kind;
  return count;
}

inline constexpr int kKindFieldCount = CountKindFields();

// In the order of kFields.
constexpr std::array<FieldId, kKindFieldCount> ListKindFields() {
  std::array<FieldId, kKindFieldCount> fields{};
  int count = 0;
  for (const FieldSpec& field : kFields) {
    if (field.in_kind) fields[count++] = field.id;
  }
  return fields;
}

inline constexpr auto kKindFields = ListKindFields();

// The bytes of each of kKindFields: those of a text, the four of an integer; nothing for NULL.
using KindFields = std::array<std::optional<std::string_view>, kKindFieldCount>;

// Replaces what is in `key`. Throws bad_alloc.
void MakeKindKey(const KindFields& fields, std::pmr::vector<char>* key);

// The fields that a key was made of; they point into it.
KindFields ReadKindKey(std::string_view key);

}  // namespace productgraph::core
