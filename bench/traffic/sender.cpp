#include "bench/traffic/sender.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <exception>

#include "bench/traffic/calendar.hpp"

namespace productgraph::bench {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kPatience{60};      // for one batch, retries included
constexpr std::chrono::seconds kFirstPatience{5};  // the same while there never was an answer
constexpr std::chrono::milliseconds kFirstBackoff{100};
constexpr std::chrono::milliseconds kLongestBackoff{5000};

// The number after "name": in an answer. Counts come before the list of errors, so the first one is meant.
std::uint64_t Count(const std::string& body, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  const std::size_t found = body.find(key);
  std::uint64_t value = 0;
  if (found == std::string::npos) return value;
  const char* digits = body.data() + found + key.size();
  const char* end = body.data() + body.size();
  while (digits != end && *digits == ' ') ++digits;
  std::from_chars(digits, end, value);
  return value;
}

bool IsWorthRetrying(unsigned status) {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

void Rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace

Sender::Sender(const Options& options, TrafficStream* stream) : options_(options), stream_(*stream) {}

bool Sender::Fill(Batch* batch) {
  batch->body.assign(R"({"events":[)");
  batch->events = 0;
  EventType type;
  while (batch->events < options_.batch && stream_.Next(&batch->body, &type)) {
    batch->body.push_back(',');
    ++batch->events;
    ++report_.by_type[static_cast<std::size_t>(type)];
  }
  if (batch->events == 0) return false;
  batch->body.back() = ']';
  batch->body.push_back('}');
  report_.sent += batch->events;
  return true;
}

// When these events are due. Shared by all connections, and never put off: events that found every connection
// busy are late, as they would be for their visitors.
Sender::Clock::time_point Sender::Schedule(std::uint32_t events) {
  if (options_.rate == 0) return Clock::now();
  const auto due = next_due_;
  next_due_ += std::chrono::nanoseconds(1'000'000'000LL * events / options_.rate);
  return due;
}

bool Sender::IsOver() const {
  return is_stopped_ ||
         (options_.seconds > 0 && Clock::now() - started_ >= std::chrono::seconds(options_.seconds));
}

asio::awaitable<void> Sender::Sleep(Clock::duration time) {
  asio::steady_timer timer(io_, time);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Sender::Take(const Answer& answer, std::uint32_t events) {
  const std::uint64_t accepted = Count(answer.body, "accepted");
  const std::uint64_t rejected = Count(answer.body, "rejected");
  report_.accepted += accepted;
  report_.rejected += rejected;
  report_.duplicates += Count(answer.body, "duplicates");
  if (accepted + rejected != events && report_.first_problem.empty()) {
    report_.first_problem = "an answer does not account for all events: " + answer.body.substr(0, 300);
  } else if (rejected > 0 && report_.first_problem.empty()) {
    report_.first_problem = "events were rejected: " + answer.body.substr(0, 500);
  }
}

void Sender::GiveUp(const Answer& answer, std::uint32_t events) {
  report_.lost += events;
  is_stopped_ = true;
  if (!report_.first_problem.empty()) return;
  report_.first_problem =
      answer.status == 0 ? answer.problem
                         : "answered " + std::to_string(answer.status) + ": " + answer.body.substr(0, 500);
}

asio::awaitable<void> Sender::SendBatch(Client* client, std::string_view body, std::uint32_t events) {
  const auto due = Schedule(events);
  if (due > Clock::now()) co_await Sleep(due - Clock::now());
  const auto started = Clock::now();
  Clock::duration backoff = kFirstBackoff;
  for (auto asked = due;; asked = Clock::now()) {
    const Answer answer = co_await client->Post(body, options_.gzip);
    ++report_.requests;
    if (answer.status != 0) {
      const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - asked);
      report_.latencies_us.push_back(static_cast<std::uint32_t>(latency.count()));
    }
    if (answer.status == 202) {
      Take(answer, events);
      co_return;
    }
    const Clock::duration wait = std::max<Clock::duration>(backoff, answer.retry_after);
    const auto deadline = started + (report_.latencies_us.empty() ? kFirstPatience : kPatience);
    if (!IsWorthRetrying(answer.status) || Clock::now() + wait > deadline || is_stopped_) {
      GiveUp(answer, events);
      co_return;
    }
    ++report_.retries;
    backoff = std::min<Clock::duration>(backoff * 2, kLongestBackoff);
    co_await Sleep(wait);
  }
}

asio::awaitable<void> Sender::RunConnection() {
  Client client(io_.get_executor(), options_);
  Gzip gzip;
  Batch batch;
  while (!IsOver() && Fill(&batch)) {
    const std::string_view body = options_.gzip ? gzip.Compress(batch.body) : std::string_view(batch.body);
    co_await SendBatch(&client, body, batch.events);
  }
  if (--open_connections_ == 0) Finish();
}

void Sender::Finish() {
  report_.elapsed = Clock::now() - started_;
  progress_timer_.cancel();
}

asio::awaitable<void> Sender::ShowProgress() {
  const bool is_terminal = isatty(STDERR_FILENO);
  const auto whole = static_cast<double>(options_.traffic.end - options_.traffic.begin);
  while (open_connections_ > 0) {
    progress_timer_.expires_after(is_terminal ? 100ms : 3000ms);
    boost::system::error_code ignored;
    co_await progress_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const std::chrono::duration<double> elapsed = Clock::now() - started_;
    const double part = static_cast<double>(stream_.now() - options_.traffic.begin) / whole;
    if (!is_terminal && open_connections_ == 0) break;
    std::fprintf(
        stderr, "%s  %3.0f %%  %s events  %s/s%s", is_terminal ? "\r" : "", 100 * std::clamp(part, 0.0, 1.0),
        Grouped(report_.accepted).c_str(),
        Grouped(static_cast<std::uint64_t>(static_cast<double>(report_.accepted) / elapsed.count())).c_str(),
        is_terminal ? "   " : "\n");
    std::fflush(stderr);
  }
  if (is_terminal) std::fputs("\r\033[K", stderr);
}

Report Sender::Run() {
  const auto cpu_before = CpuTime();
  started_ = next_due_ = Clock::now();
  open_connections_ = options_.connections;
  for (std::uint32_t i = 0; i < options_.connections; ++i) asio::co_spawn(io_, RunConnection(), Rethrow);
  if (!options_.quiet) asio::co_spawn(io_, ShowProgress(), Rethrow);
  io_.run();
  report_.visits = stream_.visits();
  report_.cpu = CpuTime() - cpu_before;
  return std::move(report_);
}

}  // namespace productgraph::bench
