#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "rate_limits.hpp"
#include "src/core/error.hpp"

namespace productgraph::sidecar {

enum class Route { kEvents, kHealth, kReady, kMetrics, kOpenApi, kOther };
inline constexpr std::size_t kRouteCount = 6;
std::string_view RouteName(Route route);

// A bound that made us refuse a request; each has the name of its setting.
enum class Bound {
  kMaxConnections,
  kMaxHeaderBytes,
  kMaxBodyBytes,
  kBufferBytes,
  kQueueRequests,
  kQueueKeyBytes,
  kHeaderTimeout,
  kBodyTimeout,
  kRequestTimeout,
};
inline constexpr std::size_t kBoundCount = 9;
std::string_view BoundName(Bound bound);

// What a connection of the pool is doing.
enum class PoolState { kDown, kConnecting, kIdle, kBusy };
inline constexpr std::size_t kPoolStateCount = 4;
std::string_view PoolStateName(PoolState state);

// How a round of maintenance ended: done by this process; another session did it lately, or is at it; a
// statement or a task failed; no connection.
enum class MaintenanceResult { kDone, kRecent, kBusy, kFailed, kUnreachable };
inline constexpr std::size_t kMaintenanceResultCount = 5;
std::string_view MaintenanceResultName(MaintenanceResult result);

// Cumulative histogram with fixed upper bounds; the sum is kept in whole units of 1/kScale.
template <std::size_t N>
class Histogram {
 public:
  explicit constexpr Histogram(const std::array<double, N>& bounds) : bounds_(bounds) {}

  void Observe(double value) {
    std::size_t slot = 0;
    while (slot < N && value > bounds_[slot]) ++slot;
    slots_[slot].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(static_cast<std::uint64_t>(value * kScale), std::memory_order_relaxed);
  }
  void Print(std::string_view name, std::string& out) const;

 private:
  static constexpr double kScale = 1e6;
  std::array<double, N> bounds_;
  std::array<std::atomic<std::uint64_t>, N + 1> slots_{};
  std::atomic<std::uint64_t> sum_{0};
};

// What Prometheus reads. All members are atomics that any thread may touch.
class Metrics {
 public:
  void CountRequest(Route route, unsigned status);
  void CountLimited(LimitedBy limit);
  void CountReached(Bound bound);
  // The codes in the answer of the database to a request: why events were rejected, and what was changed.
  void CountCodes(std::string_view response);
  // From nothing (a new connection) or to nothing, when one of them is left out.
  void CountMaintenance(MaintenanceResult result);
  void MovePoolState(std::optional<PoolState> from, std::optional<PoolState> to);
  std::string Print(std::string_view version) const;

  std::atomic<std::uint64_t> events_accepted{0};
  std::atomic<std::uint64_t> events_rejected{0};
  std::atomic<std::uint64_t> events_duplicates{0};
  std::atomic<std::uint64_t> statement_errors{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> accept_errors{0};
  std::atomic<std::uint64_t> tls_failures{0};
  std::atomic<std::uint64_t> tls_reloads{0};
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::int64_t> queue_requests{0};
  std::atomic<std::int64_t> queue_bytes{0};
  std::atomic<std::int64_t> buffer_bytes{0};
  std::atomic<std::int64_t> pool_up{0};
  std::atomic<std::int64_t> pool_size{0};
  std::atomic<std::int64_t> workers_up{0};
  std::atomic<int> postgresql_version{0};         // as PQserverVersion() has it; 0 until the first connection
  std::atomic<bool> maintains{false};             // whether anything is shown of maintenance
  std::atomic<std::int64_t> maintain_success{0};  // seconds since 1970; 0 = never
  Histogram<8> maintain_seconds{{0.1, 0.5, 1, 5, 30, 120, 600, 3600}};
  Histogram<8> statement_requests{{1, 2, 4, 8, 16, 32, 64, 128}};
  Histogram<10> statement_events{{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144}};
  Histogram<8> statement_bytes{{1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216}};
  Histogram<12> queue_seconds{{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 10}};
  Histogram<12> statement_seconds{{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10}};
  Histogram<12> request_seconds{{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30}};

 private:
  static constexpr unsigned kFirstStatus = 100;
  static constexpr std::size_t kStatusCount = 500;  // 100..599
  std::array<std::array<std::atomic<std::uint64_t>, kStatusCount>, kRouteCount> requests_{};
  std::array<std::atomic<std::uint64_t>, kLimitCount> limited_{};
  std::array<std::atomic<std::uint64_t>, kBoundCount> reached_{};
  std::array<std::atomic<std::int64_t>, kPoolStateCount> pool_states_{};
  std::array<std::atomic<std::uint64_t>, kMaintenanceResultCount> maintenance_{};
  // Of the codes in kErrors; the last is for those a newer database may know.
  using Codes = std::array<std::atomic<std::uint64_t>, std::size(core::kErrors) + 1>;
  void PrintMaintenance(std::string& out) const;
  static void PrintCodes(std::string_view name, std::string_view help, const Codes& codes, std::string& out);
  Codes errors_{};
  Codes warnings_{};
};

}  // namespace productgraph::sidecar
