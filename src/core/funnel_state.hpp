// The state of a funnel aggregate: the rows of one group that matched a step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/funnel.hpp"
#include "src/core/row_list.hpp"
#include "src/core/step_rows.hpp"

namespace productgraph::core {

// What one call of the aggregate asks for. States of different parameters never combine.
struct FunnelParameters {
  FunnelOptions options;
  std::int32_t window_months = 0;
  std::int32_t window_days = 0;
  Micros window_micros = 0;

  bool operator==(const FunnelParameters&) const = default;
  // Whether the window's length depends on the calendar, so that deadlines must be computed by who knows it.
  bool HasCalendarWindow() const { return window_months != 0 || window_days != 0; }
};

// Keeps the rows that match a step and, with strict_order, the others too. All memory comes from the given
// resource and is never freed one by one. Methods throw bad_alloc.
class FunnelState {
 public:
  FunnelState(const FunnelParameters& parameters, std::pmr::memory_resource* memory)
      : parameters_(parameters), list_(memory) {}

  const FunnelParameters& parameters() const { return parameters_; }
  std::span<const StepRow> rows() const { return list_.rows(); }

  void Add(Micros ts, StepMask mask) {
    if (mask != 0 || parameters_.options.strict_order) list_.Add(ts, mask);
  }
  // Throws Error(kInvalidParameter) when the parameters differ.
  void Merge(const FunnelState& other);
  void Sort(const StopToken& stop) { list_.Sort(stop); }

  // A version byte, the parameters, and the rows; see funnel_state.cpp.
  std::size_t SerializedSize() const;
  void Serialize(std::span<std::uint8_t> bytes) const;
  // Throws Error(kInvalidParameter) unless bytes are what Serialize wrote.
  static FunnelParameters ReadParameters(std::span<const std::uint8_t> bytes);
  void ReadRows(std::span<const std::uint8_t> bytes);

 private:
  FunnelParameters parameters_;
  RowList list_;
};

}  // namespace productgraph::core
