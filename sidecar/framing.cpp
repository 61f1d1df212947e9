#include "framing.hpp"

#include <charconv>

namespace productgraph::sidecar {

std::string FramingFault(const RequestHead& head, Framing& framing) {
  framing = Framing{};
  if (head.count(http::field::content_length) > 1) return "more than one Content-Length header";
  if (head.count(http::field::transfer_encoding) > 1) return "more than one Transfer-Encoding header";
  if (head.count(http::field::host) > 1) return "more than one Host header";
  const bool http_1_1 = head.version() >= 11;
  if (http_1_1 && head.count(http::field::host) == 0) return "HTTP/1.1 needs a Host header";

  const bool has_length = head.count(http::field::content_length) == 1;
  if (head.count(http::field::transfer_encoding) == 1) {
    if (has_length) return "both Content-Length and Transfer-Encoding";
    if (!http_1_1) return "HTTP/1.0 has no Transfer-Encoding";
    if (!EqualIgnoringCase(TrimBlanks(ToView(head[http::field::transfer_encoding])), "chunked"))
      return "the only Transfer-Encoding understood is \"chunked\"";
    framing.chunked = true;
  }
  if (has_length) {
    const std::string_view text = TrimBlanks(ToView(head[http::field::content_length]));
    std::uint64_t length = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
      return "Content-Length must be one decimal number";
    framing.content_length = length;
  }
  return {};
}

}  // namespace productgraph::sidecar
