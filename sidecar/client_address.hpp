#pragma once

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "http_types.hpp"

namespace productgraph::sidecar {

// The proxies whose word about their clients' addresses is taken.
class TrustedProxies {
 public:
  // Comma separated addresses and networks ("10.0.0.0/8, 2001:db8::/32, ::1"). Throws ConfigError.
  explicit TrustedProxies(std::string_view list);

  bool Contains(const boost::asio::ip::address& address) const;

  // Whose request this is: the peer, unless that is a trusted proxy; then the last address of X-Forwarded-For
  // that is none. What stands before it was written by strangers.
  boost::asio::ip::address ClientOf(const boost::asio::ip::address& peer, const RequestHead& head) const;

 private:
  struct Network {
    boost::asio::ip::address_v6::bytes_type bytes;
    unsigned bits;
  };
  static Network ParseNetwork(std::string_view text);

  std::vector<Network> networks_;
};

// The name under which an address is limited: a host has a whole /64 of IPv6 to send from.
std::string LimitedAddress(const boost::asio::ip::address& address);

}  // namespace productgraph::sidecar
