#include "server.hpp"

#include <utility>  // first: awaitable.hpp of Boost 1.74 uses it without including it
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <csignal>

namespace inventory {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Handle = std::function<Response(const Request&)>;

constexpr std::chrono::seconds kPatience{30};

asio::awaitable<void> ServeConnection(tcp::socket socket, const Handle& handle) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  try {
    for (bool keep_alive = true; keep_alive;) {
      Request request;
      stream.expires_after(kPatience);
      co_await beast::http::async_read(stream, buffer, request, asio::use_awaitable);
      Response response = handle(request);
      response.version(request.version());
      response.keep_alive(keep_alive = request.keep_alive());
      response.prepare_payload();
      co_await beast::http::async_write(stream, response, asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    // the client went away, or spoke no HTTP
  }
}

asio::awaitable<void> Accept(tcp::acceptor& acceptor, const Handle& handle) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), ServeConnection(std::move(socket), handle), asio::detached);
  }
}

}  // namespace

void Serve(unsigned short port, const Handle& handle) {
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), port});
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](auto, auto) { io.stop(); });
  asio::co_spawn(io, Accept(acceptor, handle), asio::detached);
  io.run();
}

}  // namespace inventory
