#include "metrics.hpp"

#include <cstdio>

#include "json_text.hpp"

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

std::string Metrics::Print(std::string_view version) const {
  std::string out;
  Head("productgraph_sidecar_build_info", "gauge", "Version of this process.", out);
  out += "productgraph_sidecar_build_info{version=";
  AppendJsonString(out, version);
  out += "} 1\n";
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
  Single("productgraph_sidecar_events_duplicates_total", "counter", "Events that were there already.",
         events_duplicates, out);
  Single("productgraph_sidecar_statement_errors_total", "counter",
         "Statements that PostgreSQL refused or lost.", statement_errors, out);
  const char* limited = "productgraph_sidecar_rate_limited_total";
  Head(limited, "counter", "Requests refused with 429, by limit.", out);
  for (std::size_t i = 0; i < kLimitCount; ++i)
    out += std::string(limited) + "{limit=\"" + std::string(LimitName(static_cast<LimitedBy>(i))) + "\"} " +
           std::to_string(limited_[i].load(std::memory_order_relaxed)) + "\n";
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
  Single("productgraph_sidecar_buffer_bytes", "gauge", "Bytes of bodies held in memory.", buffer_bytes, out);
  Single("productgraph_sidecar_pool_up", "gauge", "Healthy connections to PostgreSQL.", pool_up, out);
  Single("productgraph_sidecar_pool_size", "gauge", "Connections to PostgreSQL when all is well.", pool_size,
         out);
  Single("productgraph_sidecar_workers_up", "gauge", "Threads with a healthy connection to PostgreSQL.",
         workers_up, out);
  Head("productgraph_sidecar_statement_requests", "histogram", "Requests committed by one statement.", out);
  statement_requests.Print("productgraph_sidecar_statement_requests", out);
  Head("productgraph_sidecar_statement_seconds", "histogram", "Time PostgreSQL took for one statement.", out);
  statement_seconds.Print("productgraph_sidecar_statement_seconds", out);
  Head("productgraph_sidecar_request_seconds", "histogram", "From a request's first byte to its answer.",
       out);
  request_seconds.Print("productgraph_sidecar_request_seconds", out);
  return out;
}

}  // namespace productgraph::sidecar
