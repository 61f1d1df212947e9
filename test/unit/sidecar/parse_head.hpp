#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <limits>
#include <stdexcept>
#include <string>

#include "http_types.hpp"

namespace productgraph::sidecar {

// The head of a request as Beast reads it from the wire, so that tests see what a session would. Throws
// std::runtime_error if Beast itself refuses it.
inline RequestHead ParseHead(const std::string& text) {
  http::request_parser<http::empty_body> parser;
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  boost::system::error_code error;
  parser.put(boost::asio::buffer(text), error);
  if (error && error != http::error::unexpected_body) throw std::runtime_error(error.message());
  if (!parser.is_header_done()) throw std::runtime_error("incomplete head");
  return parser.get().base();
}

inline RequestHead PostHead(const std::string& headers, const std::string& target = "/v1/events") {
  return ParseHead("POST " + target + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
}

}  // namespace productgraph::sidecar
