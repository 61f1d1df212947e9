// The events that wait to be sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace productgraph {

struct QueuedEvent {
  std::string json;
  std::chrono::steady_clock::time_point since;
  std::uint64_t number = 0;  // in the order of tracking
};

struct Batch {
  std::vector<QueuedEvent> events;
  int failures = 0;  // how often it was answered 500
};

struct QueueLimits {
  std::size_t events = 0;  // in all
  std::size_t batch_events = 0;
  std::size_t batch_bytes = 0;  // of a body; an event larger than that goes alone
};

// In the order of tracking. What was sent in vain returns to the front and is taken again as it was sent. Not
// safe across threads.
class EventQueue {
 public:
  explicit EventQueue(const QueueLimits& limits) : limits_(limits) {}

  // Returns how many of the oldest were dropped to make room.
  std::size_t Add(std::string json, std::chrono::steady_clock::time_point now);
  // The next batch; not from an empty queue.
  Batch Take();
  // Return what was taken last. They return how many were dropped, as Add().
  std::size_t PutBack(Batch batch);
  std::size_t PutBackHalves(Batch batch);
  // Returns how many there were.
  std::size_t Clear();

  bool empty() const { return events_.empty(); }
  std::size_t size() const { return events_.size(); }
  const QueuedEvent& front() const { return events_.front(); }
  // The number of the next event to be added.
  std::uint64_t next_number() const { return next_number_; }
  // Whether there is no reason to wait for more.
  bool HasBatch() const {
    return !returned_.empty() || events_.size() >= limits_.batch_events || bytes_ >= limits_.batch_bytes;
  }

 private:
  struct Returned {
    std::size_t events;
    int failures;
  };

  void InsertFirst(std::vector<QueuedEvent> events);
  std::size_t DropOldest();
  std::size_t CountForBatch() const;

  const QueueLimits limits_;
  std::deque<QueuedEvent> events_;
  std::deque<Returned> returned_;  // the batches at the front
  std::size_t bytes_ = 0;          // of events_
  std::uint64_t next_number_ = 0;
};

// {"events":[…]}
std::string BatchBody(const Batch& batch);

}  // namespace productgraph
