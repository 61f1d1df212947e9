#pragma once

#include <utility>  // first: awaitable.hpp of Boost 1.74 uses it without including it
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>

#include "bench/traffic/client.hpp"
#include "bench/traffic/gzip.hpp"
#include "bench/traffic/options.hpp"
#include "bench/traffic/report.hpp"
#include "bench/traffic/stream.hpp"

namespace productgraph::bench {

// Sends a stream over several connections from one thread: whichever is free takes the next batch.
class Sender {
 public:
  Sender(const Options& options, TrafficStream* stream);

  // Returns when all is sent, or at the first answer that no retry can mend.
  Report Run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Batch {
    std::string body;
    std::uint32_t events = 0;
  };

  bool Fill(Batch* batch);
  boost::asio::awaitable<void> RunConnection();
  boost::asio::awaitable<void> SendBatch(Client* client, std::string_view body, std::uint32_t events);
  boost::asio::awaitable<void> ShowProgress();
  boost::asio::awaitable<void> Sleep(Clock::duration time);
  Clock::time_point Schedule(std::uint32_t events);
  bool IsOver() const;
  void Take(const Answer& answer, std::uint32_t events);
  void GiveUp(const Answer& answer, std::uint32_t events);
  void Finish();

  const Options& options_;
  TrafficStream& stream_;
  Report report_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer progress_timer_{io_};
  Clock::time_point started_;
  Clock::time_point next_due_;  // by --rate, the next batch
  std::uint32_t open_connections_ = 0;
  bool is_stopped_ = false;
};

}  // namespace productgraph::bench
