#include "ingest_connection.hpp"

#include <algorithm>
#include <exception>
#include <random>
#include <string_view>

#include "ingest_batch.hpp"
#include "ingest_pool.hpp"
#include "log.hpp"
#include "pg_error.hpp"

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFirstBackoff{50};
constexpr milliseconds kLongestBackoff{2000};
constexpr unsigned kUnauthorized = 401;  // what the database answers to a key it does not know
constexpr int kTries = 3;                // of a statement that lost a race
// The server cancels a slow statement itself; when even that is not heard of for as long again, the
// connection is dead.
constexpr int kTimeoutsUntilDead = 2;

constexpr const char* kUnreachable = "the database cannot be reached";
constexpr const char* kNotSetUp = "store not set up: run SELECT productgraph.setup()";
constexpr const char* kNoPrivilege = "the database role lacks privileges: grant it productgraph_ingest";
constexpr const char* kTooPowerful =
    "the database role may do too much: connect as a role of its own that is granted productgraph_ingest";
constexpr const char* kUntrusted =
    "the database's TLS certificate is not trusted: check sslmode and sslrootcert of database-url";
constexpr const char* kReadOnly = "the database is read-only";
constexpr const char* kNotNow = "the database cannot take events now";

constexpr const char* kReadySql =
    "SELECT pg_catalog.to_regclass('productgraph.events') IS NOT NULL, pg_catalog.pg_is_in_recovery()"
    " OR pg_catalog.current_setting('transaction_read_only') = 'on',"
    " pg_catalog.has_function_privilege('productgraph.ingest_requests(bytea[],bytea[],text[],text[])', "
    "'EXECUTE')";

// What the role could do beyond ingesting; a session of a superuser stays one after SET ROLE.
constexpr const char* kRoleSql =
    "SELECT CASE WHEN r.rolsuper THEN 'superuser' WHEN r.rolbypassrls THEN 'bypasses row-level security'"
    " ELSE 'owns the store' END FROM pg_catalog.pg_roles r"
    " WHERE r.rolname IN (current_user, session_user) AND (r.rolsuper OR r.rolbypassrls OR EXISTS ("
    "SELECT FROM pg_catalog.pg_roles o WHERE o.rolname = 'productgraph_owner'"
    " AND pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER')))";

std::string ReasonOf(const SqlResult& result) {
  if (result.lost) return kUnreachable;
  if (result.sqlstate == "42501") return kNoPrivilege;
  if (result.sqlstate == "25006") return kReadOnly;
  if (ClassifySqlState(result.sqlstate) == SqlFault::kStoreGone) return kNotSetUp;
  return kNotNow;
}

}  // namespace

IngestConnection::IngestConnection(asio::io_context& io, asio::thread_pool& starter, const Config& config,
                                   Metrics& metrics, IngestPool& pool)
    : config_(config),
      metrics_(metrics),
      pool_(pool),
      connection_(io, starter),
      options_(ConnectOptions(config.database_url, config.database_password, "productgraph-sidecar")) {
  metrics_.MovePoolState(std::nullopt, state_);
}

IngestConnection::~IngestConnection() {
  metrics_.MovePoolState(state_, std::nullopt);
}

void IngestConnection::SetState(PoolState state) {
  metrics_.MovePoolState(std::exchange(state_, state), state);
}

asio::awaitable<void> IngestConnection::Run() {
  while (!pool_.Stopping()) {
    bool opened = false;
    SetState(PoolState::kConnecting);
    try {
      opened = co_await Open();
    } catch (const std::exception& error) {
      NoteRefusal(kNotNow, error.what());
    }
    if (opened) {
      pool_.MarkUp();
      try {
        co_await Serve();
      } catch (const std::exception& error) {
        NoteRefusal(kNotNow, error.what());
      }
      pool_.RemoveIdle(*this);
      connection_.Close();
      SetState(PoolState::kDown);
      pool_.MarkDown();
      // The others of the pool may have idled while this one held the wake-up.
      pool_.WakeOne();
    }
    SetState(PoolState::kDown);
    if (!pool_.Stopping()) co_await BackOff();
  }
  connection_.Close();
}

asio::awaitable<bool> IngestConnection::Open() {
  const TimePoint deadline = Clock::now() + config_.connect_timeout;
  const bool connected = co_await connection_.Connect(options_, deadline);
  if (!connected) {
    const bool untrusted = connection_.Error().find("certificate") != std::string::npos;
    NoteRefusal(untrusted ? kUntrusted : kUnreachable, connection_.Error());
    co_return false;
  }
  const std::string set = "SET statement_timeout = " + std::to_string(config_.statement_timeout.count());
  const SqlResult timeout_set = co_await connection_.Query(set.c_str(), deadline);
  std::string reason = timeout_set.Ok() ? std::string() : ReasonOf(timeout_set);
  if (reason.empty()) reason = co_await CheckRole(deadline);
  if (reason.empty()) reason = co_await CheckStore(deadline);
  if (reason.empty()) reason = co_await PrepareStatements(deadline);
  if (!reason.empty()) {
    NoteRefusal(reason, connection_.Error());
    connection_.Close();
    co_return false;
  }
  failures_ = 0;
  metrics_.postgresql_version.store(connection_.ServerVersion(), std::memory_order_relaxed);
  if (!logged_refusal_.empty()) Log(LogLevel::kInfo, "database connection is up again");
  logged_refusal_.clear();
  co_return true;
}

