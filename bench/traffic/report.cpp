#include "bench/traffic/report.hpp"

#include <algorithm>
#include <numeric>

namespace productgraph::bench {
namespace {

double PercentileMs(const std::vector<std::uint32_t>& sorted, double fraction) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[index] / 1000.0;
}

}  // namespace

std::string Grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

void PrintSummary(const Report& report, std::FILE* out) {
  const double seconds = std::max(report.elapsed.count(), 1e-9);
  std::fprintf(out, "Sent %s events of %s sessions in %.1f s (%s events/s)\n", Grouped(report.sent).c_str(),
               Grouped(report.visits).c_str(), seconds,
               Grouped(static_cast<std::uint64_t>(static_cast<double>(report.sent) / seconds)).c_str());
  std::fprintf(out, "  accepted %s (of them duplicates %s)  rejected %s  lost %s\n",
               Grouped(report.accepted).c_str(), Grouped(report.duplicates).c_str(),
               Grouped(report.rejected).c_str(), Grouped(report.lost).c_str());
  std::vector<std::uint32_t> sorted = report.latencies_us;
  std::sort(sorted.begin(), sorted.end());
  std::fprintf(out, "  requests %s  retries %s  latency p50 %.1f ms  p95 %.1f ms  p99 %.1f ms\n",
               Grouped(report.requests).c_str(), Grouped(report.retries).c_str(), PercentileMs(sorted, 0.50),
               PercentileMs(sorted, 0.95), PercentileMs(sorted, 0.99));
}

// Most frequent first, in three columns.
void PrintTypes(const Report& report, std::FILE* out) {
  constexpr std::size_t kColumns = 3;
  std::array<std::size_t, kEventTypes> order;
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return report.by_type[a] > report.by_type[b]; });
  const std::size_t rows = (kEventTypes + kColumns - 1) / kColumns;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = row; i < kEventTypes; i += rows) {
      const auto type = static_cast<EventType>(order[i]);
      std::fprintf(out, "  %-18s%9s", Name(type).data(), Grouped(report.by_type[order[i]]).c_str());
    }
    std::fputc('\n', out);
  }
}

}  // namespace productgraph::bench
