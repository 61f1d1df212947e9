#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config.hpp"
#include "event_store.hpp"
#include "ingest_queue.hpp"
#include "key_uses.hpp"
#include "metrics.hpp"

namespace productgraph::sidecar {

class IngestConnection;

// Somebody who waits to hear whether the database takes events.
struct ReadyProbe {
  explicit ReadyProbe(boost::asio::io_context& io) : done(io) {}
  boost::asio::steady_timer done;
  std::optional<std::string> reason;  // empty text means ready
};
using ReadyProbes = std::vector<std::shared_ptr<ReadyProbe>>;

// One worker's way to the database: a queue, and connections that each take all that is pending whenever they
// are free. Under load that groups requests into few commits; without load a request goes out at once. Of one
// thread.
class IngestPool : public EventStore {
 public:
  IngestPool(boost::asio::io_context& io, boost::asio::thread_pool& starter, const Config& config,
             Metrics& metrics, std::size_t connections, std::size_t queue_requests);
  ~IngestPool() override;

  // Coroutines of the connections hold no ownership: the pool must outlive the io_context's run.
  void Start();
  // Connections end; to be called when nobody waits for an answer.
  void Stop();

  bool Healthy() const override { return up_ > 0; }
  boost::asio::awaitable<IngestResult> Ingest(IngestRequest request, BudgetShare share,
                                              TimePoint deadline) override;
  boost::asio::awaitable<std::string> AskReady(TimePoint deadline) override;

  // What follows is for the connections.
  IngestQueue& Queue() { return queue_; }
  KeyUses& Uses() { return uses_; }
  bool Stopping() const { return stopping_; }
  bool HasProbes() const { return !probes_.empty(); }
  ReadyProbes TakeProbes();
  static void AnswerProbes(const ReadyProbes& probes, const std::string& reason);
  void MarkUp();
  void MarkDown();
  void NoteFailure(std::string reason);
  void AddIdle(IngestConnection& connection);
  void RemoveIdle(IngestConnection& connection);
  void WakeOne();

 private:
  void FailPending();

  boost::asio::io_context& io_;
  Metrics& metrics_;
  IngestQueue queue_;
  KeyUses uses_;
  std::vector<std::unique_ptr<IngestConnection>> connections_;
  std::vector<IngestConnection*> idle_;
  IngestConnection* waking_ = nullptr;  // was woken and has not looked into the queue yet
  ReadyProbes probes_;
  std::string reason_ = "connecting to the database";
  std::size_t up_ = 0;
  bool stopping_ = false;
};

}  // namespace productgraph::sidecar
