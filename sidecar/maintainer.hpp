#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>

#include "config.hpp"
#include "metrics.hpp"
#include "pg_connection.hpp"

namespace productgraph::sidecar {

// What a call of maintain() returned.
struct MaintenanceReport {
  bool left_to_another = false;
  std::int64_t failed = 0;      // tasks
  std::int64_t unfinished = 0;  // tasks that did as much as one call does
  std::int64_t packed = 0;      // events
};

// Of rows (task, done), as text.
MaintenanceReport ReadMaintenance(const PGresult* rows);

// Calls maintain() in the database every maintain-interval-seconds, give or take a tenth, over a connection
// of its own that is open meanwhile only. Of several sidecars, and other sessions, one does it: the database
// lets none begin beside another, and what any of them did lately counts for all. On a thread that serves no
// requests: that of `io`.
class Maintainer {
 public:
  // All outlive the io_context's run.
  Maintainer(boost::asio::io_context& io, boost::asio::thread_pool& starter, const Config& config,
             Metrics& metrics);

  // Nothing when it is off.
  void Start();
  // Gives up what is under way, which the server then cancels.
  void Stop();

 private:
  using TimePoint = PgConnection::TimePoint;

  boost::asio::awaitable<void> Run();
  boost::asio::awaitable<void> Round();
  boost::asio::awaitable<MaintenanceResult> Maintain();
  // Whether a run that any session finished lately will do. Notes when the last one was.
  boost::asio::awaitable<bool> WasDoneLately();
  boost::asio::awaitable<MaintenanceResult> CallUntilFinished();
  boost::asio::awaitable<void> Pause(std::chrono::milliseconds least, std::chrono::milliseconds most);

  boost::asio::io_context& io_;
  const Config& config_;
  Metrics& metrics_;
  PgConnection connection_;
  const std::chrono::milliseconds interval_;
  MaintenanceResult last_ = MaintenanceResult::kDone;
  bool stopping_ = false;
};

}  // namespace productgraph::sidecar
