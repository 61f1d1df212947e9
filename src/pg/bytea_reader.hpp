// Reads large values of type bytea into memory that is used again and again, which is in the caches, and has
// its pages, from the second time on.
#pragma once

#include <cstdint>
#include <span>

#include "src/pg/boundary.hpp"

namespace productgraph::pg {

inline std::span<const std::uint8_t> BytesOf(const bytea* value) {
  return {reinterpret_cast<const std::uint8_t*>(VARDATA_ANY(value)),
          static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

class ByteaReader {
 public:
  // What is read lives in `context`, until the next Begin().
  explicit ByteaReader(MemoryContext context) : context_(context) {}

  // Makes room for the first columns of the rows.
  void Begin(SPITupleTable* table, uint64 rows, int columns);
  // The bytes of a value, by row from 0 and column from 1; none for null.
  std::span<const std::uint8_t> Read(uint64 row, int column);

 private:
  const MemoryContext context_;
  SPITupleTable* table_ = nullptr;
  char* room_ = nullptr;
  Size size_ = 0;
  Size used_ = 0;
};

}  // namespace productgraph::pg
