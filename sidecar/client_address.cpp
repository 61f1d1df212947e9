#include "client_address.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "config.hpp"

namespace productgraph::sidecar {
namespace {

namespace ip = boost::asio::ip;
using Bytes = ip::address_v6::bytes_type;

constexpr unsigned kBits = 128;
constexpr unsigned kMappedBits = 96;  // before an IPv4 address that is written as IPv6
constexpr std::size_t kMaxForwarded = 32;

// Both families in one form.
Bytes BytesOf(const ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

bool SamePrefix(const Bytes& a, const Bytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - bits % 8));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

std::optional<ip::address> ParseAddress(std::string_view text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return address;
}

// Proxies write "192.0.2.1", "192.0.2.1:4711", "2001:db8::1" and "[2001:db8::1]:4711".
std::optional<ip::address> ParseForwarded(std::string_view text) {
  if (!text.empty() && text.front() == '[') return ParseAddress(text.substr(1, text.find(']') - 1));
  if (std::count(text.begin(), text.end(), ':') == 1) text = text.substr(0, text.find(':'));
  return ParseAddress(text);
}

// The last entries of all X-Forwarded-For headers, nearest proxy first.
std::vector<std::string_view> Forwarded(const RequestHead& head) {
  std::vector<std::string_view> entries;
  auto [field, end] = head.equal_range("X-Forwarded-For");
  for (; field != end; ++field) {
    std::string_view list = ToView(field->value());
    for (;;) {
      const std::size_t comma = list.find(',');
      entries.push_back(TrimBlanks(list.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      list = list.substr(comma + 1);
    }
  }
  std::reverse(entries.begin(), entries.end());
  entries.resize(std::min(entries.size(), kMaxForwarded));
  return entries;
}

}  // namespace

TrustedProxies::TrustedProxies(std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view entry = TrimBlanks(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (!entry.empty()) networks_.push_back(ParseNetwork(entry));
  }
}

TrustedProxies::Network TrustedProxies::ParseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = ParseAddress(text.substr(0, slash));
  const unsigned longest = address && address->is_v4() ? kBits - kMappedBits : kBits;
  unsigned bits = longest;
  bool valid = address.has_value();
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    valid = valid && error == std::errc() && end == digits.data() + digits.size() && bits <= longest;
  }
  if (!valid)
    throw ConfigError("trusted-proxies: \"" + std::string(text) +
                      "\" is no address and no network such as 10.0.0.0/8");
  return {BytesOf(*address), bits + kBits - longest};
}

bool TrustedProxies::Contains(const ip::address& address) const {
  const Bytes bytes = BytesOf(address);
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& n) { return SamePrefix(bytes, n.bytes, n.bits); });
}

ip::address TrustedProxies::ClientOf(const ip::address& peer, const RequestHead& head) const {
  if (networks_.empty() || !Contains(peer)) return peer;
  ip::address client = peer;
  for (const std::string_view entry : Forwarded(head)) {
    const auto address = ParseForwarded(entry);
    if (!address) break;
    client = *address;
    if (!Contains(client)) break;
  }
  return client;
}

std::string LimitedAddress(const ip::address& address) {
  constexpr std::size_t kNetworkBytes = 8;
  const Bytes bytes = BytesOf(address);
  const bool is_v4 = address.is_v4() || address.to_v6().is_v4_mapped();
  return {bytes.begin(), is_v4 ? bytes.end() : bytes.begin() + kNetworkBytes};
}

}  // namespace productgraph::sidecar
