#include "maintainer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <string_view>

#include "log.hpp"
#include "pg_error.hpp"

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Until the first round after the start, and the next one after a connection that failed, at most.
constexpr milliseconds kSoon{60'000};
// For one call of maintain(), which packs some ten seconds' worth of events. A call that takes longer is
// given up.
constexpr std::chrono::hours kLongestCall{1};

// A few seconds of work and of dead rows kept at a time.
constexpr const char* kMaintainSql = "SELECT task, done FROM productgraph.maintain(pack_most => 2000000)";

// A session whose sidecar is gone ends its statement instead of going on for nobody. Not every platform can.
constexpr const char* kNoticeGoneClientSql = "SET client_connection_check_interval = '2s'";

std::string LastRunSql(milliseconds lately) {
  return "SELECT coalesce(pg_catalog.floor(extract(epoch FROM pg_catalog.max(run_at))), 0)::pg_catalog.int8,"
         " coalesce(pg_catalog.max(run_at) OPERATOR(pg_catalog.>) (pg_catalog.now() OPERATOR(pg_catalog.-)"
         " interval '" +
         std::to_string(lately.count()) +
         " milliseconds'), false) FROM productgraph.maintenance_runs"
         " WHERE task OPERATOR(pg_catalog.=) 'tasks failed' AND done OPERATOR(pg_catalog.=) 0";
}

std::string ReasonOf(const SqlResult& result, const PgConnection& connection) {
  if (result.lost) return connection.Error();
  if (result.sqlstate == "42501")
    return "the role of maintain-database-url lacks privileges: grant it productgraph_owner, and run SELECT "
           "productgraph.setup()";
  if (ClassifySqlState(result.sqlstate) == SqlFault::kStoreGone)
    return "store not set up, or by an earlier version: run SELECT productgraph.setup()";
  return "the log of PostgreSQL tells why";
}

double SecondsSince(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

}  // namespace

MaintenanceReport ReadMaintenance(const PGresult* rows) {
  MaintenanceReport report;
  for (int i = 0; i < PQntuples(rows); ++i) {
    const std::string_view task = PQgetvalue(rows, i, 0);
    const std::int64_t done = std::atoll(PQgetvalue(rows, i, 1));
    if (task == "left to another session") report.left_to_another = true;
    if (task == "tasks failed") report.failed = done;
    if (task == "tasks left unfinished") report.unfinished = done;
    if (task == "events packed") report.packed = done;
  }
  return report;
}

Maintainer::Maintainer(asio::io_context& io, asio::thread_pool& starter, const Config& config,
                       Metrics& metrics)
    : io_(io),
      config_(config),
      metrics_(metrics),
      connection_(io, starter),
      interval_(std::chrono::seconds(config.maintain_interval_seconds)) {}

void Maintainer::Start() {
  if (interval_.count() == 0) return;
  metrics_.maintains = true;
  asio::co_spawn(
      io_, [this] { return Run(); }, asio::detached);
}

void Maintainer::Stop() {
  stopping_ = true;
  connection_.Abort();
}

asio::awaitable<void> Maintainer::Run() {
  co_await Pause(milliseconds(0), std::min(interval_, kSoon));
  while (!stopping_) {
    co_await Round();
    if (last_ == MaintenanceResult::kUnreachable) {
      co_await Pause(std::min(interval_, kSoon) / 2, std::min(interval_, kSoon));
    } else {
      co_await Pause(interval_ * 9 / 10, interval_ * 11 / 10);
    }
  }
}

asio::awaitable<void> Maintainer::Round() {
  const auto begun = Clock::now();
  last_ = MaintenanceResult::kFailed;
  try {
    last_ = co_await Maintain();
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "maintenance failed", {{"detail", error.what()}});
  }
  connection_.Close();
  if (stopping_) co_return;
  metrics_.CountMaintenance(last_);
  if (last_ == MaintenanceResult::kDone) metrics_.maintain_seconds.Observe(SecondsSince(begun));
}

asio::awaitable<MaintenanceResult> Maintainer::Maintain() {
  PgOptions options = ConnectOptions(config_.maintain_database_url, {}, "productgraph-maintain");
  if (!co_await connection_.Connect(std::move(options), Clock::now() + config_.connect_timeout)) {
    if (!stopping_)
      Log(LogLevel::kWarning, "maintenance cannot reach the database", {{"detail", connection_.Error()}});
    co_return MaintenanceResult::kUnreachable;
  }
  co_await connection_.Query(kNoticeGoneClientSql, Clock::now() + config_.statement_timeout);
  if (co_await WasDoneLately()) co_return MaintenanceResult::kRecent;
  co_return co_await CallUntilFinished();
}

// Less than the shortest pause, so that a sidecar is not kept back by what it did itself.
asio::awaitable<bool> Maintainer::WasDoneLately() {
  const std::string sql = LastRunSql(interval_ * 8 / 10);
  const SqlResult result = co_await connection_.Query(sql.c_str(), Clock::now() + config_.statement_timeout);
  // Without the store, or the right to read it, calling maintain() tells what is wrong.
  if (!result.Ok() || PQntuples(result.rows.get()) != 1) co_return false;
  metrics_.maintain_success = std::atoll(PQgetvalue(result.rows.get(), 0, 0));
  co_return std::string_view(PQgetvalue(result.rows.get(), 0, 1)) == "t";
}

asio::awaitable<MaintenanceResult> Maintainer::CallUntilFinished() {
  const auto begun = Clock::now();
  MaintenanceReport sum;
  std::int64_t calls = 0;
  do {
    const SqlResult result = co_await connection_.Query(kMaintainSql, Clock::now() + kLongestCall);
    if (stopping_) co_return MaintenanceResult::kFailed;
    if (!result.Ok()) {
      Log(LogLevel::kWarning, "maintain() failed",
          {{"sqlstate", result.sqlstate}, {"detail", ReasonOf(result, connection_)}});
      co_return result.lost ? MaintenanceResult::kUnreachable : MaintenanceResult::kFailed;
    }
    const MaintenanceReport report = ReadMaintenance(result.rows.get());
    if (report.left_to_another) co_return MaintenanceResult::kBusy;
    ++calls;
    sum.failed += report.failed;
    sum.packed += report.packed;
    sum.unfinished = report.unfinished;
  } while (sum.unfinished > 0 && Clock::now() < begun + interval_);
  Log(sum.failed > 0 ? LogLevel::kWarning : LogLevel::kInfo, "maintained the store",
      {{"calls", calls},
       {"failed_tasks", sum.failed},
       {"unfinished_tasks", sum.unfinished},
       {"events_packed", sum.packed},
       {"milliseconds", static_cast<std::int64_t>(SecondsSince(begun) * 1000)}});
  if (sum.failed > 0) co_return MaintenanceResult::kFailed;
  metrics_.maintain_success =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  co_return MaintenanceResult::kDone;
}

asio::awaitable<void> Maintainer::Pause(milliseconds least, milliseconds most) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const milliseconds pause{
      std::uniform_int_distribution<milliseconds::rep>(least.count(), most.count())(random)};
  const TimePoint end = Clock::now() + pause;
  while (!stopping_ && Clock::now() < end) co_await connection_.WaitIdle(end);
}

}  // namespace productgraph::sidecar
