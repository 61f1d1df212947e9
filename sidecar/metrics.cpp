#include "metrics.hpp"

#include <cstdio>

#include "json_text.hpp"
#include "process_metrics.hpp"

namespace productgraph::sidecar {
namespace {

std::string Number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

void Head(std::string_view name, std::string_view type, std::string_view help, std::string& out) {
  (((((out += "# HELP ") += name) += ' ') += help) += "\n# TYPE ") += name;
  ((out += ' ') += type) += '\n';
}

template <class T>
void Labelled(std::string_view name, std::string_view label, std::string_view value, const T& count,
              std::string& out) {
  ((((out += name) += '{') += label) += "=\"") += value;
  ((out += "\"} ") += std::to_string(count.load(std::memory_order_relaxed))) += '\n';
}

// 150004 is 15.4.
std::string VersionText(int version) {
  return std::to_string(version / 10000) + '.' + std::to_string(version % 10000);
}

template <class T>
void Single(std::string_view name, std::string_view type, std::string_view help, const T& value,
            std::string& out) {
  Head(name, type, help, out);
  (((out += name) += ' ') += std::to_string(value.load(std::memory_order_relaxed))) += '\n';
}

}  // namespace

std::string_view RouteName(Route route) {
  constexpr std::string_view kNames[kRouteCount] = {"/v1/events", "/health",       "/ready",
                                                    "/metrics",   "/openapi.json", "other"};
  return kNames[static_cast<std::size_t>(route)];
}

std::string_view BoundName(Bound bound) {
  constexpr std::string_view kNames[kBoundCount] = {
      "max-connections", "max-header-bytes",  "max-body-bytes",  "buffer-bytes",      "queue-requests",
      "queue-key-bytes", "header-timeout-ms", "body-timeout-ms", "request-timeout-ms"};
  return kNames[static_cast<std::size_t>(bound)];
}

std::string_view PoolStateName(PoolState state) {
  constexpr std::string_view kNames[kPoolStateCount] = {"down", "connecting", "idle", "busy"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view MaintenanceResultName(MaintenanceResult result) {
  constexpr std::string_view kNames[kMaintenanceResultCount] = {"done", "recent", "busy", "failed",
                                                                "unreachable"};
  return kNames[static_cast<std::size_t>(result)];
}

template <std::size_t N>
void Histogram<N>::Print(std::string_view name, std::string& out) const {
  const std::string prefix(name);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= N; ++i) {
    total += slots_[i].load(std::memory_order_relaxed);
    out += prefix + "_bucket{le=\"" + (i < N ? Number(bounds_[i]) : "+Inf") + "\"} " + std::to_string(total) +
           "\n";
  }
  out += prefix + "_sum " + Number(static_cast<double>(sum_.load(std::memory_order_relaxed)) / kScale) + "\n";
  out += prefix + "_count " + std::to_string(total) + "\n";
}

void Metrics::CountRequest(Route route, unsigned status) {
  if (status < kFirstStatus || status >= kFirstStatus + kStatusCount) return;
  requests_[static_cast<std::size_t>(route)][status - kFirstStatus].fetch_add(1, std::memory_order_relaxed);
}

void Metrics::CountLimited(LimitedBy limit) {
  limited_[static_cast<std::size_t>(limit)].fetch_add(1, std::memory_order_relaxed);
}

void Metrics::CountReached(Bound bound) {
  reached_[static_cast<std::size_t>(bound)].fetch_add(1, std::memory_order_relaxed);
}

void Metrics::CountMaintenance(MaintenanceResult result) {
  maintenance_[static_cast<std::size_t>(result)].fetch_add(1, std::memory_order_relaxed);
}

void Metrics::MovePoolState(std::optional<PoolState> from, std::optional<PoolState> to) {
  if (from) pool_states_[static_cast<std::size_t>(*from)].fetch_sub(1, std::memory_order_relaxed);
  if (to) pool_states_[static_cast<std::size_t>(*to)].fetch_add(1, std::memory_order_relaxed);
}

// Inside of strings every quote has a backslash before it, so that what is looked for is found between them
// only.
void Metrics::CountCodes(std::string_view response) {
  constexpr std::string_view kCode = "\"code\":\"";
  const std::size_t warnings = response.find("\"warnings\":[");
  for (std::size_t at = response.find(kCode); at != response.npos; at = response.find(kCode, at)) {
    Codes& codes = at < warnings ? errors_ : warnings_;
    at += kCode.size();
    const std::string_view code = response.substr(at, response.find('"', at) - at);
    std::size_t i = 0;
    while (i < std::size(core::kErrors) && code != core::kErrors[i].name) ++i;
    codes[i].fetch_add(1, std::memory_order_relaxed);
  }
}

void Metrics::PrintCodes(std::string_view name, std::string_view help, const Codes& codes, std::string& out) {
  Head(name, "counter", help, out);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i].load(std::memory_order_relaxed) > 0)
      Labelled(name, "code", i < std::size(core::kErrors) ? core::kErrors[i].name : "other", codes[i], out);
  }
}

void Metrics::PrintMaintenance(std::string& out) const {
  if (!maintains.load(std::memory_order_relaxed)) return;
  const char* runs = "productgraph_sidecar_maintain_runs_total";
  Head(runs, "counter", "Rounds of maintenance that were due here, by how they ended.", out);
  for (std::size_t i = 0; i < kMaintenanceResultCount; ++i)
    Labelled(runs, "result", MaintenanceResultName(static_cast<MaintenanceResult>(i)), maintenance_[i], out);
  Head("productgraph_sidecar_maintain_seconds", "histogram", "Time that rounds done by this process took.",
       out);
  maintain_seconds.Print("productgraph_sidecar_maintain_seconds", out);
  Single("productgraph_sidecar_maintain_last_success_timestamp_seconds", "gauge",
         "When any session last maintained the store without a failure, as last heard; 0 = never.",
         maintain_success, out);
}

