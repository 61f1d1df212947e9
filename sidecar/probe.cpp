#include "probe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdio>
#include <exception>
#include <string>

#include "http_types.hpp"

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

// Beyond what /ready gives PostgreSQL.
constexpr std::chrono::seconds kMargin{2};

// A server that listens on every address is asked on the loopback.
tcp::endpoint ListensAt(const Config& config) {
  boost::system::error_code error;
  asio::ip::address address = asio::ip::make_address(config.address, error);
  if (error) throw ConfigError("address: not an IP address");
  if (config.port == 0) throw ConfigError("port: 0 does not tell which port to ask");
  if (address.is_unspecified()) {
    if (address.is_v6()) {
      address = asio::ip::address_v6::loopback();
    } else {
      address = asio::ip::address_v4::loopback();
    }
  }
  return {address, static_cast<std::uint16_t>(config.port)};
}

template <class Stream>
asio::awaitable<Reply> Get(Stream& stream, std::string_view path) {
  http::request<http::empty_body> request(http::verb::get, ToBeast(path), 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "close");
  co_await http::async_write(stream, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer;
  Reply reply;
  co_await http::async_read(stream, buffer, reply, asio::use_awaitable);
  co_return reply;
}

asio::awaitable<Reply> Ask(tcp::endpoint at, bool with_tls, std::string_view path) {
  tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect(at, asio::use_awaitable);
  if (!with_tls) co_return co_await Get(socket, path);
  // The certificate is for the name that clients use, which is not asked for here.
  ssl::context context(ssl::context::tls_client);
  context.set_verify_mode(ssl::verify_none);
  ssl::stream<tcp::socket&> stream(socket, context);
  co_await stream.async_handshake(ssl::stream_base::client, asio::use_awaitable);
  co_return co_await Get(stream, path);
}

std::string WhatOf(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

}  // namespace

int Probe(const Config& config, std::string_view path) {
  const tcp::endpoint at = ListensAt(config);
  unsigned status = 0;
  std::string answer = "no answer in time";
  asio::io_context io;
  asio::co_spawn(io, Ask(at, !config.tls_certificate_file.empty(), path),
                 [&](const std::exception_ptr& error, const Reply& reply) {
                   answer = error ? WhatOf(error) : reply.body();
                   if (!error) status = reply.result_int();
                 });
  io.run_for(config.ready_timeout + kMargin);
  if (status == 200) {
    std::printf("%s\n", answer.c_str());
    return 0;
  }
  const std::string code = status == 0 ? "" : std::to_string(status) + " ";
  std::fprintf(stderr, "productgraph-sidecar: %.*s: %s%s\n", static_cast<int>(path.size()), path.data(),
               code.c_str(), answer.c_str());
  return 1;
}

}  // namespace productgraph::sidecar
