#include "api_key.hpp"

#include "target.hpp"

namespace productgraph::sidecar {
namespace {

constexpr std::size_t kMaxKeyBytes = 512;

std::optional<std::string> BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  authorization = TrimBlanks(authorization);
  if (authorization.size() <= kScheme.size()) return std::nullopt;
  if (!EqualIgnoringCase(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  return std::string(TrimBlanks(authorization.substr(kScheme.size())));
}

}  // namespace

std::optional<std::string> ApiKeyOf(const RequestHead& head) {
  const std::string_view header = TrimBlanks(ToView(head["X-PG-API-Key"]));
  if (!header.empty()) return std::string(header);
  if (auto token = BearerToken(ToView(head[http::field::authorization]))) return token;
  auto parameter = QueryParameter(SplitTarget(ToView(head.target())).query, "api_key");
  if (parameter && parameter->empty()) return std::nullopt;
  return parameter;
}

bool IsPlausibleApiKey(std::string_view key) {
  return key.size() <= kMaxKeyBytes && IsPrintableAscii(key);
}

}  // namespace productgraph::sidecar
