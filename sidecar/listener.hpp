#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

#include "config.hpp"
#include "metrics.hpp"

namespace productgraph::sidecar {

// A socket that shares its port with those of the other workers; the kernel spreads clients over them.
boost::asio::ip::tcp::acceptor ListenShared(boost::asio::io_context& io,
                                            const boost::asio::ip::tcp::endpoint& at);

// Throws boost::system::system_error if somebody has the port already. Sockets that share a port would
// otherwise start beside another process of the same user without any error.
void CheckPortIsFree(const boost::asio::ip::tcp::endpoint& at);

// The accept loop of one worker. Of one thread.
class Listener {
 public:
  using OnSocket = std::function<void(boost::asio::ip::tcp::socket)>;

  Listener(boost::asio::io_context& io, boost::asio::ip::tcp::acceptor acceptor, const Config& config,
           Metrics& metrics, OnSocket on_socket);

  void Start();
  // Takes what has connected already, then no more.
  void Stop();

 private:
  boost::asio::awaitable<void> Run();
  void Take(boost::asio::ip::tcp::socket socket);
  void TakeBacklog();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  const Config& config_;
  Metrics& metrics_;
  OnSocket on_socket_;
  bool stopping_ = false;
};

}  // namespace productgraph::sidecar
