#include "session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <utility>

#include "head_error.hpp"
#include "http_date.hpp"
#include "log.hpp"

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How much a body grows by: what a client can make us hold without sending it.
constexpr std::size_t kPieceBytes = 16 * 1024;
constexpr std::size_t kIdleBufferBytes = 4 * 1024;
// A refused body this small is read and thrown away, so that the connection can be used again.
constexpr std::uint64_t kDiscardBytes = 64 * 1024;
constexpr std::chrono::seconds kLinger{3};
constexpr std::chrono::seconds kGoodbye{1};  // for a client to answer the end of TLS

auto Into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, TlsIdentity::Context tls, const asio::ip::address& peer,
                 const Services& services, std::function<void(Session*)> on_end)
    : stream_(std::move(socket), std::move(tls)),
      peer_(peer),
      services_(services),
      on_end_(std::move(on_end)),
      watchdog_(std::make_shared<Watchdog>(stream_.get_executor(),
                                           [this] {
                                             error_code ignored;
                                             stream_.Socket().cancel(ignored);
                                           })),
      buffer_(static_cast<std::size_t>(services.config.max_header_bytes) + kPieceBytes) {
  services_.metrics.connections.fetch_add(1, std::memory_order_relaxed);
}

Session::~Session() {
  watchdog_->Stop();
  services_.metrics.connections.fetch_sub(1, std::memory_order_relaxed);
  on_end_(this);
}

void Session::Start() {
  asio::co_spawn(
      stream_.get_executor(), [self = shared_from_this()] { return self->Run(); }, asio::detached);
}

void Session::Drain() {
  error_code ignored;
  if (idle_) stream_.Socket().cancel(ignored);
}

asio::awaitable<void> Session::Run() {
  try {
    Next next = Next::kRequest;
    if (stream_.HasTls()) {
      const bool agreed = co_await Handshake();
      if (!agreed) co_return;
    }
    while (next == Next::kRequest) {
      const bool requested = co_await WaitForRequest();
      next = Next::kClose;
      if (requested) next = co_await ServeRequest();
    }
    co_await End(next);
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "a connection was dropped", {{"detail", error.what()}});
  }
  error_code ignored;
  stream_.Socket().close(ignored);
}

asio::awaitable<bool> Session::Handshake() {
  watchdog_->Arm(Clock::now() + services_.config.header_timeout);
  const error_code error = co_await stream_.Handshake();
  watchdog_->Disarm();
  if (error) services_.metrics.tls_failures.fetch_add(1, std::memory_order_relaxed);
  co_return !error;
}

asio::awaitable<void> Session::End(Next next) {
  if (stream_.HasTls()) {
    watchdog_->Arm(Clock::now() + kGoodbye);
    co_await stream_.SayGoodbye();
    watchdog_->Disarm();
  }
  if (next == Next::kLinger) co_await Linger();
}

asio::awaitable<bool> Session::WaitForRequest() {
  if (buffer_.size() > 0) co_return !services_.stopping;  // the client sends ahead
  if (buffer_.capacity() > kIdleBufferBytes) buffer_.shrink_to_fit();
  error_code error;
  auto& socket = stream_.Socket();
  // With TLS only a read can tell whether what arrived is a request.
  if (services_.stopping) co_return !stream_.HasTls() && socket.available(error) > 0;
  idle_ = true;
  watchdog_->Arm(Clock::now() + services_.config.idle_timeout);
  if (stream_.HasTls()) {
    buffer_.commit(co_await stream_.async_read_some(buffer_.prepare(kIdleBufferBytes), Into(error)));
  } else {
    co_await socket.async_wait(asio::ip::tcp::socket::wait_read, Into(error));
  }
  idle_ = false;
  watchdog_->Disarm();
  if (!error) co_return true;
  // Cancelled by Drain: a request that has arrived is still served.
  co_return !stream_.HasTls() && services_.stopping && !watchdog_->Expired() && socket.available(error) > 0;
}