asio::awaitable<std::string> IngestConnection::CheckRole(TimePoint deadline) {
  const SqlResult result = co_await connection_.Query(kRoleSql, deadline);
  if (!result.Ok()) co_return ReasonOf(result);
  if (PQntuples(result.rows.get()) == 0) co_return std::string();
  if (config_.privileged_role == "refuse") co_return std::string(kTooPowerful);
  if (failures_ == 0) Log(LogLevel::kWarning, kTooPowerful, {{"role", PQgetvalue(result.rows.get(), 0, 0)}});
  co_return std::string();
}

asio::awaitable<std::string> IngestConnection::PrepareStatements(TimePoint deadline) {
  const IngestArguments types_only{IngestJobs{}};
  const std::vector<PgParameter> parameters = types_only.Parameters();
  SqlResult prepared = co_await connection_.Prepare(kIngestStatement, kIngestSql, parameters, deadline);
  if (!prepared.Ok()) co_return ReasonOf(prepared);
  const std::vector<PgParameter> hashes(1, PgParameter{kByteaArrayOid, nullptr});
  prepared = co_await connection_.Prepare(kNoteStatement, kNoteSql, hashes, deadline);
  co_return prepared.Ok() ? std::string() : ReasonOf(prepared);
}

asio::awaitable<std::string> IngestConnection::CheckStore(TimePoint deadline) {
  const SqlResult result = co_await connection_.Query(kReadySql, deadline);
  if (!result.Ok()) co_return ReasonOf(result);
  if (PQntuples(result.rows.get()) != 1) co_return std::string(kNotNow);
  if (std::string_view(PQgetvalue(result.rows.get(), 0, 0)) != "t") co_return std::string(kNotSetUp);
  if (std::string_view(PQgetvalue(result.rows.get(), 0, 1)) != "f") co_return std::string(kReadOnly);
  if (std::string_view(PQgetvalue(result.rows.get(), 0, 2)) != "t") co_return std::string(kNoPrivilege);
  co_return std::string();
}

asio::awaitable<void> IngestConnection::Serve() {
  while (connection_.IsOpen()) {
    SetState(PoolState::kBusy);
    if (Clock::now() >= pool_.Uses().DueAt()) co_await NoteKeyUses();
    if (pool_.HasProbes()) {
      co_await AnswerProbes();
      continue;
    }
    IngestJobs jobs = pool_.Queue().Take(static_cast<std::size_t>(config_.batch_requests),
                                         static_cast<std::size_t>(config_.batch_bytes));
    if (!jobs.empty()) {
      if (!pool_.Queue().Empty()) pool_.WakeOne();
      try {
        co_await Commit(jobs);
      } catch (...) {
        FinishAll(jobs, IngestFailure::kUnavailable);
        throw;
      }
      continue;
    }
    if (pool_.Stopping()) co_return;
    SetState(PoolState::kIdle);
    pool_.AddIdle(*this);
    co_await connection_.WaitIdle(pool_.Uses().DueAt());
    pool_.RemoveIdle(*this);
    if (!connection_.CheckAlive()) NoteRefusal(kUnreachable, connection_.Error());
  }
}

asio::awaitable<void> IngestConnection::AnswerProbes() {
  const ReadyProbes probes = pool_.TakeProbes();
  const std::string reason = co_await CheckStore(Clock::now() + kTimeoutsUntilDead * config_.ready_timeout);
  IngestPool::AnswerProbes(probes, reason);
  if (reason.empty()) co_return;
  NoteRefusal(reason, connection_.Error());
  connection_.Close();  // opening it again looks at everything
}

// Nobody waits for this, and a failure costs a date only.
asio::awaitable<void> IngestConnection::NoteKeyUses() {
  const KeyUses::Hashes used = pool_.Uses().Take(Clock::now());
  PgArrayBuilder hashes(kByteaOid, used.size(), 0);
  for (const std::string& hash : used) hashes.Add(hash);
  const std::vector<PgParameter> parameters(1, PgParameter{kByteaArrayOid, &hashes.Data()});
  const SqlResult result =
      co_await connection_.Execute(kNoteStatement, parameters, Clock::now() + config_.statement_timeout);
  if (!result.Ok())
    Log(LogLevel::kWarning, "the last use of API keys could not be noted", {{"sqlstate", result.sqlstate}});
}

