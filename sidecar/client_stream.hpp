#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <optional>
#include <utility>

#include "tls_identity.hpp"

namespace productgraph::sidecar {

// A client's connection, with TLS or without: what Beast reads requests from and writes answers to. Of one
// thread.
class ClientStream {
 public:
  using executor_type = boost::asio::ip::tcp::socket::executor_type;
  using error_code = boost::system::error_code;

  // Without a context it is plain.
  ClientStream(boost::asio::ip::tcp::socket socket, TlsIdentity::Context context)
      : socket_(std::move(socket)), context_(std::move(context)) {
    if (context_) tls_.emplace(socket_, *context_);
  }

  ClientStream(const ClientStream&) = delete;  // the TLS stream refers to the socket

  executor_type get_executor() { return socket_.get_executor(); }
  boost::asio::ip::tcp::socket& Socket() { return socket_; }
  bool HasTls() const { return tls_.has_value(); }

  // Both for TLS only.
  boost::asio::awaitable<error_code> Handshake();
  boost::asio::awaitable<void> SayGoodbye();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& handler, const Buffers& into) {
          if (tls_) {
            tls_->async_read_some(into, std::forward<decltype(handler)>(handler));
          } else {
            socket_.async_read_some(into, std::forward<decltype(handler)>(handler));
          }
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& handler, const Buffers& from) {
          if (tls_) {
            tls_->async_write_some(from, std::forward<decltype(handler)>(handler));
          } else {
            socket_.async_write_some(from, std::forward<decltype(handler)>(handler));
          }
        },
        token, buffers);
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  TlsIdentity::Context context_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace productgraph::sidecar
