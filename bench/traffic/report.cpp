#include "bench/traffic/report.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <numeric>

namespace productgraph::bench {
namespace {

double PercentileMs(const std::vector<std::uint32_t>& sorted, double fraction) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[index] / 1000.0;
}

std::vector<std::uint32_t> SortedLatencies(const Report& report) {
  std::vector<std::uint32_t> sorted = report.latencies_us;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

struct rusage Usage() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
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
  const std::vector<std::uint32_t> sorted = SortedLatencies(report);
  std::fprintf(out,
               "  requests %s  retries %s  latency p50 %.1f ms  p95 %.1f ms  p99 %.1f ms  p99.9 %.1f ms\n",
               Grouped(report.requests).c_str(), Grouped(report.retries).c_str(), PercentileMs(sorted, 0.50),
               PercentileMs(sorted, 0.95), PercentileMs(sorted, 0.99), PercentileMs(sorted, 0.999));
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

void PrintJson(const Report& report, std::FILE* out) {
  const std::vector<std::uint32_t> sorted = SortedLatencies(report);
  const auto latency = [&](double fraction) { return PercentileMs(sorted, fraction) / 1000; };
  std::fprintf(
      out,
      "{\"events\":%llu,\"duplicates\":%llu,\"requests\":%llu,\"retries\":%llu,\"seconds\":%.3f,"
      "\"latency_p50\":%.6f,\"latency_p95\":%.6f,\"latency_p99\":%.6f,\"latency_p99.9\":%.6f,"
      "\"latency_max\":%.6f,\"cpu_seconds\":%.3f,\"peak_memory_bytes\":%lld}\n",
      static_cast<unsigned long long>(report.accepted), static_cast<unsigned long long>(report.duplicates),
      static_cast<unsigned long long>(report.requests), static_cast<unsigned long long>(report.retries),
      report.elapsed.count(), latency(0.50), latency(0.95), latency(0.99), latency(0.999), latency(1),
      report.cpu.count(), 1024LL * Usage().ru_maxrss);
}

std::chrono::duration<double> CpuTime() {
  const struct rusage usage = Usage();
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return std::chrono::duration<double>(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

}  // namespace productgraph::bench
