// The rows of one group, as the states of the sequence aggregates keep them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>

#include "src/core/byte_codec.hpp"
#include "src/core/step_rows.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

// Made for millions of small groups. Memory: two rows inside, more of them in a block of 2^n rows of 16
// bytes, which goes back to the resource when the next one is twice as large. The last block is freed with
// the resource only. Methods that add rows throw bad_alloc and then have added none.
class RowList {
 public:
  explicit RowList(std::pmr::memory_resource* memory) : memory_(memory) {}
  RowList(const RowList&) = delete;
  RowList& operator=(const RowList&) = delete;

  std::span<const StepRow> rows() const { return {data(), size_}; }

  void Add(Micros ts, StepMask mask) { *Extend(1) = {ts, mask}; }
  void Append(const RowList& other) {
    const std::span<const StepRow> rows = other.rows();
    std::copy(rows.begin(), rows.end(), Extend(rows.size()));
  }
  // As SortRows; does nothing when no row came since the last time.
  void Sort(const StopToken& stop) {
    if (!sorted_) SortRows({data(), size_}, stop);
    sorted_ = true;
  }

  // Their number u64, then of each ts i64 and mask u32.
  std::size_t SerializedSize() const { return sizeof(std::uint64_t) + size_ * kRowSize; }
  void Serialize(ByteWriter* writer) const {
    writer->Put(static_cast<std::uint64_t>(size_));
    for (const StepRow& row : rows()) {
      writer->Put(row.ts);
      writer->Put(row.mask);
    }
  }
  // Adds all rows that are left in the reader. Throws Error(kInvalidParameter) unless they are what Serialize
  // wrote, with masks of the `conditions` lowest bits.
  void Read(ByteReader* reader, int conditions) {
    const std::uint64_t count = reader->Get<std::uint64_t>();
    if (reader->left() % kRowSize != 0 || reader->left() / kRowSize != count) ThrowCorruptState();
    const StepMask allowed = FirstSteps(conditions);
    StepMask found = 0;
    for (StepRow *row = Extend(count), *const end = row + count; row != end; ++row) {
      row->ts = reader->Get<Micros>();
      row->mask = reader->Get<StepMask>();
      found |= row->mask;
    }
    if (found & ~allowed) ThrowCorruptState();
  }

 private:
  static constexpr std::size_t kRowSize = sizeof(Micros) + sizeof(StepMask);
  static constexpr std::size_t kInside = 2;

  // Follows from the number of rows, which saves keeping it.
  std::size_t capacity() const { return size_ <= kInside ? kInside : std::bit_ceil(std::size_t{size_}); }
  const StepRow* data() const { return size_ <= kInside ? inside_ : block_; }
  StepRow* data() { return size_ <= kInside ? inside_ : block_; }

  // `count` more rows at the end, for the caller to fill.
  StepRow* Extend(std::size_t count) {
    const std::size_t size = size_ + count;
    if (size > capacity()) MoveToBlock(std::bit_ceil(size));
    StepRow* const added = (size <= kInside ? inside_ : block_) + size_;
    size_ = size;
    sorted_ = false;
    return added;
  }

  void MoveToBlock(std::size_t capacity_of_block) {
    std::pmr::polymorphic_allocator<StepRow> allocator(memory_);
    StepRow* const block = allocator.allocate(capacity_of_block);
    std::copy_n(data(), size_, block);
    if (size_ > kInside) allocator.deallocate(block_, capacity());
    block_ = block;
  }

  std::pmr::memory_resource* const memory_;
  std::uint64_t size_ : 63 = 0;
  std::uint64_t sorted_ : 1 = 1;
  union {
    StepRow inside_[kInside];   // while no more rows than that
    StepRow* block_ = nullptr;  // of capacity() rows
  };
};

}  // namespace productgraph::core
