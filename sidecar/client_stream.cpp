#include "client_stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace productgraph::sidecar {

namespace asio = boost::asio;

asio::awaitable<ClientStream::error_code> ClientStream::Handshake() {
  error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                 asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<void> ClientStream::SayGoodbye() {
  error_code ignored;
  co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace productgraph::sidecar
