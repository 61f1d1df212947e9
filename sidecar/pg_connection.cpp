#include "pg_connection.hpp"

#include <openssl/ssl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

PgConnPtr StartConnect(const PgOptions& options) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : options) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  constexpr int kExpandDbname = 1;
  return PgConnPtr(PQconnectStartParams(names.data(), values.data(), kExpandDbname));
}

}  // namespace

PgOptions ConnectOptions(const std::string& url, const std::string& password, const char* application) {
  PgOptions options = {{"fallback_application_name", application},
                       {"keepalives_idle", "30"},
                       {"keepalives_interval", "10"},
                       {"keepalives_count", "3"},
                       {"tcp_user_timeout", "30000"}};
  if (!password.empty()) options.emplace_back("password", password);
  if (!url.empty()) options.emplace_back("dbname", url);
  options.emplace_back("client_encoding", "UTF8");
  return options;
}

PgConnection::PgConnection(asio::io_context& io, asio::thread_pool& starter)
    : io_(io), starter_(starter), wake_(std::make_shared<asio::steady_timer>(io)), socket_(io) {}

asio::awaitable<PgConnPtr> PgConnection::Start(PgOptions options, TimePoint deadline) {
  struct Started {
    PgConnPtr conn;
    bool done = false;
  };
  auto started = std::make_shared<Started>();
  asio::post(starter_, [started, wake = wake_, options = std::move(options), &io = io_] {
    PgConnPtr conn = StartConnect(options);
    asio::post(io, [started, wake, conn = std::move(conn)]() mutable {
      started->conn = std::move(conn);
      started->done = true;
      wake->cancel();
    });
  });
  while (!started->done && !TooLate(deadline)) co_await Wait(false, false, deadline);
  co_return std::move(started->conn);
}

asio::awaitable<bool> PgConnection::Connect(PgOptions options, TimePoint deadline) {
  Close();
  error_ = "the host name could not be looked up in time";
  conn_ = co_await Start(std::move(options), deadline);
  if (!conn_) co_return false;
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  if (PQstatus(conn_.get()) == CONNECTION_BAD) status = PGRES_POLLING_FAILED;
  while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
    if (TooLate(deadline)) {
      error_ = "the server did not answer in time";
      Close();
      co_return false;
    }
    // libpq may change to another socket in each poll.
    if (!Watch()) break;
    co_await Wait(status == PGRES_POLLING_READING, status == PGRES_POLLING_WRITING, deadline);
    Unwatch();
    status = PQconnectPoll(conn_.get());
  }
  if (status != PGRES_POLLING_OK || !Watch()) {
    error_ = PQerrorMessage(conn_.get());
    Close();
    co_return false;
  }
  PQsetnonblocking(conn_.get(), 1);
  PQsetNoticeReceiver(
      conn_.get(), [](void*, const PGresult*) {}, nullptr);
  error_.clear();
  co_return true;
}

asio::awaitable<SqlResult> PgConnection::Query(const char* sql, TimePoint deadline) {
  const bool sent = conn_ && PQsendQuery(conn_.get(), sql) == 1;
  return Collect(sent, deadline);
}

asio::awaitable<SqlResult> PgConnection::Prepare(const char* name, const char* sql,
                                                 const std::vector<PgParameter>& parameters,
                                                 TimePoint deadline) {
  std::vector<Oid> types;
  for (const PgParameter& parameter : parameters) types.push_back(parameter.oid);
  const int count = static_cast<int>(types.size());
  const bool sent = conn_ && PQsendPrepare(conn_.get(), name, sql, count, types.data()) == 1;
  return Collect(sent, deadline);
}

asio::awaitable<SqlResult> PgConnection::Execute(const char* name, const std::vector<PgParameter>& parameters,
                                                 TimePoint deadline) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  const std::vector<int> formats(parameters.size(), 1);
  for (const PgParameter& parameter : parameters) {
    values.push_back(parameter.data->data());
    lengths.push_back(static_cast<int>(parameter.data->size()));
  }
  const int count = static_cast<int>(parameters.size());
  constexpr int kTextResults = 0;
  const bool sent = conn_ && PQsendQueryPrepared(conn_.get(), name, count, values.data(), lengths.data(),
                                                 formats.data(), kTextResults) == 1;
  return Collect(sent, deadline);
}

