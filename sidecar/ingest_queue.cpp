#include "ingest_queue.hpp"

namespace productgraph::sidecar {

bool IngestQueue::Push(std::shared_ptr<IngestJob> job) {
  if (jobs_.size() >= max_requests_) return false;
  jobs_.push_back(std::move(job));
  Count(1);
  return true;
}

IngestJobs IngestQueue::Take(std::size_t max_requests, std::size_t max_bytes) {
  IngestJobs taken;
  std::size_t bytes = 0;
  while (!jobs_.empty() && taken.size() < max_requests) {
    if (!jobs_.front()->abandoned) {
      const std::size_t size = jobs_.front()->request.body.size();
      if (!taken.empty() && bytes + size > max_bytes) break;
      bytes += size;
      taken.push_back(std::move(jobs_.front()));
    }
    jobs_.pop_front();
    Count(-1);
  }
  return taken;
}

void IngestQueue::FailAll(IngestFailure failure) {
  Count(-static_cast<std::int64_t>(jobs_.size()));
  for (auto& job : jobs_) job->Finish(IngestResult{failure, 0, {}});
  jobs_.clear();
}

}  // namespace productgraph::sidecar
