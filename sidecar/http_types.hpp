#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <iterator>
#include <string_view>

namespace productgraph::sidecar {

namespace http = boost::beast::http;

using RequestHead = http::request_header<http::fields>;
using Reply = http::response<http::string_body>;

// Beast's string views changed type between Boost releases; ours is the standard one.
template <class BeastView>
std::string_view ToView(const BeastView& view) {
  return {view.data(), view.size()};
}

inline boost::beast::string_view ToBeast(std::string_view view) {
  return {view.data(), view.size()};
}

// The value of a header that was sent once; empty when it was not, or more than once.
inline std::string_view OnlyValue(const RequestHead& head, std::string_view name) {
  const auto [first, end] = head.equal_range(ToBeast(name));
  if (first == end || std::next(first) != end) return {};
  return ToView(first->value());
}

// ASCII only, as HTTP tokens are.
inline char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (LowerAscii(a[i]) != LowerAscii(b[i])) return false;
  return true;
}

inline std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

inline bool IsPrintableAscii(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x20 || c > 0x7e) return false;
  return true;
}

}  // namespace productgraph::sidecar
