#include "client_address.hpp"

#include <gtest/gtest.h>

#include "config.hpp"
#include "parse_head.hpp"

namespace productgraph::sidecar {
namespace {

std::string ClientOf(const std::string& trusted, const std::string& peer, const std::string& headers) {
  return TrustedProxies(trusted).ClientOf(boost::asio::ip::make_address(peer), PostHead(headers)).to_string();
}

TEST(ClientAddress, OnlyTrustedProxiesAreBelieved) {
  struct Case {
    std::string trusted, peer, headers, client;
  };
  const Case cases[] = {
      {"", "192.0.2.1", "X-Forwarded-For: 198.51.100.1\r\n", "192.0.2.1"},
      {"10.0.0.0/8", "192.0.2.1", "X-Forwarded-For: 198.51.100.1\r\n", "192.0.2.1"},
      {"10.0.0.0/8", "10.9.8.7", "", "10.9.8.7"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
      {"10.0.0.0/8", "::ffff:10.9.8.7", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n", "198.51.100.1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 198.51.100.1, 10.1.1.1,10.2.2.2\r\n", "198.51.100.1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.1\r\n",
       "198.51.100.1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 10.1.1.1, 10.2.2.2\r\n", "10.1.1.1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 198.51.100.1:4711\r\n", "198.51.100.1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: [2001:db8::1]:4711\r\n", "2001:db8::1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: unknown\r\n", "10.9.8.7"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: 198.51.100.1, [\r\n", "10.9.8.7"},
      {"10.0.0.0/8", "10.9.8.7", "X-Forwarded-For: ,\r\n", "10.9.8.7"},
      {"2001:db8::/33, ::1", "2001:db8:7fff::1", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
      {"2001:db8::/33, ::1", "2001:db8:8000::1", "X-Forwarded-For: 192.0.2.1\r\n", "2001:db8:8000::1"},
      {"2001:db8::/33, ::1", "::1", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
      {"0.0.0.0/0", "192.0.2.1", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
      {"192.0.2.130/25", "192.0.2.255", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
      {"192.0.2.130/25", "192.0.2.127", "X-Forwarded-For: 198.51.100.1\r\n", "192.0.2.127"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(ClientOf(c.trusted, c.peer, c.headers), c.client) << c.trusted << " " << c.headers;
}

TEST(ClientAddress, WrongNetworksAreNamed) {
  for (const char* list : {"x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::1/129", "10.0.0.0/8 ::1", "/8"})
    EXPECT_THROW(TrustedProxies proxies(list), ConfigError) << list;
  EXPECT_NO_THROW(TrustedProxies(" 10.0.0.0/8 ,, ::1 "));
}

TEST(ClientAddress, IsLimitedByHostOrNetwork) {
  const auto limited = [](const char* text) { return LimitedAddress(boost::asio::ip::make_address(text)); };
  EXPECT_NE(limited("192.0.2.1"), limited("192.0.2.2"));
  EXPECT_EQ(limited("192.0.2.1"), limited("::ffff:192.0.2.1"));
  EXPECT_EQ(limited("2001:db8::1"), limited("2001:db8::ffff:1"));
  EXPECT_NE(limited("2001:db8::1"), limited("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace productgraph::sidecar
