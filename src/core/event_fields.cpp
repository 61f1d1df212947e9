#include "src/core/event_fields.hpp"

namespace productgraph::core {
namespace {

constexpr std::uint32_t kTableSize = 256;  // a power of two, sparse enough for short probes
constexpr std::uint8_t kEmpty = 0xFF;

constexpr std::uint32_t Hash(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 16777619u;
  }
  return hash;
}

constexpr std::array<std::uint8_t, kTableSize> BuildTable() {
  std::array<std::uint8_t, kTableSize> table{};
  table.fill(kEmpty);
  for (int i = 0; i < kFieldCount; ++i) {
    std::uint32_t slot = Hash(kFields[i].name) % kTableSize;
    while (table[slot] != kEmpty) slot = (slot + 1) % kTableSize;
    table[slot] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto kTable = BuildTable();

}  // namespace

std::optional<FieldId> FindField(std::string_view name) {
  for (std::uint32_t slot = Hash(name) % kTableSize; kTable[slot] != kEmpty; slot = (slot + 1) % kTableSize) {
    const FieldSpec& spec = kFields[kTable[slot]];
    if (spec.name == name) return spec.id;
  }
  return std::nullopt;
}

std::string_view SqlTypeName(FieldType type) {
  switch (type) {
    case FieldType::kIdentifier:
    case FieldType::kText:
    case FieldType::kEventType:
    case FieldType::kJsonText:
      return "text";
    case FieldType::kTimestamp:
      return "timestamp with time zone";
    case FieldType::kInt64:
      return "bigint";
    case FieldType::kInt32:
      return "integer";
    case FieldType::kNumber:
      return "double precision";
    case FieldType::kObject:
      return "jsonb";
  }
  return "text";
}

}  // namespace productgraph::core
