// The state of a funnel aggregate: the rows of one group that met a condition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/attempts.hpp"
#include "src/core/funnel.hpp"
#include "src/core/row_list.hpp"
#include "src/core/step_rows.hpp"

namespace productgraph::core {

// What one call of the aggregate asks for. States of different parameters never combine.
template <class Options>
struct FunnelParametersOf {
  Options options;
  std::int32_t window_months = 0;
  std::int32_t window_days = 0;
  Micros window_micros = 0;

  bool operator==(const FunnelParametersOf&) const = default;
  // Whether the window's length depends on the calendar, so that deadlines must be computed by who knows it.
  bool HasCalendarWindow() const { return window_months != 0 || window_days != 0; }
};

// Keeps the rows that meet a condition and, where the options need them, the others too. All memory comes
// from the given resource and is freed with it. Methods throw bad_alloc.
template <class Options>
class FunnelStateOf {
 public:
  using Parameters = FunnelParametersOf<Options>;

  // The parameters must outlive the state: all groups of a query share them.
  FunnelStateOf(const Parameters* parameters, std::pmr::memory_resource* memory)
      : parameters_(parameters), list_(memory) {}

  const Parameters& parameters() const { return *parameters_; }
  std::span<const StepRow> rows() const { return list_.rows(); }

  void Add(Micros ts, StepMask mask) {
    if (mask != 0 || parameters_->options.needs_all_rows()) list_.Add(ts, mask);
  }
  // Throws Error(kInvalidParameter) when the parameters differ.
  void Merge(const FunnelStateOf& other);
  void Sort(const StopToken& stop) { list_.Sort(stop); }

  // A version byte, the parameters, and the rows; see funnel_state.cpp.
  std::size_t SerializedSize() const;
  void Serialize(std::span<std::uint8_t> bytes) const;
  // Throws Error(kInvalidParameter) unless bytes are what Serialize wrote.
  static Parameters ReadParameters(std::span<const std::uint8_t> bytes);
  void ReadRows(std::span<const std::uint8_t> bytes);

 private:
  const Parameters* const parameters_;
  RowList list_;
};

using FunnelParameters = FunnelParametersOf<FunnelOptions>;
using FunnelState = FunnelStateOf<FunnelOptions>;
using AttemptParameters = FunnelParametersOf<AttemptOptions>;
using AttemptState = FunnelStateOf<AttemptOptions>;

}  // namespace productgraph::core
