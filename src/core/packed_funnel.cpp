#include "src/core/packed_funnel.hpp"

#include <algorithm>

namespace productgraph::core {

PackedFunnel::PackedFunnel(const PackedAttemptsSpec& spec, const QuestionContext& context)
    : PackedAttempts(spec, context, {}), summaries_(context.memory) {
  std::uint32_t labels = 0;
  if (spec.breakdown) {
    for (const EventMeaning& meaning : context.meanings) labels = std::max(labels, meaning.label);
  }
  summaries_.reserve(labels + 1);
  for (std::uint32_t i = 0; i <= labels; ++i) summaries_.emplace_back(spec.options.steps, context.memory);
}

void PackedFunnel::WriteTaken(std::pmr::vector<std::uint8_t>* bytes) const {
  for (const FunnelSummary& summary : summaries_) summary.Write(bytes);
}

void PackedFunnel::AddTaken(ByteReader* reader) {
  for (FunnelSummary& summary : summaries_) summary.Read(reader);
}

}  // namespace productgraph::core
