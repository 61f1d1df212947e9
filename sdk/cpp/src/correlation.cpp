#include "productgraph/correlation.hpp"

#include <algorithm>

#include "event_id.hpp"

namespace productgraph {
namespace {

constexpr std::size_t kMaxId = 255;
constexpr std::size_t kMaxRequestId = 128;

thread_local const Correlation* current = nullptr;

bool IsPrintable(char c) {
  return c >= 0x20 && c < 0x7F;
}

std::string_view Usable(std::string_view id, std::size_t limit) {
  return id.size() <= limit && std::all_of(id.begin(), id.end(), IsPrintable) ? id : std::string_view();
}

std::string NewRequestId() {
  static EventIds ids;
  return ids.Next(std::chrono::system_clock::now());
}

}  // namespace

Correlation ReadCorrelation(std::string_view session_id, std::string_view request_id,
                            std::string_view user_id) {
  const std::string_view request = Usable(request_id, kMaxRequestId);
  return {std::string(Usable(session_id, kMaxId)), request.empty() ? NewRequestId() : std::string(request),
          std::string(Usable(user_id, kMaxId))};
}

CorrelationScope::CorrelationScope(Correlation correlation) noexcept
    : correlation_(std::move(correlation)), outer_(current) {
  current = &correlation_;
}

CorrelationScope::~CorrelationScope() {
  current = outer_;
}

const Correlation& CurrentCorrelation() noexcept {
  static const Correlation none;
  return current != nullptr ? *current : none;
}

}  // namespace productgraph
