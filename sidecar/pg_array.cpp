#include "pg_array.hpp"

namespace productgraph::sidecar {
namespace {

constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kHasNullOffset = 4;

}  // namespace

PgArrayBuilder::PgArrayBuilder(unsigned element_oid, std::size_t count, std::size_t bytes) {
  data_.reserve(kHeaderBytes + 4 * count + bytes);
  AppendInt32(1);  // dimensions
  AppendInt32(0);  // has NULL
  AppendInt32(element_oid);
  AppendInt32(static_cast<std::uint32_t>(count));
  AppendInt32(1);  // lower bound
}

void PgArrayBuilder::Add(std::string_view value) {
  AppendInt32(static_cast<std::uint32_t>(value.size()));
  data_ += value;
}

void PgArrayBuilder::AddNull() {
  data_[kHasNullOffset + 3] = 1;
  AppendInt32(0xffffffffU);
}

void PgArrayBuilder::AppendInt32(std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) data_ += static_cast<char>((value >> shift) & 0xff);
}

}  // namespace productgraph::sidecar
