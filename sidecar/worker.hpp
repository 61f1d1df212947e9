#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <thread>
#include <unordered_set>

#include "ingest_pool.hpp"
#include "listener.hpp"
#include "services.hpp"
#include "tls_identity.hpp"

namespace productgraph::sidecar {

class Session;

// What all workers share; all of it outlives them.
struct Shared {
  const Config& config;
  const Handler& handler;
  Metrics& metrics;
  ByteBudget& budget;
  const TrustedProxies& proxies;
  RateLimits& limits;
  const TlsIdentity* tls;  // null = plain HTTP
  const std::atomic<bool>& stopping;
  boost::asio::thread_pool& starter;
};

// A thread with everything of its own: event loop, listening socket, sessions, queue and database
// connections. Workers never wait for one another.
class Worker {
 public:
  Worker(const Shared& shared, std::size_t connections, std::size_t queue_requests);
  ~Worker();

  // Throws boost::system::system_error.
  boost::asio::ip::tcp::endpoint Listen(const boost::asio::ip::tcp::endpoint& at);
  // on_end runs on the worker's thread as its last act.
  void Start(std::function<void()> on_end);
  // From any thread, when the stopping flag is set: ends when the requests in flight are answered.
  void Stop();
  void Join();

 private:
  void AddSession(boost::asio::ip::tcp::socket socket);
  void EndSession(Session* session);
  void Drain();

  // Sessions live in the event loop and look at these to the end, so these go last.
  std::unordered_set<Session*> sessions_;
  bool draining_ = false;
  boost::asio::io_context io_;
  IngestPool pool_;
  Services services_;
  const TlsIdentity* tls_;
  std::optional<Listener> listener_;
  std::thread thread_;
};

}  // namespace productgraph::sidecar
