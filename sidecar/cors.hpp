#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http_types.hpp"

namespace productgraph::sidecar {

// Which web pages may talk to us. Browsers send credentials with events, and then "*" is not allowed as an
// answer: the origin itself is echoed.
class CorsRules {
 public:
  // Comma separated origins ("https://shop.example,https://app.example"), or "*" for any.
  explicit CorsRules(std::string_view origins);

  bool Allows(std::string_view origin) const;

  // Headers of every answer; nothing but Vary when the origin is not allowed.
  void AddTo(std::string_view origin, Reply& reply) const;
  // Headers of the answer to a preflight, besides those.
  void AddPreflightTo(std::string_view origin, Reply& reply) const;

 private:
  bool any_ = false;
  std::vector<std::string> origins_;
};

}  // namespace productgraph::sidecar
