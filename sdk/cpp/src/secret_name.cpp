#include "secret_name.hpp"

#include <algorithm>
#include <cstddef>

namespace productgraph {
namespace {

constexpr std::string_view kSecretParts[] = {"password",      "passwd", "passphrase", "secret",
                                             "token",         "apikey", "accesskey",  "privatekey",
                                             "authorization", "cookie", "cardnumber", "creditcard"};
constexpr std::string_view kSecretNames[] = {"pwd", "pin", "cvv", "cvc", "ssn"};
constexpr std::size_t kMaxName = 256;  // characters that are looked at

constexpr bool IsSeparator(char c) {
  return c == '_' || c == '-' || c == '.' || c == ' ';
}

constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

Naming NamingOf(std::string_view name) {
  char letters[kMaxName];
  std::size_t size = 0;
  for (const char c : name.substr(0, kMaxName)) {
    if (!IsSeparator(c)) letters[size++] = ToLower(c);
  }
  const std::string_view plain(letters, size);
  const auto holds = [&](std::string_view part) { return plain.find(part) != std::string_view::npos; };
  if (std::none_of(std::begin(kSecretParts), std::end(kSecretParts), holds)) {
    const bool is_secret =
        std::find(std::begin(kSecretNames), std::end(kSecretNames), plain) != std::end(kSecretNames);
    return is_secret ? Naming::kSecret : Naming::kHarmless;
  }
  return holds("token") ? Naming::kToken : Naming::kSecret;
}

}  // namespace productgraph
