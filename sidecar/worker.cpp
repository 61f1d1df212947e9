#include "worker.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "log.hpp"
#include "session.hpp"

namespace productgraph::sidecar {

namespace asio = boost::asio;
using asio::ip::tcp;

Worker::Worker(const Shared& shared, std::size_t connections, std::size_t queue_requests)
    : io_(1),
      pool_(io_, shared.starter, shared.config, shared.metrics, connections, queue_requests),
      services_{shared.config,  shared.handler, shared.metrics,  shared.budget,
                shared.proxies, shared.limits,  shared.stopping, pool_},
      tls_(shared.tls) {}

Worker::~Worker() {
  Join();
}

tcp::endpoint Worker::Listen(const tcp::endpoint& at) {
  tcp::acceptor acceptor = ListenShared(io_, at);
  const tcp::endpoint bound = acceptor.local_endpoint();
  listener_.emplace(io_, std::move(acceptor), services_.config, services_.metrics,
                    [this](tcp::socket socket) { AddSession(std::move(socket)); });
  return bound;
}

void Worker::Start(std::function<void()> on_end) {
  pool_.Start();
  listener_->Start();
  thread_ = std::thread([this, on_end = std::move(on_end)] {
    for (;;) {
      try {
        io_.run();
        break;
      } catch (const std::exception& error) {
        // Coroutines catch their own; what is left is a handler that ran out of memory.
        Log(LogLevel::kError, "an event handler failed", {{"detail", error.what()}});
      }
    }
    on_end();
  });
}

void Worker::Stop() {
  asio::post(io_, [this] { Drain(); });
}

void Worker::Join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::AddSession(tcp::socket socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  if (error) return;  // gone already
  auto session = std::make_shared<Session>(std::move(socket), tls_ ? tls_->Current() : nullptr, peer,
                                           services_, [this](Session* s) { EndSession(s); });
  sessions_.insert(session.get());
  session->Start();
}

void Worker::EndSession(Session* session) {
  sessions_.erase(session);
  if (draining_ && sessions_.empty()) pool_.Stop();
}

void Worker::Drain() {
  listener_->Stop();
  draining_ = true;
  const std::vector<Session*> sessions(sessions_.begin(), sessions_.end());
  for (Session* session : sessions) session->Drain();
  if (sessions_.empty()) pool_.Stop();
}

}  // namespace productgraph::sidecar
