// Sends events to ProductGraph from a C++ service.
//
//   productgraph::Client client(productgraph::ConfigFromEnvironment());
//   client.Track(productgraph::Event::PageView("/cart").Session("sess-1"));
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "productgraph/api_call.hpp"
#include "productgraph/config.hpp"
#include "productgraph/correlation.hpp"
#include "productgraph/event.hpp"
#include "productgraph/export.hpp"

namespace productgraph {

// Queues events and sends them in batches from a thread of its own. Any number of threads may use it. Nothing
// throws, and nothing but Flush(), Close() and the destructor waits for the network; what goes wrong is
// counted in stats() and told to Config::on_error. The child of a fork() needs a client of its own.
class PRODUCTGRAPH_API Client {
 public:
  explicit Client(Config config) noexcept;
  // Closes, within Config::close_timeout.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Queues an event, in microseconds. Its session, request and user are its own, else those of `correlation`
  // or of the CorrelationScope around the call.
  void Track(Event event) noexcept;
  void Track(Event event, const Correlation& correlation) noexcept;
  void TrackApiCall(std::string_view method, std::string_view path, int status,
                    std::chrono::duration<double, std::milli> duration) noexcept;
  void TrackError(std::string_view type, std::string_view message, std::string_view component = {}) noexcept;
  void TrackJourneyStep(std::string_view journey_id, std::string_view step_id,
                        std::string_view step_name = {}) noexcept;

  // Without consent nothing is collected, and what is queued is thrown away.
  void SetConsent(bool consent) noexcept;

  // Sends what was tracked so far without waiting for more. True when none of it is left; false when that
  // took longer than `timeout`, and it goes on in the background.
  bool Flush(std::chrono::milliseconds timeout = std::chrono::seconds(10)) noexcept;
  // Flushes and stops. What cannot be sent in time, or is tracked later, is dropped. True when nothing had to
  // be.
  bool Close() noexcept;
  bool Close(std::chrono::milliseconds timeout) noexcept;

  Stats stats() const noexcept;

 private:
  class Impl;

  template <class Make>
  void TrackMade(Make make) noexcept;

  std::unique_ptr<Impl> impl_;  // null when there was no memory for it
};

}  // namespace productgraph
