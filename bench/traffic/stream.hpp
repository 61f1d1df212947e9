#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/traffic/event.hpp"
#include "bench/traffic/event_json.hpp"

namespace productgraph::bench {

struct TrafficOptions {
  std::uint64_t seed = 1;
  std::uint32_t users = 2000;
  std::int64_t begin = 0;  // visits start in [begin, end)
  std::int64_t end = 0;
  std::int64_t arrivals_end = 0;  // nothing arrives at or after this; 0: no bound
  std::string project = "proj_demo";
  EventIds ids = EventIds::kTimed;
};

// All events of all visitors, in the order in which they reach the server. An event depends on seed, visitor
// and calendar day only, so two streams whose windows overlap have identical events there.
class TrafficStream {
 public:
  explicit TrafficStream(TrafficOptions options);

  // Appends the next event's JSON and says its type; false at the end, with *out untouched.
  bool Next(std::string* out, EventType* type);

  // When the last event arrives, between begin and roughly end: how far the stream has come.
  std::int64_t now() const { return now_; }
  std::uint64_t visits() const { return next_planned_; }

 private:
  struct PlannedVisit {
    std::int64_t start;
    std::uint32_t user;
  };
  struct RunningVisit {
    std::vector<Event> events;
    std::size_t next = 0;
    SessionJson json;
  };
  struct Due {
    std::int64_t arrival;
    std::uint32_t slot;  // in running_
  };

  void PlanDay(std::int64_t day);
  void StartVisit(const PlannedVisit& visit);

  TrafficOptions options_;
  std::int64_t now_;
  std::vector<PlannedVisit> planned_;  // by start
  std::size_t next_planned_ = 0;
  std::vector<RunningVisit> running_;  // slots are reused, with their memory
  std::vector<std::uint32_t> free_slots_;
  std::vector<Due> due_;  // heap, earliest first
};

}  // namespace productgraph::bench
