#include "handler.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "parse_head.hpp"
#include "sha256.hpp"

namespace productgraph::sidecar {
namespace {

Config TestConfig() {
  return ParseCommandLine({"--max-body-bytes", "1000"}, [](const std::string&) { return std::nullopt; })
      .config;
}

class HandlerTest : public ::testing::Test {
 protected:
  // The reply when it is known from the head alone; status 0 otherwise.
  Reply ReplyTo(const std::string& text) {
    const RequestHead head = ParseHead(text);
    const Exchange exchange = handler_.Begin(head);
    Decision decision = handler_.Decide(head, exchange);
    auto* answer = std::get_if<Answer>(&decision);
    if (answer == nullptr) {
      Reply none;
      none.result(0U);
      return none;
    }
    return handler_.Finish(std::move(*answer), exchange, "Sat, 01 Jan 2000 00:00:00 GMT");
  }

  static std::string Post(const std::string& headers) {
    return "POST /v1/events HTTP/1.1\r\nHost: h\r\nX-Request-ID: r1\r\n" + headers + "\r\n";
  }

  Handler handler_{TestConfig()};
};

TEST_F(HandlerTest, StatusesKnownFromTheHead) {
  struct Case {
    std::string request;
    unsigned status;
    std::string code;
    bool keeps_connection;
  };
  const Case cases[] = {
      {"GET /nope HTTP/1.1\r\nHost: h\r\n\r\n", 404, "not_found", true},
      {"GET /v1/events/ HTTP/1.1\r\nHost: h\r\n\r\n", 404, "not_found", true},
      {"GET /v1/events HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed", true},
      {"POST /health HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 405, "method_not_allowed", true},
      {"FROB /v1/events HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed", true},
      {Post(""), 411, "length_required", false},
      {Post("Content-Length: 1001\r\n"), 413, "body_too_large", true},
      {Post("Content-Length: 2\r\nContent-Type: text/html\r\n"), 415, "unsupported_media_type", true},
      {Post("Content-Length: 2\r\nContent-Encoding: br\r\n"), 415, "unsupported_encoding", true},
      {Post("Content-Length: 2\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n"), 415,
       "unsupported_encoding", true},
      {Post("Content-Length: 2\r\nExpect: magic\r\n"), 417, "expectation_failed", true},
      {Post("Content-Length: 2\r\nX-PG-API-Key: \xff\r\n"), 401, "unauthorized", true},
      {Post("Content-Length: 2\r\nContent-Length: 2\r\n"), 400, "malformed_request", false},
      {"GET /health HTTP/1.1\r\n\r\n", 400, "malformed_request", false},
  };
  for (const Case& c : cases) {
    const Reply reply = ReplyTo(c.request);
    EXPECT_EQ(reply.result_int(), c.status) << c.request;
    EXPECT_NE(reply.body().find("{\"error\":{\"code\":\"" + c.code + "\",\"message\":\""), std::string::npos)
        << c.request << reply.body();
    const std::string id(ToView(reply["X-Request-ID"]));
    EXPECT_FALSE(id.empty());
    EXPECT_NE(reply.body().find("\"request_id\":\"" + id + "\"}}"), std::string::npos);
    EXPECT_EQ(reply.keep_alive(), c.keeps_connection) << c.request;
  }
}

TEST_F(HandlerTest, MethodNotAllowedSaysWhatIs) {
  EXPECT_EQ(ToView(ReplyTo("GET /v1/events HTTP/1.1\r\nHost: h\r\n\r\n")["Allow"]), "POST, OPTIONS");
  EXPECT_EQ(ToView(ReplyTo("DELETE /ready HTTP/1.1\r\nHost: h\r\n\r\n")["Allow"]), "GET, HEAD, OPTIONS");
}

TEST_F(HandlerTest, HealthNeedsNobody) {
  const Reply reply = ReplyTo("GET /health HTTP/1.1\r\nHost: h\r\nX-Request-ID: r1\r\n\r\n");
  EXPECT_EQ(reply.result_int(), 200U);
  EXPECT_EQ(reply.body(), "{\"status\":\"ok\"}");
  EXPECT_EQ(ToView(reply["X-Request-ID"]), "r1");
}

TEST_F(HandlerTest, HeadHasTheLengthButNoBody) {
  const Reply reply = ReplyTo("HEAD /health HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(reply.body(), "");
  EXPECT_EQ(ToView(reply["Content-Length"]), "15");
}

TEST_F(HandlerTest, ConnectionHeaderAndVersionDecideAboutKeepingIt) {
  EXPECT_TRUE(ReplyTo("GET /health HTTP/1.1\r\nHost: h\r\n\r\n").keep_alive());
  EXPECT_FALSE(ReplyTo("GET /health HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n").keep_alive());
  EXPECT_FALSE(
      ReplyTo("GET /health HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: close\r\n\r\n").keep_alive());
  EXPECT_FALSE(ReplyTo("GET /health HTTP/1.0\r\n\r\n").keep_alive());
  EXPECT_TRUE(ReplyTo("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive());
}

TEST_F(HandlerTest, PreflightIsAnsweredAndCached) {
  const Reply reply = ReplyTo(
      "OPTIONS /v1/events HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  EXPECT_EQ(reply.result_int(), 204U);
  EXPECT_EQ(ToView(reply["Access-Control-Allow-Origin"]), "https://a.example");
  EXPECT_EQ(ToView(reply["Access-Control-Allow-Credentials"]), "true");
  EXPECT_EQ(ToView(reply["Access-Control-Max-Age"]), "86400");
  EXPECT_EQ(ToView(reply["Access-Control-Allow-Headers"]),
            "Content-Type, Content-Encoding, X-PG-API-Key, Authorization, X-Session-ID, X-Request-ID");
  EXPECT_EQ(ToView(reply["Vary"]), "Origin");
  EXPECT_EQ(reply.count("Content-Length"), 0U);
}

TEST_F(HandlerTest, ErrorsCarryCorsHeadersToo) {
  const Reply reply = ReplyTo("GET /v1/events HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example\r\n\r\n");
  EXPECT_EQ(ToView(reply["Access-Control-Allow-Origin"]), "https://a.example");
  EXPECT_EQ(ToView(reply["Access-Control-Expose-Headers"]), "X-Request-ID, Retry-After");
}

TEST_F(HandlerTest, EventsAreTakenWithTheirFormatKeyAndId) {
  const RequestHead head =
      ParseHead(Post("Content-Length: 2\r\nContent-Type: application/x-ndjson\r\nX-PG-API-Key: k\r\n"));
  const Exchange exchange = handler_.Begin(head);
  Decision decision = handler_.Decide(head, exchange);
  auto taken = handler_.TakeBody(std::get<IngestPlan>(decision), exchange, "{}");
  const IngestRequest& request = std::get<IngestRequest>(taken);
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.format, "ndjson");
  EXPECT_EQ(request.key_hash, Sha256("k"));
  EXPECT_EQ(request.request_id, "r1");
}

TEST_F(HandlerTest, BadGzipIsTheClientsMistake) {
  const RequestHead head = ParseHead(Post("Content-Length: 2\r\nContent-Encoding: gzip\r\n"));
  const Exchange exchange = handler_.Begin(head);
  Decision decision = handler_.Decide(head, exchange);
  auto taken = handler_.TakeBody(std::get<IngestPlan>(decision), exchange, "{}");
  EXPECT_EQ(std::get<Answer>(taken).status, 400U);
}

TEST_F(HandlerTest, DatabaseAnswersAreRelayedWordForWord) {
  const Exchange exchange = handler_.Begin(ParseHead(Post("Content-Length: 2\r\n")));
  Reply reply =
      handler_.Finish(handler_.Ingested({IngestFailure::kNone, 202, "{\"a\" : 1}"}, exchange), exchange, "");
  EXPECT_EQ(reply.result_int(), 202U);
  EXPECT_EQ(reply.body(), "{\"a\" : 1}");
  EXPECT_EQ(reply.count("Retry-After"), 0U);
  reply = handler_.Finish(handler_.Ingested({IngestFailure::kNone, 429, "{}"}, exchange), exchange, "");
  EXPECT_EQ(ToView(reply["Retry-After"]), "1");
  reply = handler_.Finish(handler_.Ingested({IngestFailure::kNone, 401, "{}"}, exchange), exchange, "");
  EXPECT_EQ(reply.count("WWW-Authenticate"), 1U);
}

TEST_F(HandlerTest, OnlyWhatRepeatingCuresIs503) {
  const Exchange exchange = handler_.Begin(ParseHead(Post("Content-Length: 2\r\n")));
  for (auto failure : {IngestFailure::kUnavailable, IngestFailure::kOverloaded, IngestFailure::kTimeout}) {
    const Reply reply = handler_.Finish(handler_.Ingested({failure, 0, ""}, exchange), exchange, "");
    EXPECT_EQ(reply.result_int(), 503U);
    EXPECT_EQ(ToView(reply["Retry-After"]), "1");
  }
  EXPECT_EQ(handler_.Ingested({IngestFailure::kInternal, 0, ""}, exchange).status, 500U);
}

TEST_F(HandlerTest, ReadinessTellsTheReason) {
  EXPECT_EQ(handler_.Readiness("").body, "{\"status\":\"ready\"}");
  EXPECT_EQ(handler_.Readiness("no \"x\"").status, 503U);
  EXPECT_EQ(handler_.Readiness("no \"x\"").body, "{\"status\":\"unavailable\",\"reason\":\"no \\\"x\\\"\"}");
}

}  // namespace
}  // namespace productgraph::sidecar
