#include "ingest_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include "ingest_connection.hpp"

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;

}  // namespace

IngestPool::IngestPool(asio::io_context& io, asio::thread_pool& starter, const Config& config,
                       Metrics& metrics, std::size_t connections, std::size_t queue_requests)
    : io_(io),
      metrics_(metrics),
      queue_(metrics, queue_requests, static_cast<std::size_t>(config.queue_key_bytes / config.workers)) {
  for (std::size_t i = 0; i < connections; ++i)
    connections_.push_back(std::make_unique<IngestConnection>(io, starter, config, metrics, *this));
}

IngestPool::~IngestPool() = default;

void IngestPool::Start() {
  for (auto& connection : connections_)
    asio::co_spawn(
        io_, [c = connection.get()] { return c->Run(); }, asio::detached);
}

void IngestPool::Stop() {
  stopping_ = true;
  for (auto& connection : connections_) connection->Abort();
}

asio::awaitable<IngestResult> IngestPool::Ingest(IngestRequest request, BudgetShare share,
                                                 TimePoint deadline) {
  IngestResult result;
  if (!Healthy()) {
    result.failure = IngestFailure::kUnavailable;
    co_return result;
  }
  auto job = std::make_shared<IngestJob>(io_, std::move(request), std::move(share));
  job->done.expires_at(deadline);
  result.failure = queue_.Push(job);
  if (result.failure != IngestFailure::kNone) co_return result;
  WakeOne();
  boost::system::error_code ignored;
  co_await job->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (job->result) co_return std::move(*job->result);
  job->abandoned = true;
  result.failure = IngestFailure::kTimeout;
  co_return result;
}

asio::awaitable<std::string> IngestPool::AskReady(TimePoint deadline) {
  if (!Healthy()) co_return reason_;
  auto probe = std::make_shared<ReadyProbe>(io_);
  probe->done.expires_at(deadline);
  probes_.push_back(probe);
  WakeOne();
  boost::system::error_code ignored;
  co_await probe->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (probe->reason) co_return *probe->reason;
  probes_.erase(std::remove(probes_.begin(), probes_.end(), probe), probes_.end());
  co_return std::string("the database did not answer in time");
}

ReadyProbes IngestPool::TakeProbes() {
  return std::exchange(probes_, {});
}

void IngestPool::AnswerProbes(const ReadyProbes& probes, const std::string& reason) {
  for (const auto& probe : probes) {
    probe->reason = reason;
    probe->done.cancel();
  }
}

void IngestPool::MarkUp() {
  if (++up_ == 1) metrics_.workers_up.fetch_add(1, std::memory_order_relaxed);
  metrics_.pool_up.fetch_add(1, std::memory_order_relaxed);
}

void IngestPool::MarkDown() {
  --up_;
  metrics_.pool_up.fetch_sub(1, std::memory_order_relaxed);
  if (up_ > 0) return;
  metrics_.workers_up.fetch_sub(1, std::memory_order_relaxed);
  FailPending();
}

void IngestPool::NoteFailure(std::string reason) {
  reason_ = std::move(reason);
}

void IngestPool::FailPending() {
  queue_.FailAll(IngestFailure::kUnavailable);
  AnswerProbes(TakeProbes(), reason_);
}

void IngestPool::AddIdle(IngestConnection& connection) {
  idle_.push_back(&connection);
}

void IngestPool::RemoveIdle(IngestConnection& connection) {
  if (waking_ == &connection) waking_ = nullptr;
  idle_.erase(std::remove(idle_.begin(), idle_.end(), &connection), idle_.end());
}

// One at a time: until the woken connection has run, requests of the same turn of the event loop join its
// batch.
void IngestPool::WakeOne() {
  if (waking_ != nullptr || idle_.empty()) return;
  waking_ = idle_.back();
  idle_.pop_back();
  waking_->Wake();
}

}  // namespace productgraph::sidecar