asio::awaitable<Session::Next> Session::ServeRequest() {
  const Config& config = services_.config;
  started_ = Clock::now();
  deadline_ = started_ + config.request_timeout;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(config.max_header_bytes));
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());  // Decide and ReadBody have their own
  buffer_.prepare(std::min(kIdleBufferBytes, buffer_.max_size() - buffer_.size()));  // fewer, larger reads
  watchdog_->Arm(std::min(started_ + config.header_timeout, deadline_));
  error_code error;
  co_await http::async_read_header(stream_, buffer_, parser, Into(error));
  watchdog_->Disarm();
  const RequestHead& head = parser.get().base();
  const Exchange exchange = services_.handler.Begin(head);
  Decision decision;
  if (error) {
    auto answer =
        AnswerToHeadError(error, watchdog_->Expired(), config.max_header_bytes, exchange.request_id);
    if (!answer) co_return Next::kClose;  // the client left
    decision = std::move(*answer);
  } else {
    decision = services_.handler.Decide(head, exchange);
  }
  // Requests that cannot be read count as well; which of them the parser refuses differs between its
  // versions.
  if (auto refusal = CheckLimits(head, exchange, decision)) decision = std::move(*refusal);
  if (auto* plan = std::get_if<IngestPlan>(&decision))
    co_return co_await Ingest(std::move(*plan), exchange, parser);
  Answer answer;
  if (auto* known = std::get_if<Answer>(&decision)) {
    answer = std::move(*known);
  } else if (std::holds_alternative<AskDatabase>(decision)) {
    const std::string reason = co_await AskReady();
    answer = services_.handler.Readiness(reason);
  } else {
    answer = services_.handler.MetricsText(services_.metrics.Print(PRODUCTGRAPH_VERSION));
  }
  co_return co_await AnswerEarly(std::move(answer), exchange, parser);
}

std::optional<Answer> Session::CheckLimits(const RequestHead& head, const Exchange& exchange,
                                           const Decision& decision) {
  if (exchange.route != Route::kEvents || head.method() == http::verb::options) return std::nullopt;
  RateLimits& limits = services_.limits;
  const std::string address = LimitedAddress(services_.proxies.ClientOf(peer_, head));
  auto limited = limits.Take(LimitedBy::kAddress, address, started_);
  if (auto* plan = std::get_if<IngestPlan>(&decision)) {
    if (!limited) limited = limits.Take(LimitedBy::kSession, plan->session_id, started_);
    if (!limited && plan->key_hash) limited = limits.Take(LimitedBy::kKey, *plan->key_hash, started_);
  }
  if (!limited) return std::nullopt;
  services_.metrics.CountLimited(limited->limit);
  Answer refusal = RateLimitedAnswer(LimitName(limited->limit), limited->wait, exchange.request_id);
  // What follows a request whose end is in doubt must not be read as another one, whoever sends it.
  if (auto* known = std::get_if<Answer>(&decision)) refusal.close = known->close;
  return refusal;
}

asio::awaitable<std::string> Session::AskReady() {
  if (services_.stopping) co_return std::string("stopping");
  std::string reason = co_await services_.store.AskReady(Clock::now() + services_.config.ready_timeout);
  // The next request may come to another worker, and each has connections of its own.
  if (reason.empty() &&
      services_.metrics.workers_up.load(std::memory_order_relaxed) < services_.config.workers)
    reason = "connecting to the database";
  co_return reason;
}

asio::awaitable<Session::Next> Session::AnswerEarly(Answer answer, const Exchange& exchange, Parser& parser) {
  const Framing& framing = exchange.framing;
  if (!answer.close && framing.HasBody()) {
    // A client that waits for "100 Continue" may or may not send the body now: only closing is unambiguous.
    answer.close = exchange.expects_continue || framing.chunked || *framing.content_length > kDiscardBytes;
    if (!answer.close) {
      BudgetShare share(services_.budget);
      std::string unwanted;
      const BodyState state = co_await ReadBody(framing, parser, unwanted, share);
      answer.close = state != BodyState::kWhole;
    }
  }
  co_return co_await Send(std::move(answer), exchange);
}

asio::awaitable<Session::Next> Session::Ingest(IngestPlan plan, const Exchange& exchange, Parser& parser) {
  if (!services_.store.Healthy())
    co_return co_await AnswerEarly(UnavailableAnswer(exchange.request_id), exchange, parser);
  if (exchange.expects_continue && exchange.framing.HasBody()) {
    const bool sent = co_await SendContinue();
    if (!sent) co_return Next::kClose;
  }
  BudgetShare share(services_.budget);
  std::string body;
  const BodyState state = co_await ReadBody(exchange.framing, parser, body, share);
  if (state != BodyState::kWhole) co_return co_await FailBody(state, exchange);

  auto taken = services_.handler.TakeBody(std::move(plan), exchange, std::move(body));
  if (auto* answer = std::get_if<Answer>(&taken)) co_return co_await Send(std::move(*answer), exchange);
  IngestRequest& request = std::get<IngestRequest>(taken);
  if (!share.Resize(static_cast<std::int64_t>(request.body.size())))
    co_return co_await Send(OverloadedAnswer(Bound::kBufferBytes, exchange.request_id), exchange);
  IngestResult result = co_await services_.store.Ingest(std::move(request), std::move(share), deadline_);
  co_return co_await Send(services_.handler.Ingested(std::move(result), exchange), exchange);
}

