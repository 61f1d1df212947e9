#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "byte_budget.hpp"
#include "ingest_request.hpp"
#include "metrics.hpp"

namespace productgraph::sidecar {

// A request on its way to the database and back. Shared by the session that waits and whoever works on it:
// either may go first.
struct IngestJob {
  IngestJob(boost::asio::io_context& io, IngestRequest r, BudgetShare s)
      : request(std::move(r)), share(std::move(s)), done(io) {}

  void Finish(IngestResult r) {
    if (result) return;
    result = std::move(r);
    done.cancel();
  }

  IngestRequest request;
  BudgetShare share;
  boost::asio::steady_timer done;  // expires at the deadline, is cancelled by Finish
  std::optional<IngestResult> result;
  bool abandoned = false;  // nobody waits any more
};

using IngestJobs = std::vector<std::shared_ptr<IngestJob>>;

// First in, first out, bounded; of one thread.
class IngestQueue {
 public:
  IngestQueue(Metrics& metrics, std::size_t max_requests) : metrics_(metrics), max_requests_(max_requests) {}
  ~IngestQueue() { Count(-static_cast<std::int64_t>(jobs_.size())); }

  bool Push(std::shared_ptr<IngestJob> job);
  // Everything pending up to the limits, but at least one job however large it is; abandoned jobs are
  // dropped.
  IngestJobs Take(std::size_t max_requests, std::size_t max_bytes);
  void FailAll(IngestFailure failure);
  bool Empty() const { return jobs_.empty(); }

 private:
  void Count(std::int64_t change) { metrics_.queue_requests.fetch_add(change, std::memory_order_relaxed); }

  Metrics& metrics_;
  std::size_t max_requests_;
  std::deque<std::shared_ptr<IngestJob>> jobs_;
};

}  // namespace productgraph::sidecar
