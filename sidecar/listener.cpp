#include "listener.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <string>
#include <utility>

#include "answer.hpp"
#include "log.hpp"
#include "request_id.hpp"

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::chrono::milliseconds kErrorPause{100};

// Said without having read the request.
std::string TooManyConnections() {
  const std::string id = MakeRequestId();
  const std::string body = ErrorAnswer(503, "overloaded", "too many connections", id).body;
  return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: "
         "1\r\nX-Request-ID: " +
         id + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Connections that reached us but were reset before we took them: nothing is wrong here.
bool IsTheirs(const error_code& error) {
  return error == asio::error::connection_aborted || error == asio::error::connection_reset ||
         error == asio::error::interrupted;
}

}  // namespace

tcp::acceptor ListenShared(asio::io_context& io, const tcp::endpoint& at) {
  tcp::acceptor acceptor(io);
  acceptor.open(at.protocol());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  acceptor.set_option(ReusePort(true));
  acceptor.bind(at);
  acceptor.listen(asio::socket_base::max_listen_connections);
  return acceptor;
}

void CheckPortIsFree(const tcp::endpoint& at) {
  if (at.port() == 0) return;
  asio::io_context io;
  tcp::acceptor probe(io);
  probe.open(at.protocol());
  probe.set_option(asio::socket_base::reuse_address(true));
  probe.bind(at);
}

Listener::Listener(asio::io_context& io, tcp::acceptor acceptor, const Config& config, Metrics& metrics,
                   OnSocket on_socket)
    : io_(io),
      acceptor_(std::move(acceptor)),
      pause_(io),
      config_(config),
      metrics_(metrics),
      on_socket_(std::move(on_socket)) {}

void Listener::Start() {
  asio::co_spawn(
      io_, [this] { return Run(); }, asio::detached);
}

void Listener::Stop() {
  stopping_ = true;
  error_code ignored;
  acceptor_.cancel(ignored);
  pause_.cancel();
  TakeBacklog();
  acceptor_.close(ignored);
}

asio::awaitable<void> Listener::Run() {
  bool failing = false;
  while (!stopping_) {
    tcp::socket socket(io_);
    error_code error;
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      failing = false;
      Take(std::move(socket));
      continue;
    }
    if (stopping_ || IsTheirs(error)) continue;
    metrics_.accept_errors.fetch_add(1, std::memory_order_relaxed);
    if (!failing) Log(LogLevel::kError, "cannot accept connections", {{"detail", error.message()}});
    failing = true;
    // Too many open files stays true until a connection ends: trying at once would only spin.
    pause_.expires_after(kErrorPause);
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

void Listener::TakeBacklog() {
  error_code error;
  acceptor_.non_blocking(true, error);
  while (!error) {
    tcp::socket socket(io_);
    acceptor_.accept(socket, error);
    if (!error) Take(std::move(socket));
  }
}

void Listener::Take(tcp::socket socket) {
  error_code ignored;
  if (metrics_.connections.load(std::memory_order_relaxed) >= config_.max_connections) {
    metrics_.connections_refused.fetch_add(1, std::memory_order_relaxed);
    metrics_.CountReached(Bound::kMaxConnections);
    socket.non_blocking(true, ignored);
    const std::string answer = TooManyConnections();
    socket.write_some(asio::buffer(answer), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    return;
  }
  socket.set_option(tcp::no_delay(true), ignored);
  try {
    on_socket_(std::move(socket));
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "a connection could not be served", {{"detail", error.what()}});
  }
}

}  // namespace productgraph::sidecar
