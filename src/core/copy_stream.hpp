// Events as PostgreSQL's binary COPY format, for the columns org_id, received_at, those of kFields in their
// order, and attributes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/ingest_batch.hpp"

namespace productgraph::core {

// Makes the stream as it is read: memory is that of the largest event.
class CopyStream {
 public:
  // Of the rows marked as stored; they must outlive the stream.
  CopyStream(std::span<const IngestRow> rows, UnixMicros received_at, std::pmr::memory_resource* memory);

  // Fills `target` as far as there is anything left; returns how much it wrote. Throws bad_alloc.
  std::size_t Read(std::span<char> target);

 private:
  bool MakeMore();
  void PutRow(const IngestRow& row);
  void PutField(const FieldValue& value);
  void PutText(std::string_view text);
  void PutJson(std::string_view json);
  template <class T>
  void PutNumber(T value);
  template <class T>
  void PutInt(T value);
  void PutBytes(std::string_view bytes);

  std::span<const IngestRow> rows_;  // not made yet
  const UnixMicros received_at_;
  bool ended_ = false;
  std::pmr::vector<char> made_;  // of which [read_, end_) has not been read yet
  std::size_t read_ = 0;
  std::size_t end_ = 0;
};

}  // namespace productgraph::core
