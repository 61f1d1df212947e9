// Settings of a client, and what it tells of its work.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "productgraph/event.hpp"
#include "productgraph/export.hpp"

namespace productgraph {

// Something that went wrong, for the log of the application.
struct Problem {
  std::string
      code;  // "retry", "rejected", "dropped" or "disabled"; of one event the server's, such as "required"
  std::string message;
  std::string event_id;      // of the event concerned, else empty
  std::uint64_t events = 0;  // how many are lost by it; 0 when they will be sent again
};

struct Config {
  std::string project_id;
  std::string endpoint =
      "http://127.0.0.1:8080";  // of the sidecar, without /v1/events; empty disables the client
  std::string api_key;
  std::string
      ca_file;  // PEM of the authorities that an https endpoint is verified by; empty: those of the system
  bool enabled = true;  // false: everything may be called, and nothing happens
  // Of events that have none of their own, such as those of background jobs; by default "server-" and a new
  // id.
  std::string session_id;

  // Fields that every event carries which has no such field of its own, such as service.name.
  Event::Fields attributes;

  std::size_t batch_size = 50;                     // events in a request, 1 to 1,000
  std::chrono::milliseconds batch_interval{5000};  // the longest that an event waits for others
  std::size_t max_batch_bytes = 500'000;           // of a request before compression
  std::size_t max_queue = 1000;                    // events; when it is full the oldest are dropped

  std::chrono::milliseconds retry_base{1000};  // the first pause; doubled each time, and 0.5 to 1 times that
  std::chrono::milliseconds retry_max{30'000};
  // Of a batch that is answered 500, which may be its own fault; then it is dropped. Outages are waited out.
  int max_retries = 10;
  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds close_timeout{5000};  // what Close() and the destructor take at most

  double sample_rate =
      1;                // the part of the sessions that is tracked; a session is tracked whole or not at all
  bool consent = true;  // see Client::SetConsent()

  // Replaces card numbers by [card]; keys, tokens, and what is called password or the like by [token].
  bool redact_secrets = true;
  // Sees each event after that, and may change it; false keeps it back, an exception drops it. Called on the
  // threads that track, several at once.
  std::function<bool(Event&)> redact;
  // Called on the client's own thread, which sends nothing meanwhile. May track; Flush() and Close() fail
  // there, and destroying the client is an error.
  std::function<void(const Problem&)> on_error;
  // What time it is, for event.timestamp and ids; by default the system's clock.
  std::function<std::chrono::system_clock::time_point()> clock;
};

// From PRODUCTGRAPH_ENABLED (false unless "true" or "1"), _PROJECT_ID, _ENDPOINT, _API_KEY, _BATCH_SIZE and
// _BATCH_INTERVAL ("5s", "500ms"; a bare number is seconds). What cannot be read keeps its default.
PRODUCTGRAPH_API Config ConfigFromEnvironment();

// Events, counted since the client was made; tracked = sent + rejected + dropped + discarded + queued.
struct Stats {
  std::uint64_t tracked = 0;    // calls
  std::uint64_t sent = 0;       // stored, by an answer that says so
  std::uint64_t rejected = 0;   // refused by the server, which would refuse them again
  std::uint64_t dropped = 0;    // lost: queue full, given up, too large, tracked after Close()
  std::uint64_t discarded = 0;  // on purpose: disabled, no consent, not in the sample, kept back by `redact`
  std::uint64_t queued = 0;     // waiting or on their way
  std::uint64_t retries = 0;    // requests that were not taken, and sent again
};

}  // namespace productgraph
