#include "src/core/kind_key.hpp"

#include <cstring>

namespace productgraph::core {
namespace {

// Before each field; that of NULL has no bytes behind it.
using Length = std::uint32_t;
constexpr Length kNull = ~Length{0};

}  // namespace

void MakeKindKey(const KindFields& fields, std::pmr::vector<char>* key) {
  std::size_t size = fields.size() * sizeof(Length);
  for (const auto& field : fields) size += field ? field->size() : 0;
  key->resize(size);
  char* to = key->data();
  for (const auto& field : fields) {
    const Length length = field ? static_cast<Length>(field->size()) : kNull;
    std::memcpy(to, &length, sizeof(length));
    to += sizeof(length);
    if (!field || field->empty()) continue;
    std::memcpy(to, field->data(), field->size());
    to += field->size();
  }
}

KindFields ReadKindKey(std::string_view key) {
  KindFields fields;
  for (auto& field : fields) {
    Length length;
    std::memcpy(&length, key.data(), sizeof(length));
    key.remove_prefix(sizeof(length));
    if (length == kNull) continue;
    field = key.substr(0, length);
    key.remove_prefix(length);
  }
  return fields;
}

}  // namespace productgraph::core
