#pragma once

#include <libpq-fe.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace productgraph::sidecar {

struct PgConnDeleter {
  void operator()(PGconn* conn) const { PQfinish(conn); }
};
struct PgResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgConnPtr = std::unique_ptr<PGconn, PgConnDeleter>;
using PgResultPtr = std::unique_ptr<PGresult, PgResultDeleter>;

struct PgParameter {
  unsigned oid;
  const std::string* data;  // binary
};

struct SqlResult {
  PgResultPtr rows;      // set when the statement succeeded
  std::string sqlstate;  // set when the server refused it
  bool lost = false;     // the connection broke or did not answer in time; it is closed

  bool Ok() const { return rows != nullptr; }
};

// By name, in libpq's words; of one that is there twice the later counts.
using PgOptions = std::vector<std::pair<std::string, std::string>>;

// What a connection of ours says: the URL (or key=value string; empty = libpq's own environment) over our
// defaults, UTF-8 over the URL.
PgOptions ConnectOptions(const std::string& url, const std::string& password, const char* application);

// libpq's non-blocking calls as awaitables. One statement at a time. Belongs to the thread of its io_context,
// and must outlive every coroutine that awaits it.
class PgConnection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  // starter runs what libpq cannot do without blocking: looking up host names.
  PgConnection(boost::asio::io_context& io, boost::asio::thread_pool& starter);

  // False when it did not succeed by the deadline; Error() says why.
  Awaitable<bool> Connect(PgOptions options, TimePoint deadline);
  Awaitable<SqlResult> Query(const char* sql, TimePoint deadline);
  Awaitable<SqlResult> Prepare(const char* name, const char* sql, const std::vector<PgParameter>& parameters,
                               TimePoint deadline);
  // Results come as text.
  Awaitable<SqlResult> Execute(const char* name, const std::vector<PgParameter>& parameters,
                               TimePoint deadline);

  // Returns when the server said something, Wake was called, or the deadline passed; also for no reason.
  Awaitable<void> WaitIdle(TimePoint deadline);
  void Wake();
  // From now on every wait fails at once, connecting included.
  void Abort();

  // Reads what arrived; closes the connection and returns false if the server has gone away.
  bool CheckAlive();
  bool IsOpen() const { return conn_ != nullptr; }
  int ServerVersion() const { return conn_ ? PQserverVersion(conn_.get()) : 0; }
  void Close();
  // libpq's text: names hosts and users but holds no secret. For logs, not for clients.
  const std::string& Error() const { return error_; }

 private:
  Awaitable<PgConnPtr> Start(PgOptions options, TimePoint deadline);
  Awaitable<SqlResult> Collect(bool sent, TimePoint deadline);
  bool TooLate(TimePoint deadline) const { return aborted_ || std::chrono::steady_clock::now() >= deadline; }
  Awaitable<void> Wait(bool read, bool write, TimePoint deadline);
  // With TLS a record may hold more than libpq had room for (PostgreSQL sends such from 17 on): the rest has
  // left the socket already, so that no wait would end for it.
  bool HasUnread() const;
  bool Watch();
  void Unwatch();
  SqlResult Lost(const char* why);

  boost::asio::io_context& io_;
  boost::asio::thread_pool& starter_;
  // Every wait is a wait of this timer; cancelling it wakes the coroutine. Shared because handlers of the
  // socket can run after the connection is gone.
  std::shared_ptr<boost::asio::steady_timer> wake_;
  PgConnPtr conn_;
  boost::asio::posix::stream_descriptor socket_;
  std::string error_;
  bool aborted_ = false;
};

}  // namespace productgraph::sidecar
