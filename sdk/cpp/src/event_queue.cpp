#include "event_queue.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace productgraph {
namespace {

constexpr std::string_view kBodyStart = R"({"events":[)";
constexpr std::string_view kBodyEnd = "]}";

}  // namespace

std::string BatchBody(const Batch& batch) {
  std::size_t size = kBodyStart.size() + kBodyEnd.size();
  for (const QueuedEvent& event : batch.events) size += event.json.size() + 1;
  std::string body;
  body.reserve(size);
  body += kBodyStart;
  for (const QueuedEvent& event : batch.events) {
    if (&event != &batch.events.front()) body += ',';
    body += event.json;
  }
  body += kBodyEnd;
  return body;
}

std::size_t EventQueue::Add(std::string json, std::chrono::steady_clock::time_point now) {
  const std::size_t size = json.size();
  events_.push_back({std::move(json), now, next_number_});
  ++next_number_;
  bytes_ += size;
  return DropOldest();
}

std::size_t EventQueue::DropOldest() {
  std::size_t dropped = 0;
  for (; events_.size() > limits_.events; ++dropped) {
    bytes_ -= events_.front().json.size();
    events_.pop_front();
    if (!returned_.empty() && --returned_.front().events == 0) returned_.pop_front();
  }
  return dropped;
}

std::size_t EventQueue::CountForBatch() const {
  std::size_t count = 0;
  std::size_t bytes = kBodyStart.size() + kBodyEnd.size();
  for (const QueuedEvent& event : events_) {
    bytes += event.json.size() + 1;
    if (count == limits_.batch_events || (count > 0 && bytes > limits_.batch_bytes)) break;
    ++count;
  }
  return count;
}

Batch EventQueue::Take() {
  Batch batch;
  const std::size_t count = returned_.empty() ? CountForBatch() : returned_.front().events;
  const auto end = events_.begin() + static_cast<std::ptrdiff_t>(count);
  batch.events.reserve(count);
  std::move(events_.begin(), end, std::back_inserter(batch.events));
  events_.erase(events_.begin(), end);
  for (const QueuedEvent& event : batch.events) bytes_ -= event.json.size();
  if (!returned_.empty()) {
    batch.failures = returned_.front().failures;
    returned_.pop_front();
  }
  return batch;
}

void EventQueue::InsertFirst(std::vector<QueuedEvent> events) {
  for (const QueuedEvent& event : events) bytes_ += event.json.size();
  events_.insert(events_.begin(), std::make_move_iterator(events.begin()),
                 std::make_move_iterator(events.end()));
}

std::size_t EventQueue::PutBack(Batch batch) {
  returned_.push_front({batch.events.size(), batch.failures});
  InsertFirst(std::move(batch.events));
  return DropOldest();
}

std::size_t EventQueue::PutBackHalves(Batch batch) {
  const std::size_t first = batch.events.size() / 2;
  returned_.push_front({batch.events.size() - first, batch.failures});
  returned_.push_front({first, batch.failures});
  InsertFirst(std::move(batch.events));
  return DropOldest();
}

std::size_t EventQueue::Clear() {
  const std::size_t count = events_.size();
  events_.clear();
  returned_.clear();
  bytes_ = 0;
  return count;
}

}  // namespace productgraph
