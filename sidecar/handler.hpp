#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "answer.hpp"
#include "config.hpp"
#include "cors.hpp"
#include "framing.hpp"
#include "ingest_request.hpp"
#include "media.hpp"
#include "metrics.hpp"

namespace productgraph::sidecar {

// What every answer to one request depends on, taken from the head once.
struct Exchange {
  Route route = Route::kOther;
  std::string request_id;
  std::string origin;
  unsigned version = 11;
  bool keep_alive = false;
  bool head_only = false;
  bool expects_continue = false;
  Framing framing;
  std::string framing_fault;
};

// An event request whose body is worth reading.
struct IngestPlan {
  Coding coding = Coding::kIdentity;
  std::string_view format;
  std::optional<std::string> key_hash;
  std::string session_id;  // empty = none that can be used
};
struct AskDatabase {};
struct ShowMetrics {};

using Decision = std::variant<Answer, IngestPlan, AskDatabase, ShowMetrics>;

// The whole HTTP contract as pure functions: no sockets, no clock, no database.
class Handler {
 public:
  explicit Handler(const Config& config);

  // head may be what was parsed of a broken request.
  Exchange Begin(const RequestHead& head) const;

  // Everything that can be known before the body is read.
  Decision Decide(const RequestHead& head, const Exchange& exchange) const;

  // The body is whole: inflate it. Throws std::bad_alloc.
  std::variant<Answer, IngestRequest> TakeBody(IngestPlan plan, const Exchange& exchange,
                                               std::string body) const;

  Answer Ingested(IngestResult result, const Exchange& exchange) const;
  // reason empty means ready.
  Answer Readiness(std::string_view reason) const;
  Answer MetricsText(std::string text) const;

  // Adds what all answers carry. date is the HTTP date.
  Reply Finish(Answer answer, const Exchange& exchange, std::string_view date) const;

 private:
  Decision DecideEvents(const RequestHead& head, const Exchange& exchange) const;

  CorsRules cors_;
  std::int64_t max_body_bytes_;
};

}  // namespace productgraph::sidecar
