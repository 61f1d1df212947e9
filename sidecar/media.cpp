#include "media.hpp"

#include "http_types.hpp"

namespace productgraph::sidecar {

std::optional<std::string_view> FormatOf(std::string_view content_type) {
  const std::string_view type = TrimBlanks(content_type.substr(0, content_type.find(';')));
  // text/plain is what sendBeacon can send across origins without a preflight.
  if (type.empty() || EqualIgnoringCase(type, "application/json") || EqualIgnoringCase(type, "text/plain"))
    return "json";
  if (EqualIgnoringCase(type, "application/x-ndjson")) return "ndjson";
  return std::nullopt;
}

std::optional<Coding> CodingOf(std::string_view content_encoding) {
  const std::string_view coding = TrimBlanks(content_encoding);
  if (coding.empty() || EqualIgnoringCase(coding, "identity")) return Coding::kIdentity;
  if (EqualIgnoringCase(coding, "gzip") || EqualIgnoringCase(coding, "x-gzip")) return Coding::kGzip;
  return std::nullopt;
}

}  // namespace productgraph::sidecar
