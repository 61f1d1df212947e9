#pragma once

#include <string>
#include <string_view>

namespace productgraph::sidecar {

// Appends text as a JSON string, quotes included. Bytes that are not printable ASCII become \u00XX, so the
// result is valid JSON whatever the input.
inline void AppendJsonString(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c >= 0x20 && c < 0x7f) {
      out += static_cast<char>(c);
    } else {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  out += '"';
}

}  // namespace productgraph::sidecar
