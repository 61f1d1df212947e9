#include "src/core/funnel_summary.hpp"

#include "src/core/duration_statistics.hpp"
#include "src/core/packed_question.hpp"

namespace productgraph::core {

FunnelSummary::FunnelSummary(int steps, std::pmr::memory_resource* memory)
    : durations_(static_cast<std::size_t>(steps), memory) {}

void FunnelSummary::Add(const Micros* times, int depth, StepMask skipped) {
  if (depth == 0) return;
  ++reached_[0];
  Micros previous = times[0];
  for (int step = 1; step < depth; ++step) {
    if (skipped >> step & 1) continue;
    const auto i = static_cast<std::size_t>(step);
    ++reached_[i];
    durations_[i].push_back(times[step] - previous);
    previous = times[step];
  }
}

void FunnelSummary::Add(const FunnelSummary& other) {
  for (std::size_t i = 0; i < durations_.size(); ++i) {
    reached_[i] += other.reached_[i];
    durations_[i].insert(durations_[i].end(), other.durations_[i].begin(), other.durations_[i].end());
  }
}

StepSummary FunnelSummary::Summarize(int step) {
  const auto i = static_cast<std::size_t>(step);
  StepSummary summary{.reached = reached_[i]};
  std::pmr::vector<Micros>& durations = durations_[i];
  if (durations.empty()) return summary;
  summary.has_durations = true;
  summary.median = Percentile(durations, 0.5);
  summary.p95 = Percentile(durations, 0.95);
  summary.average = RoundedAverage(durations);
  return summary;
}

void FunnelSummary::Write(std::pmr::vector<std::uint8_t>* bytes) const {
  for (std::size_t i = 0; i < durations_.size(); ++i) {
    AppendValue(reached_[i], bytes);
    AppendValue(static_cast<std::uint64_t>(durations_[i].size()), bytes);
    const auto* const first = reinterpret_cast<const std::uint8_t*>(durations_[i].data());
    bytes->insert(bytes->end(), first, first + durations_[i].size() * sizeof(Micros));
  }
}

void FunnelSummary::Read(ByteReader* reader) {
  for (std::size_t i = 0; i < durations_.size(); ++i) {
    reached_[i] += reader->Get<std::uint64_t>();
    const auto count = reader->Get<std::uint64_t>();
    if (reader->left() / sizeof(Micros) < count) ThrowCorruptState();
    const std::string_view values = reader->GetText(count * sizeof(Micros));
    const std::size_t size = durations_[i].size();
    durations_[i].resize(size + count);
    if (count > 0) std::memcpy(durations_[i].data() + size, values.data(), values.size());
  }
}

}  // namespace productgraph::core
