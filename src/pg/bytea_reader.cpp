#include "src/pg/bytea_reader.hpp"

namespace productgraph::pg {
namespace {

// Where a value is that lies in a TOAST table and is not compressed; false for any other.
bool IsInPieces(Datum value, varatt_external* pointer) {
  const auto* const attribute = reinterpret_cast<const varlena*>(DatumGetPointer(value));
  if (!VARATT_IS_EXTERNAL_ONDISK(attribute)) return false;
  VARATT_EXTERNAL_GET_POINTER(*pointer, attribute);
  return static_cast<int32>(VARATT_EXTERNAL_GET_EXTSIZE(*pointer)) == pointer->va_rawsize - VARHDRSZ;
}

Size RoomFor(const varatt_external& pointer) {
  return MAXALIGN(VARHDRSZ + VARATT_EXTERNAL_GET_EXTSIZE(pointer));
}

// The value and its header.
void FetchPieces(const varatt_external& pointer, varlena* to) {
  const auto size = static_cast<int32>(VARATT_EXTERNAL_GET_EXTSIZE(pointer));
  SET_VARSIZE(to, size + VARHDRSZ);
  const Relation pieces = table_open(pointer.va_toastrelid, AccessShareLock);
  table_relation_fetch_toast_slice(pieces, pointer.va_valueid, size, 0, size, to);
  table_close(pieces, AccessShareLock);
}

}  // namespace

void ByteaReader::Begin(SPITupleTable* table, uint64 rows, int columns) {
  table_ = table;
  used_ = 0;
  Size needed = 0;
  for (uint64 row = 0; row < rows; ++row) {
    for (int column = 1; column <= columns; ++column) {
      bool null;
      const Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &null);
      varatt_external pointer;
      if (!null && IsInPieces(value, &pointer)) needed += RoomFor(pointer);
    }
  }
  if (needed <= size_) return;
  if (room_) pfree(room_);
  size_ = needed + needed / 8;  // the next ones may be a little larger
  room_ = static_cast<char*>(MemoryContextAllocHuge(context_, size_));
}

std::span<const std::uint8_t> ByteaReader::Read(uint64 row, int column) {
  bool null;
  const Datum value = SPI_getbinval(table_->vals[row], table_->tupdesc, column, &null);
  if (null) return {};
  varatt_external pointer;
  if (!IsInPieces(value, &pointer)) return BytesOf(DatumGetByteaPP(value));
  auto* const bytes = reinterpret_cast<varlena*>(room_ + used_);
  used_ += RoomFor(pointer);
  FetchPieces(pointer, bytes);
  return BytesOf(bytes);
}

}  // namespace productgraph::pg