asio::awaitable<SqlResult> IngestConnection::RunStatement(const IngestJobs& jobs) {
  const IngestArguments arguments(jobs);
  const std::vector<PgParameter> parameters = arguments.Parameters();
  const TimePoint started = Clock::now();
  const TimePoint deadline = started + kTimeoutsUntilDead * config_.statement_timeout;
  SqlResult result = co_await connection_.Execute(kIngestStatement, parameters, deadline);
  metrics_.statement_requests.Observe(static_cast<double>(jobs.size()));
  std::size_t bytes = 0;
  for (const auto& job : jobs) bytes += job->request.body.size();
  metrics_.statement_bytes.Observe(static_cast<double>(bytes));
  metrics_.statement_seconds.Observe(std::chrono::duration<double>(Clock::now() - started).count());
  if (!result.Ok()) metrics_.statement_errors.fetch_add(1, std::memory_order_relaxed);
  co_return result;
}

asio::awaitable<void> IngestConnection::Commit(IngestJobs jobs) {
  for (int attempt = 1;; ++attempt) {
    const SqlResult result = co_await RunStatement(jobs);
    if (result.Ok()) {
      FinishRows(jobs, result.rows.get());
      co_return;
    }
    if (result.lost) {
      FinishAll(jobs, IngestFailure::kUnavailable);
      NoteRefusal(kUnreachable, connection_.Error());
      co_return;
    }
    const SqlFault fault = ClassifySqlState(result.sqlstate);
    if (fault == SqlFault::kRetryNow && attempt < kTries) continue;
    const bool one_to_blame = fault == SqlFault::kRequest || fault == SqlFault::kTooSlow;
    if (one_to_blame && jobs.size() > 1) break;
    if (fault == SqlFault::kRequest) {
      Log(LogLevel::kError, "the database refused a request",
          {{"sqlstate", result.sqlstate}, {"request_id", jobs.front()->request.request_id}});
      FinishAll(jobs, IngestFailure::kInternal);
      co_return;
    }
    FinishAll(jobs, IngestFailure::kUnavailable);
    Log(LogLevel::kWarning, "the database could not take requests",
        {{"sqlstate", result.sqlstate}, {"requests", static_cast<std::int64_t>(jobs.size())}});
    if (fault == SqlFault::kStoreGone) {
      NoteRefusal(ReasonOf(result), {});
      connection_.Close();
    }
    co_return;
  }
  // One of them may be poison, and must not fail those it happened to be committed with.
  for (const auto& job : jobs) {
    IngestJobs alone{job};
    if (alone.front()->abandoned) continue;
    if (connection_.IsOpen()) {
      co_await Commit(alone);
    } else {
      FinishAll(alone, IngestFailure::kUnavailable);
    }
  }
}

void IngestConnection::FinishRows(const IngestJobs& jobs, const PGresult* result) {
  std::vector<IngestRow> rows = ReadIngestRows(result, jobs.size());
  if (rows.empty()) {
    Log(LogLevel::kError, "productgraph.ingest_requests answered in a shape this version does not know");
    FinishAll(jobs, IngestFailure::kInternal);
    return;
  }
  long long events = 0;
  for (const IngestRow& row : rows) events += row.accepted + row.rejected;
  metrics_.statement_events.Observe(static_cast<double>(events));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (rows[i].status < 300 && rows[i].accepted + rows[i].rejected > 0)
      metrics_.CountCodes(rows[i].response);
    metrics_.events_accepted.fetch_add(static_cast<std::uint64_t>(rows[i].accepted),
                                       std::memory_order_relaxed);
    metrics_.events_rejected.fetch_add(static_cast<std::uint64_t>(rows[i].rejected),
                                       std::memory_order_relaxed);
    metrics_.events_duplicates.fetch_add(static_cast<std::uint64_t>(rows[i].duplicates),
                                         std::memory_order_relaxed);
    const auto& key_hash = jobs[i]->request.key_hash;
    if (key_hash && rows[i].status != kUnauthorized) pool_.Uses().Add(*key_hash);
    jobs[i]->Finish(IngestResult{IngestFailure::kNone, rows[i].status, std::move(rows[i].response)});
  }
}

void IngestConnection::FinishAll(const IngestJobs& jobs, IngestFailure failure) {
  for (const auto& job : jobs) job->Finish(IngestResult{failure, 0, {}});
}

void IngestConnection::NoteRefusal(std::string reason, const std::string& detail) {
  if (logged_refusal_ != reason && !pool_.Stopping()) {
    Log(LogLevel::kWarning, "database connection is down", {{"reason", reason}, {"detail", detail}});
    logged_refusal_ = reason;
  }
  pool_.NoteFailure(std::move(reason));
}

asio::awaitable<void> IngestConnection::BackOff() {
  thread_local std::minstd_rand random{std::random_device{}()};
  const milliseconds longest = std::min(kLongestBackoff, kFirstBackoff * (1 << std::min(failures_, 6U)));
  ++failures_;
  const milliseconds pause{std::uniform_int_distribution<int>(static_cast<int>(longest.count()) / 2,
                                                              static_cast<int>(longest.count()))(random)};
  const TimePoint end = Clock::now() + pause;
  while (!pool_.Stopping() && Clock::now() < end) co_await connection_.WaitIdle(end);
}

}  // namespace productgraph::sidecar
