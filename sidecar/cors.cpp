#include "cors.hpp"

#include <algorithm>

namespace productgraph::sidecar {
namespace {

constexpr std::size_t kMaxOriginBytes = 512;

}  // namespace

CorsRules::CorsRules(std::string_view origins) {
  while (!origins.empty()) {
    const std::size_t comma = origins.find(',');
    const std::string_view origin = TrimBlanks(origins.substr(0, comma));
    origins = comma == std::string_view::npos ? std::string_view() : origins.substr(comma + 1);
    if (origin == "*") any_ = true;
    if (!origin.empty()) origins_.emplace_back(origin);
  }
}

bool CorsRules::Allows(std::string_view origin) const {
  if (origin.empty() || origin.size() > kMaxOriginBytes || !IsPrintableAscii(origin)) return false;
  return any_ || std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void CorsRules::AddTo(std::string_view origin, Reply& reply) const {
  reply.set(http::field::vary, "Origin");
  if (!Allows(origin)) return;
  reply.set(http::field::access_control_allow_origin, ToBeast(origin));
  reply.set(http::field::access_control_allow_credentials, "true");
  reply.set(http::field::access_control_expose_headers, "X-Request-ID, Retry-After");
}

void CorsRules::AddPreflightTo(std::string_view origin, Reply& reply) const {
  if (!Allows(origin)) return;
  reply.set(http::field::access_control_allow_methods, "POST, GET, HEAD, OPTIONS");
  reply.set(http::field::access_control_allow_headers,
            "Content-Type, Content-Encoding, X-PG-API-Key, Authorization, X-Session-ID, X-Request-ID");
  reply.set(http::field::access_control_max_age, "86400");
}

}  // namespace productgraph::sidecar
