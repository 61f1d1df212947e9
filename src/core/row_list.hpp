// The rows of one group, as the states of the sequence aggregates keep them.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/byte_codec.hpp"
#include "src/core/step_rows.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

// Memory: 16 bytes a row, up to twice that while growing. Methods that add rows throw bad_alloc.
class RowList {
 public:
  explicit RowList(std::pmr::memory_resource* memory) : rows_(memory) {}

  std::span<const StepRow> rows() const { return rows_; }

  void Add(Micros ts, StepMask mask) {
    rows_.push_back({ts, mask});
    sorted_ = false;
  }
  void Append(const RowList& other) {
    rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
    sorted_ = false;
  }
  // As SortRows; does nothing when no row came since the last time.
  void Sort(const StopToken& stop) {
    if (!sorted_) SortRows(rows_, stop);
    sorted_ = true;
  }

  // Their number u64, then of each ts i64 and mask u32.
  std::size_t SerializedSize() const { return sizeof(std::uint64_t) + rows_.size() * kRowSize; }
  void Serialize(ByteWriter* writer) const {
    writer->Put(static_cast<std::uint64_t>(rows_.size()));
    for (const StepRow& row : rows_) {
      writer->Put(row.ts);
      writer->Put(row.mask);
    }
  }
  // Adds all rows that are left in the reader. Throws Error(kInvalidParameter) unless they are what Serialize
  // wrote, with masks of the `conditions` lowest bits.
  void Read(ByteReader* reader, int conditions) {
    const std::uint64_t count = reader->Get<std::uint64_t>();
    if (reader->left() % kRowSize != 0 || reader->left() / kRowSize != count) ThrowCorruptState();
    rows_.reserve(rows_.size() + count);
    const StepMask allowed = static_cast<StepMask>((std::uint64_t{1} << conditions) - 1);
    while (reader->left() > 0) {
      const Micros ts = reader->Get<Micros>();
      const StepMask mask = reader->Get<StepMask>();
      if (mask & ~allowed) ThrowCorruptState();
      Add(ts, mask);
    }
  }

 private:
  static constexpr std::size_t kRowSize = sizeof(Micros) + sizeof(StepMask);

  std::pmr::vector<StepRow> rows_;
  bool sorted_ = true;
};

}  // namespace productgraph::core
