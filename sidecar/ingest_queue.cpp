#include "ingest_queue.hpp"

#include <iterator>

namespace productgraph::sidecar {
namespace {

using Clock = std::chrono::steady_clock;

// How many lanes are looked at for the longest: bounds what a refusal costs.
constexpr int kLanesLookedAt = 256;

}  // namespace

IngestFailure IngestQueue::Push(std::shared_ptr<IngestJob> job) {
  const auto lane = LaneOf(*job);
  const std::size_t bytes = job->request.body.size();
  IngestFailure failure = IngestFailure::kNone;
  if (!lane->jobs.empty() && lane->bytes + bytes > max_lane_bytes_) {
    failure = IngestFailure::kKeyOverloaded;
  } else if (requests_ >= max_requests_ && !MakeRoom(lane)) {
    failure = IngestFailure::kOverloaded;
  } else {
    job->queued_at = Clock::now();
    lane->bytes += bytes;
    Count(*job, 1);
    lane->jobs.push_back(std::move(job));
  }
  if (lane->jobs.empty()) {
    lane_of_key_.erase(lane->key);
    lanes_.erase(lane);
  }
  return failure;
}

IngestQueue::Lanes::iterator IngestQueue::LaneOf(const IngestJob& job) {
  const std::string_view key = job.request.key_hash ? std::string_view(*job.request.key_hash) : "";
  if (const auto known = lane_of_key_.find(key); known != lane_of_key_.end()) return known->second;
  lanes_.push_back(Lane{std::string(key), {}, 0});
  const auto lane = std::prev(lanes_.end());
  lane_of_key_.emplace(lane->key, lane);
  return lane;
}

// Drops the newest job of the longest lane, if that is longer than this one would become.
bool IngestQueue::MakeRoom(Lanes::iterator for_lane) {
  auto longest = for_lane;
  int looked_at = 0;
  for (auto lane = lanes_.begin(); lane != lanes_.end() && looked_at < kLanesLookedAt; ++lane, ++looked_at) {
    if (lane->jobs.size() > longest->jobs.size()) longest = lane;
  }
  if (longest->jobs.size() <= for_lane->jobs.size() + 1) return false;
  Remove(longest, true)->Finish(IngestResult{IngestFailure::kOverloaded, 0, {}});
  return true;
}

IngestJobs IngestQueue::Take(std::size_t max_requests, std::size_t max_bytes) {
  IngestJobs taken;
  std::size_t bytes = 0;
  const Clock::time_point now = Clock::now();
  while (!lanes_.empty() && taken.size() < max_requests) {
    const auto lane = lanes_.begin();
    const IngestJob& next = *lane->jobs.front();
    const std::size_t size = next.request.body.size();
    const bool abandoned = next.abandoned;
    if (!abandoned && !taken.empty() && bytes + size > max_bytes) break;
    lanes_.splice(lanes_.end(), lanes_, lane);
    std::shared_ptr<IngestJob> job = Remove(lane, false);
    if (abandoned) continue;
    bytes += size;
    metrics_.queue_seconds.Observe(std::chrono::duration<double>(now - job->queued_at).count());
    taken.push_back(std::move(job));
  }
  return taken;
}

// A lane goes with its last job.
std::shared_ptr<IngestJob> IngestQueue::Remove(Lanes::iterator lane, bool newest) {
  std::shared_ptr<IngestJob> job = std::move(newest ? lane->jobs.back() : lane->jobs.front());
  newest ? lane->jobs.pop_back() : lane->jobs.pop_front();
  lane->bytes -= job->request.body.size();
  Count(*job, -1);
  if (lane->jobs.empty()) {
    lane_of_key_.erase(lane->key);
    lanes_.erase(lane);
  }
  return job;
}

void IngestQueue::FailAll(IngestFailure failure) {
  while (!lanes_.empty()) Remove(lanes_.begin(), false)->Finish(IngestResult{failure, 0, {}});
}

void IngestQueue::Count(const IngestJob& job, std::int64_t change) {
  requests_ += static_cast<std::size_t>(change);
  metrics_.queue_requests.fetch_add(change, std::memory_order_relaxed);
  metrics_.queue_bytes.fetch_add(change * static_cast<std::int64_t>(job.request.body.size()),
                                 std::memory_order_relaxed);
}

}  // namespace productgraph::sidecar
