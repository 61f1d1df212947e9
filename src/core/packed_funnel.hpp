// The funnel, asked of segments.
#pragma once

#include <memory_resource>
#include <vector>

#include "src/core/funnel_summary.hpp"
#include "src/core/packed_attempts.hpp"

namespace productgraph::core {

class PackedFunnel : public PackedAttempts {
 public:
  PackedFunnel(const PackedAttemptsSpec& spec, const QuestionContext& context);

  // What is known of the attempts of each label, the first for none. Just that one without breakdown.
  std::pmr::vector<FunnelSummary>& summaries() { return summaries_; }

 private:
  void Take(std::string_view, const Micros* times, int depth, StepMask skipped,
            std::uint32_t label) override {
    summaries_[label].Add(times, depth, skipped);
  }
  void WriteTaken(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddTaken(ByteReader* reader) override;

  std::pmr::vector<FunnelSummary> summaries_;
};

}  // namespace productgraph::core