asio::awaitable<SqlResult> PgConnection::Collect(bool sent, TimePoint deadline) {
  if (!sent) co_return Lost("the statement could not be sent");
  bool unsent = true;
  while (unsent || PQisBusy(conn_.get())) {
    if (unsent) {
      const int left = PQflush(conn_.get());
      if (left < 0) co_return Lost("the statement could not be sent");
      unsent = left > 0;
      if (!unsent) continue;
    }
    if (TooLate(deadline)) co_return Lost("the server did not answer in time");
    if (!HasUnread()) co_await Wait(true, unsent, deadline);
    if (PQconsumeInput(conn_.get()) != 1) co_return Lost(nullptr);
  }
  // All of the answer is here once it is not busy: a statement gives one result, and an end marker that may
  // still be under way.
  SqlResult answer;
  for (;;) {
    while (PQisBusy(conn_.get())) {
      if (TooLate(deadline)) co_return Lost("the server did not answer in time");
      if (!HasUnread()) co_await Wait(true, false, deadline);
      if (PQconsumeInput(conn_.get()) != 1) co_return Lost(nullptr);
    }
    PgResultPtr result(PQgetResult(conn_.get()));
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      if (answer.sqlstate.empty()) answer.rows = std::move(result);
      continue;
    }
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    answer.rows.reset();
    answer.sqlstate = state ? state : "08000";
  }
  // Also after a result: a commit whose end marker never came is a lost connection, not a success.
  if (PQstatus(conn_.get()) == CONNECTION_BAD) co_return Lost(nullptr);
  co_return answer;
}

asio::awaitable<void> PgConnection::WaitIdle(TimePoint deadline) {
  return Wait(true, false, deadline);
}

asio::awaitable<void> PgConnection::Wait(bool read, bool write, TimePoint deadline) {
  wake_->expires_at(deadline);
  auto wake_up = [wake = wake_](const error_code& error) {
    if (error != asio::error::operation_aborted) wake->cancel();
  };
  if (read && socket_.is_open()) socket_.async_wait(asio::posix::descriptor_base::wait_read, wake_up);
  if (write && socket_.is_open()) socket_.async_wait(asio::posix::descriptor_base::wait_write, wake_up);
  error_code ignored;
  co_await wake_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (socket_.is_open()) socket_.cancel(ignored);
}

void PgConnection::Wake() {
  wake_->cancel();
}

void PgConnection::Abort() {
  aborted_ = true;
  wake_->cancel();
}

bool PgConnection::CheckAlive() {
  if (!conn_) return false;
  const bool alive = PQconsumeInput(conn_.get()) == 1 && !PQisBusy(conn_.get());
  if (alive && PQstatus(conn_.get()) == CONNECTION_OK) return true;
  Lost("the server closed the connection");
  return false;
}

void PgConnection::Close() {
  Unwatch();
  conn_.reset();
}

bool PgConnection::HasUnread() const {
  auto* const tls = static_cast<SSL*>(PQsslStruct(conn_.get(), "OpenSSL"));
  return tls != nullptr && SSL_pending(tls) > 0;
}

// asio watches a duplicate, because libpq closes its own descriptor whenever it sees an error, and the number
// could then belong to another connection.
bool PgConnection::Watch() {
  const int fd = dup(PQsocket(conn_.get()));
  if (fd < 0) return false;
  error_code error;
  socket_.assign(fd, error);
  if (error) close(fd);
  return !error;
}

void PgConnection::Unwatch() {
  error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
}

SqlResult PgConnection::Lost(const char* why) {
  error_ = why ? why : (conn_ ? PQerrorMessage(conn_.get()) : "not connected");
  Close();
  SqlResult result;
  result.lost = true;
  return result;
}

}  // namespace productgraph::sidecar
