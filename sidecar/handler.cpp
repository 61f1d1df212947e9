#include "handler.hpp"

#include <boost/beast/http/rfc7230.hpp>

#include "api_key.hpp"
#include "inflate.hpp"
#include "json_text.hpp"
#include "openapi.hpp"
#include "request_id.hpp"
#include "session_id.hpp"
#include "sha256.hpp"
#include "target.hpp"

namespace productgraph::sidecar {
namespace {

Route RouteOf(std::string_view path) {
  if (path == "/v1/events") return Route::kEvents;
  if (path == "/health") return Route::kHealth;
  if (path == "/ready") return Route::kReady;
  if (path == "/metrics") return Route::kMetrics;
  if (path == "/openapi.json") return Route::kOpenApi;
  return Route::kOther;
}

bool KeepsAlive(const RequestHead& head) {
  bool close = false;
  bool keep = false;
  auto [field, end] = head.equal_range(http::field::connection);
  for (; field != end; ++field) {
    http::token_list tokens(field->value());
    close = close || tokens.exists("close");
    keep = keep || tokens.exists("keep-alive");
  }
  return !close && (head.version() >= 11 || keep);
}

Answer NotAllowed(std::string_view allow, const Exchange& exchange) {
  Answer answer =
      ErrorAnswer(405, "method_not_allowed", "this path takes " + std::string(allow), exchange.request_id);
  answer.headers.emplace_back(http::field::allow, std::string(allow));
  return answer;
}

Answer Options(std::string_view allow) {
  Answer answer;
  answer.status = 204;
  answer.preflight = true;
  answer.headers.emplace_back(http::field::allow, std::string(allow));
  return answer;
}

Answer Malformed(std::string_view message, const Exchange& exchange) {
  Answer answer = ErrorAnswer(400, "malformed_request", message, exchange.request_id);
  answer.close = true;
  return answer;
}

}  // namespace

Handler::Handler(const Config& config) : cors_(config.cors_origins), max_body_bytes_(config.max_body_bytes) {}

Exchange Handler::Begin(const RequestHead& head) const {
  Exchange exchange;
  exchange.route = RouteOf(SplitTarget(ToView(head.target())).path);
  exchange.request_id = RequestIdOrNew(OnlyValue(head, "X-Request-ID"));
  exchange.origin = std::string(OnlyValue(head, "Origin"));
  exchange.version = head.version() == 10 ? 10 : 11;
  exchange.keep_alive = KeepsAlive(head);
  exchange.head_only = head.method() == http::verb::head;
  exchange.expects_continue =
      head.version() >= 11 &&
      EqualIgnoringCase(TrimBlanks(ToView(head[http::field::expect])), "100-continue");
  exchange.framing_fault = FramingFault(head, exchange.framing);
  return exchange;
}

Decision Handler::Decide(const RequestHead& head, const Exchange& exchange) const {
  if (!exchange.framing_fault.empty()) return Malformed(exchange.framing_fault, exchange);
  if (exchange.route == Route::kOther)
    return ErrorAnswer(404, "not_found", "no such path; events go to POST /v1/events", exchange.request_id);

  const bool events = exchange.route == Route::kEvents;
  const std::string_view allow = events ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
  if (head.method() == http::verb::options) return Options(allow);
  if (events) {
    if (head.method() != http::verb::post) return NotAllowed(allow, exchange);
    return DecideEvents(head, exchange);
  }
  if (head.method() != http::verb::get && head.method() != http::verb::head)
    return NotAllowed(allow, exchange);
  switch (exchange.route) {
    case Route::kReady:
      return AskDatabase{};
    case Route::kMetrics:
      return ShowMetrics{};
    case Route::kOpenApi:
      return JsonAnswer(200, std::string(OpenApiDocument()));
    default:
      return JsonAnswer(200, "{\"status\":\"ok\"}");
  }
}

Decision Handler::DecideEvents(const RequestHead& head, const Exchange& exchange) const {
  const std::string& id = exchange.request_id;
  const std::string_view expect = TrimBlanks(ToView(head[http::field::expect]));
  if (!expect.empty() && !EqualIgnoringCase(expect, "100-continue"))
    return ErrorAnswer(417, "expectation_failed", "the only Expect understood is 100-continue", id);
  if (!exchange.framing.HasLength()) {
    Answer answer =
        ErrorAnswer(411, "length_required", "send Content-Length or Transfer-Encoding: chunked", id);
    answer.close = true;
    return answer;
  }
  IngestPlan plan;
  const auto format = head.count(http::field::content_type) > 1
                          ? std::nullopt
                          : FormatOf(ToView(head[http::field::content_type]));
  if (!format)
    return ErrorAnswer(415, "unsupported_media_type",
                       "send Content-Type: application/json, application/x-ndjson or text/plain", id);
  plan.format = *format;
  const auto coding = head.count(http::field::content_encoding) > 1
                          ? std::nullopt
                          : CodingOf(ToView(head[http::field::content_encoding]));
  if (!coding) {
    Answer answer = ErrorAnswer(415, "unsupported_encoding", "send Content-Encoding: gzip, or none", id);
    answer.headers.emplace_back(http::field::accept_encoding, "gzip, identity");
    return answer;
  }
  plan.coding = *coding;
  if (exchange.framing.content_length.value_or(0) > static_cast<std::uint64_t>(max_body_bytes_))
    return TooLargeAnswer(max_body_bytes_, id);
  // Which one counts would be a guess, and another server's guess may differ.
  if (head.count("X-PG-API-Key") > 1 || head.count(http::field::authorization) > 1)
    return ErrorAnswer(400, "repeated_header", "X-PG-API-Key or Authorization was sent more than once", id);
  if (const auto key = ApiKeyOf(head)) {
    if (!IsPlausibleApiKey(*key))
      return ErrorAnswer(401, "unauthorized", "unknown, expired or revoked API key", id);
    plan.key_hash = Sha256(*key);
  }
  plan.session_id = SessionIdOf(head);
  return plan;
}

std::variant<Answer, IngestRequest> Handler::TakeBody(IngestPlan plan, const Exchange& exchange,
                                                      std::string body) const {
  IngestRequest request;
  if (plan.coding == Coding::kGzip) {
    switch (InflateGzip(body, static_cast<std::size_t>(max_body_bytes_), request.body)) {
      case InflateResult::kOk:
        break;
      case InflateResult::kTooLarge:
        return TooLargeAnswer(max_body_bytes_, exchange.request_id);
      case InflateResult::kTruncated:
        return ErrorAnswer(400, "invalid_gzip", "the gzip body ends too early", exchange.request_id);
      case InflateResult::kCorrupt:
        return ErrorAnswer(400, "invalid_gzip", "the body is not valid gzip", exchange.request_id);
    }
  } else {
    request.body = std::move(body);
  }
  request.key_hash = std::move(plan.key_hash);
  request.format = plan.format;
  request.request_id = exchange.request_id;
  return request;
}

Answer Handler::Ingested(IngestResult result, const Exchange& exchange) const {
  switch (result.failure) {
    case IngestFailure::kNone:
      return JsonAnswer(result.status, std::move(result.response));
    case IngestFailure::kUnavailable:
      return UnavailableAnswer(exchange.request_id);
    case IngestFailure::kOverloaded:
      return OverloadedAnswer(Bound::kQueueRequests, exchange.request_id);
    case IngestFailure::kKeyOverloaded:
      return OverloadedAnswer(Bound::kQueueKeyBytes, exchange.request_id);
    case IngestFailure::kTimeout: {
      Answer answer =
          ErrorAnswer(503, "timeout", "the database did not answer in time; send the same events again later",
                      exchange.request_id);
      answer.reached = Bound::kRequestTimeout;
      return answer;
    }
    case IngestFailure::kInternal:
      break;
  }
  return ErrorAnswer(500, "internal", "the database could not take this request; its log says why",
                     exchange.request_id);
}

Answer Handler::Readiness(std::string_view reason) const {
  if (reason.empty()) return JsonAnswer(200, "{\"status\":\"ready\"}");
  std::string body = "{\"status\":\"unavailable\",\"reason\":";
  AppendJsonString(body, reason);
  body += '}';
  return JsonAnswer(503, std::move(body));
}

Answer Handler::MetricsText(std::string text) const {
  Answer answer = JsonAnswer(200, std::move(text));
  answer.content_type = "text/plain; version=0.0.4";
  return answer;
}

Reply Handler::Finish(Answer answer, const Exchange& exchange, std::string_view date) const {
  Reply reply;
  reply.version(exchange.version);
  reply.result(answer.status);
  reply.set(http::field::date, ToBeast(date));
  reply.set("X-Request-ID", exchange.request_id);
  reply.set(http::field::cache_control, "no-store");
  cors_.AddTo(exchange.origin, reply);
  if (answer.preflight) cors_.AddPreflightTo(exchange.origin, reply);
  for (auto& [field, value] : answer.headers) reply.set(field, value);
  const bool try_again = answer.status == 429 || answer.status == 503;
  if (try_again && reply.count(http::field::retry_after) == 0) reply.set(http::field::retry_after, "1");
  if (answer.status == 401) reply.set(http::field::www_authenticate, "Bearer realm=\"productgraph\"");
  if (answer.status != 204) {
    reply.set(http::field::content_type, ToBeast(answer.content_type));
    reply.content_length(answer.body.size());
    if (!exchange.head_only) reply.body() = std::move(answer.body);
  }
  reply.keep_alive(exchange.keep_alive && !answer.close);
  return reply;
}

}  // namespace productgraph::sidecar
