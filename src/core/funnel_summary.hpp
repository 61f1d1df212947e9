// How many got how far in a funnel and how long they took, over all attempts that count.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/byte_codec.hpp"
#include "src/core/funnel.hpp"

namespace productgraph::core {

// Of one step. Durations are from the step taken before it, in microseconds; of the first step there are
// none.
struct StepSummary {
  std::uint64_t reached = 0;
  double median = 0;  // as percentile_cont(0.5) of double precision
  double p95 = 0;
  std::int64_t average = 0;  // rounded, half away from zero
  bool has_durations = false;
};

// Memory: 8 bytes for each step that an attempt took after its first.
class FunnelSummary {
 public:
  FunnelSummary(int steps, std::pmr::memory_resource* memory);

  // An attempt as FunnelChain has it.
  void Add(const Micros* times, int depth, StepMask skipped);
  void Add(const FunnelChain& chain) { Add(chain.times.data(), chain.depth, chain.skipped); }
  void Add(const FunnelSummary& other);

  std::uint64_t reached(int step) const { return reached_[static_cast<std::size_t>(step)]; }
  // Of a step, from 0. Changes the order of what is kept.
  StepSummary Summarize(int step);

  void Write(std::pmr::vector<std::uint8_t>* bytes) const;
  // Adds what Write wrote.
  void Read(ByteReader* reader);

 private:
  std::array<std::uint64_t, kMaxSteps> reached_{};
  std::pmr::vector<std::pmr::vector<Micros>> durations_;  // of each step
};

}  // namespace productgraph::core
