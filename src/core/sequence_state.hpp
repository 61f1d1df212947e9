// The state of the pattern aggregates: a pattern and the rows of one group that match a condition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>

#include "src/core/row_list.hpp"

namespace productgraph::core {

// What one call of the aggregates asks for. States of different parameters never combine.
struct SequenceParameters {
  std::string_view pattern;
  int conditions = 1;

  bool operator==(const SequenceParameters&) const = default;
};

// All memory comes from the given resource and is freed with it. Methods throw bad_alloc.
class SequenceState {
 public:
  // The parameters and their pattern must outlive the state: all groups of a query share them.
  SequenceState(const SequenceParameters* parameters, std::pmr::memory_resource* memory)
      : parameters_(parameters), list_(memory) {}

  const SequenceParameters& parameters() const { return *parameters_; }
  std::span<const StepRow> rows() const { return list_.rows(); }

  void Add(Micros ts, StepMask mask) {
    if (mask != 0) list_.Add(ts, mask);
  }
  // Throws Error(kInvalidParameter) when the parameters differ.
  void Merge(const SequenceState& other);
  void Sort(const StopToken& stop) { list_.Sort(stop); }

  // Version u8, conditions u8, size of the pattern u32, its bytes, the rows.
  std::size_t SerializedSize() const;
  void Serialize(std::span<std::uint8_t> bytes) const;
  // Throws Error(kInvalidParameter) unless bytes are what Serialize wrote. The pattern points into them.
  static SequenceParameters ReadParameters(std::span<const std::uint8_t> bytes);
  void ReadRows(std::span<const std::uint8_t> bytes);

 private:
  const SequenceParameters* const parameters_;
  RowList list_;
};

}  // namespace productgraph::core