asio::awaitable<Session::Next> Session::FailBody(BodyState state, const Exchange& exchange) {
  Answer answer;
  switch (state) {
    case BodyState::kTooLarge:
      answer = TooLargeAnswer(services_.config.max_body_bytes, exchange.request_id);
      break;
    case BodyState::kTooSlow:
      answer = ErrorAnswer(408, "request_timeout", "the body took too long to arrive", exchange.request_id);
      answer.reached = Bound::kBodyTimeout;
      break;
    case BodyState::kOverBudget:
      answer = OverloadedAnswer(Bound::kBufferBytes, exchange.request_id);
      break;
    case BodyState::kBroken:
      answer = ErrorAnswer(400, "malformed_request", "the body does not match its Content-Length or chunks",
                           exchange.request_id);
      break;
    default:
      co_return Next::kClose;
  }
  answer.close = true;
  co_return co_await Send(std::move(answer), exchange);
}

asio::awaitable<Session::BodyState> Session::ReadBody(const Framing& framing, Parser& parser,
                                                      std::string& body, BudgetShare& share) {
  const auto limit = static_cast<std::uint64_t>(services_.config.max_body_bytes);
  const std::uint64_t expected = framing.content_length.value_or(0);
  watchdog_->Arm(std::min(Clock::now() + services_.config.body_timeout, deadline_));
  // A chunk is refused by its announced size; a length was looked at before.
  if (framing.chunked) parser.body_limit(limit);
  // Only address space until bytes arrive; the budget counts bytes that did.
  body.reserve(static_cast<std::size_t>(std::min(expected, limit)));
  while (!parser.is_done()) {
    const std::size_t had = body.size();
    std::size_t wanted = kPieceBytes;
    if (!framing.chunked)
      wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, expected - had));
    if (!share.Resize(static_cast<std::int64_t>(had + wanted))) co_return BodyState::kOverBudget;
    body.resize(had + wanted);
    parser.get().body().data = body.data() + had;
    parser.get().body().size = wanted;
    parser.get().body().more = true;
    buffer_.prepare(std::min(wanted, buffer_.max_size() - buffer_.size()));
    error_code error;
    co_await http::async_read(stream_, buffer_, parser, Into(error));
    body.resize(had + wanted - parser.get().body().size);
    if (error && error != http::error::need_buffer) {
      if (watchdog_->Expired()) co_return BodyState::kTooSlow;
      if (error == http::error::body_limit) co_return BodyState::kTooLarge;
      co_return IsHttpError(error) ? BodyState::kBroken : BodyState::kGone;
    }
    if (body.size() > limit) co_return BodyState::kTooLarge;
  }
  watchdog_->Disarm();
  if (body.capacity() > body.size() + kPieceBytes) body.shrink_to_fit();
  share.Resize(static_cast<std::int64_t>(body.size()));
  co_return BodyState::kWhole;
}

asio::awaitable<bool> Session::SendContinue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code error;
  watchdog_->Arm(Clock::now() + services_.config.write_timeout);
  co_await asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()), Into(error));
  watchdog_->Disarm();
  co_return !error;
}

asio::awaitable<Session::Next> Session::Send(Answer answer, const Exchange& exchange) {
  const bool unread_input = answer.close || buffer_.size() > 0;
  if (services_.stopping) answer.close = true;
  const unsigned status = answer.status;
  const std::optional<Bound> reached = answer.reached;
  Reply reply = services_.handler.Finish(std::move(answer), exchange, HttpDate());
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  services_.metrics.CountRequest(exchange.route, status);
  services_.metrics.request_seconds.Observe(seconds);
  if (reached) services_.metrics.CountReached(*reached);
  if (LogEnabled(LogLevel::kDebug))
    Log(LogLevel::kDebug, "request",
        {{"route", RouteName(exchange.route)},
         {"status", status},
         {"microseconds", static_cast<std::int64_t>(seconds * 1e6)},
         {"request_id", exchange.request_id}});
  error_code error;
  watchdog_->Arm(Clock::now() + services_.config.write_timeout);
  co_await http::async_write(stream_, reply, Into(error));
  watchdog_->Disarm();
  if (error) co_return Next::kClose;
  if (reply.keep_alive()) co_return Next::kRequest;
  co_return unread_input ? Next::kLinger : Next::kClose;
}

asio::awaitable<void> Session::Linger() {
  error_code error;
  stream_.Socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  watchdog_->Arm(Clock::now() + kLinger);
  std::array<char, 4096> scratch;
  while (!error && !watchdog_->Expired())
    co_await stream_.Socket().async_read_some(asio::buffer(scratch), Into(error));
}

}  // namespace productgraph::sidecar
