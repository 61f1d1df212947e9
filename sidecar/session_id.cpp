#include "session_id.hpp"

namespace productgraph::sidecar {
namespace {

constexpr std::size_t kMaxSessionIdBytes = 255;

}  // namespace

std::string SessionIdOf(const RequestHead& head) {
  const std::string_view sent = TrimBlanks(OnlyValue(head, "X-Session-ID"));
  if (sent.size() > kMaxSessionIdBytes || !IsPrintableAscii(sent)) return {};
  return std::string(sent);
}

}  // namespace productgraph::sidecar