std::string Metrics::Print(std::string_view version) const {
  std::string out;
  Head("productgraph_sidecar_build_info", "gauge", "Version of this process.", out);
  out += "productgraph_sidecar_build_info{version=";
  AppendJsonString(out, version);
  out += "} 1\n";
  if (const int server = postgresql_version.load(std::memory_order_relaxed)) {
    Head("productgraph_sidecar_postgresql_info", "gauge", "Version of the server last connected to.", out);
    out += "productgraph_sidecar_postgresql_info{version=\"" + VersionText(server) + "\"} 1\n";
  }
  const char* requests = "productgraph_sidecar_requests_total";
  Head(requests, "counter", "Answers by route and status.", out);
  for (std::size_t route = 0; route < kRouteCount; ++route)
    for (std::size_t i = 0; i < kStatusCount; ++i)
      if (auto count = requests_[route][i].load(std::memory_order_relaxed))
        out += std::string(requests) + "{route=\"" + std::string(RouteName(static_cast<Route>(route))) +
               "\",status=\"" + std::to_string(i + kFirstStatus) + "\"} " + std::to_string(count) + "\n";
  Single("productgraph_sidecar_events_accepted_total", "counter", "Events committed, duplicates included.",
         events_accepted, out);
  Single("productgraph_sidecar_events_rejected_total", "counter", "Events rejected by validation.",
         events_rejected, out);
  PrintCodes("productgraph_sidecar_event_errors_total", "Events rejected, by code.", errors_, out);
  PrintCodes("productgraph_sidecar_event_warnings_total", "Changes to events that were stored, by code.",
             warnings_, out);
  Single("productgraph_sidecar_events_duplicates_total", "counter", "Events that were there already.",
         events_duplicates, out);
  Single("productgraph_sidecar_statement_errors_total", "counter",
         "Statements that PostgreSQL refused or lost.", statement_errors, out);
  const char* limited = "productgraph_sidecar_rate_limited_total";
  Head(limited, "counter", "Requests refused with 429, by limit.", out);
  for (std::size_t i = 0; i < kLimitCount; ++i)
    out += std::string(limited) + "{limit=\"" + std::string(LimitName(static_cast<LimitedBy>(i))) + "\"} " +
           std::to_string(limited_[i].load(std::memory_order_relaxed)) + "\n";
  const char* reached = "productgraph_sidecar_limits_reached_total";
  Head(reached, "counter", "Requests and connections refused because of a setting, by its name.", out);
  for (std::size_t i = 0; i < kBoundCount; ++i)
    Labelled(reached, "limit", BoundName(static_cast<Bound>(i)), reached_[i], out);
  Single("productgraph_sidecar_tls_failures_total", "counter", "Connections that did not agree on TLS.",
         tls_failures, out);
  Single("productgraph_sidecar_tls_reloads_total", "counter", "Certificates loaded after SIGHUP.",
         tls_reloads, out);
  Single("productgraph_sidecar_connections", "gauge", "Open client connections.", connections, out);
  Single("productgraph_sidecar_connections_refused_total", "counter",
         "Clients turned away at max-connections.", connections_refused, out);
  Single("productgraph_sidecar_accept_errors_total", "counter",
         "Failed accepts, such as too many open files.", accept_errors, out);
  Single("productgraph_sidecar_queue_requests", "gauge", "Requests waiting for PostgreSQL.", queue_requests,
         out);
  Single("productgraph_sidecar_queue_bytes", "gauge", "Bytes of bodies waiting for PostgreSQL.", queue_bytes,
         out);
  Single("productgraph_sidecar_buffer_bytes", "gauge", "Bytes of bodies held in memory.", buffer_bytes, out);
  Single("productgraph_sidecar_pool_up", "gauge", "Healthy connections to PostgreSQL.", pool_up, out);
  Single("productgraph_sidecar_pool_size", "gauge", "Connections to PostgreSQL when all is well.", pool_size,
         out);
  const char* states = "productgraph_sidecar_pool_connections";
  Head(states, "gauge", "Connections to PostgreSQL by what they are doing.", out);
  for (std::size_t i = 0; i < kPoolStateCount; ++i)
    Labelled(states, "state", PoolStateName(static_cast<PoolState>(i)), pool_states_[i], out);
  Single("productgraph_sidecar_workers_up", "gauge", "Threads with a healthy connection to PostgreSQL.",
         workers_up, out);
  Head("productgraph_sidecar_statement_requests", "histogram", "Requests committed by one statement.", out);
  statement_requests.Print("productgraph_sidecar_statement_requests", out);
  Head("productgraph_sidecar_statement_events", "histogram", "Events in one statement that was committed.",
       out);
  statement_events.Print("productgraph_sidecar_statement_events", out);
  Head("productgraph_sidecar_statement_bytes", "histogram", "Bytes of bodies in one statement.", out);
  statement_bytes.Print("productgraph_sidecar_statement_bytes", out);
  Head("productgraph_sidecar_queue_seconds", "histogram", "Time a request waited for a connection.", out);
  queue_seconds.Print("productgraph_sidecar_queue_seconds", out);
  Head("productgraph_sidecar_statement_seconds", "histogram",
       "Time PostgreSQL took for one statement, its commit included.", out);
  statement_seconds.Print("productgraph_sidecar_statement_seconds", out);
  Head("productgraph_sidecar_request_seconds", "histogram", "From a request's first byte to its answer.",
       out);
  request_seconds.Print("productgraph_sidecar_request_seconds", out);
  PrintMaintenance(out);
  PrintProcessMetrics(out);
  return out;
}

}  // namespace productgraph::sidecar
