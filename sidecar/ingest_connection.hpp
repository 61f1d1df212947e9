#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <string>
#include <utility>
#include <vector>

#include "config.hpp"
#include "ingest_queue.hpp"
#include "metrics.hpp"
#include "pg_connection.hpp"

namespace productgraph::sidecar {

class IngestPool;

// One connection of a pool: connects for ever, and while connected commits what is pending.
class IngestConnection {
 public:
  IngestConnection(boost::asio::io_context& io, boost::asio::thread_pool& starter, const Config& config,
                   Metrics& metrics, IngestPool& pool);

  ~IngestConnection();

  // Ends when the pool stops. Never throws.
  boost::asio::awaitable<void> Run();
  void Wake() { connection_.Wake(); }
  // Gives up whatever it waits for; nobody waits for an answer any more.
  void Abort() { connection_.Abort(); }

 private:
  using TimePoint = PgConnection::TimePoint;

  boost::asio::awaitable<bool> Open();
  boost::asio::awaitable<void> Serve();
  boost::asio::awaitable<void> AnswerProbes();
  boost::asio::awaitable<std::string> CheckStore(TimePoint deadline);
  boost::asio::awaitable<std::string> CheckRole(TimePoint deadline);
  boost::asio::awaitable<std::string> PrepareStatements(TimePoint deadline);
  boost::asio::awaitable<void> NoteKeyUses();
  boost::asio::awaitable<void> Commit(IngestJobs jobs);
  boost::asio::awaitable<SqlResult> RunStatement(const IngestJobs& jobs);
  boost::asio::awaitable<void> BackOff();

  void SetState(PoolState state);
  void FinishRows(const IngestJobs& jobs, const PGresult* rows);
  static void FinishAll(const IngestJobs& jobs, IngestFailure failure);
  void NoteRefusal(std::string reason, const std::string& detail);

  const Config& config_;
  Metrics& metrics_;
  IngestPool& pool_;
  PgConnection connection_;
  PoolState state_ = PoolState::kDown;
  PgOptions options_;
  unsigned failures_ = 0;       // in a row
  std::string logged_refusal_;  // the same trouble is logged once
};

}  // namespace productgraph::sidecar
