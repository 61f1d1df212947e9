// The state of the pattern aggregates: a pattern and the rows of one group that match a condition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "src/core/row_list.hpp"

namespace productgraph::core {

// All memory comes from the given resource and is never freed one by one. Methods throw bad_alloc.
class SequenceState {
 public:
  SequenceState(std::string_view pattern, int conditions, std::pmr::memory_resource* memory)
      : pattern_(pattern, memory), conditions_(conditions), list_(memory) {}

  std::string_view pattern() const { return pattern_; }
  int conditions() const { return conditions_; }
  std::span<const StepRow> rows() const { return list_.rows(); }

  void Add(Micros ts, StepMask mask) {
    if (mask != 0) list_.Add(ts, mask);
  }
  // Throws Error(kInvalidParameter) when pattern or number of conditions differ.
  void Merge(const SequenceState& other);
  void Sort(const StopToken& stop) { list_.Sort(stop); }

  // Version u8, conditions u8, size of the pattern u32, its bytes, the rows.
  std::size_t SerializedSize() const;
  void Serialize(std::span<std::uint8_t> bytes) const;
  // Makes an empty state that of the bytes. Throws Error(kInvalidParameter) unless Serialize wrote them.
  void Deserialize(std::span<const std::uint8_t> bytes);

 private:
  std::pmr::string pattern_;
  int conditions_;
  RowList list_;
};

}  // namespace productgraph::core
