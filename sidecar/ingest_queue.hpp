#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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
  std::chrono::steady_clock::time_point queued_at;
  std::optional<IngestResult> result;
  bool abandoned = false;  // nobody waits any more
};

using IngestJobs = std::vector<std::shared_ptr<IngestJob>>;

// What waits for the database; of one thread. Requests of one API key wait in a lane of their own, and lanes
// take turns, so that a key that sends much delays itself and not the others; requests without a key share a
// lane. A full queue makes room for a short lane at the end of a long one, and a lane may hold so many bytes
// at most.
class IngestQueue {
 public:
  IngestQueue(Metrics& metrics, std::size_t max_requests, std::size_t max_lane_bytes)
      : metrics_(metrics), max_requests_(max_requests), max_lane_bytes_(max_lane_bytes) {}
  ~IngestQueue() { FailAll(IngestFailure::kUnavailable); }

  // kNone when it was taken in, else why not. May finish another job as overloaded.
  IngestFailure Push(std::shared_ptr<IngestJob> job);
  // What is pending, in turn, up to the limits, but at least one job however large it is; abandoned jobs are
  // dropped.
  IngestJobs Take(std::size_t max_requests, std::size_t max_bytes);
  void FailAll(IngestFailure failure);
  bool Empty() const { return requests_ == 0; }

 private:
  struct Lane {
    std::string key;
    std::deque<std::shared_ptr<IngestJob>> jobs;
    std::size_t bytes = 0;
  };
  using Lanes = std::list<Lane>;

  Lanes::iterator LaneOf(const IngestJob& job);
  bool MakeRoom(Lanes::iterator for_lane);
  std::shared_ptr<IngestJob> Remove(Lanes::iterator lane, bool newest);
  void Count(const IngestJob& job, std::int64_t change);

  Metrics& metrics_;
  const std::size_t max_requests_;
  const std::size_t max_lane_bytes_;
  std::size_t requests_ = 0;
  Lanes lanes_;  // in the order of their turns; none is empty
  std::unordered_map<std::string_view, Lanes::iterator> lane_of_key_;
};

}  // namespace productgraph::sidecar
