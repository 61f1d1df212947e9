#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace productgraph::sidecar {

// One element of each array handed to productgraph.ingest_requests.
struct IngestRequest {
  std::string body;                     // not compressed, not parsed
  std::optional<std::string> key_hash;  // of the API key: the key itself goes no further than the handler
  std::string_view format;              // "json" or "ndjson"; points to a literal
  std::string request_id;
};

enum class IngestFailure {
  kNone,           // the database answered: status and response hold what it said
  kUnavailable,    // no connection, or lost: may or may not be committed, the client repeats
  kOverloaded,     // the queue is full
  kKeyOverloaded,  // the requests of this key fill the queue's share of one key
  kTimeout,        // the deadline passed first
  kInternal,       // the database refused this request with an error that repeating will not cure
};

struct IngestResult {
  IngestFailure failure = IngestFailure::kNone;
  unsigned status = 0;
  std::string response;
};

}  // namespace productgraph::sidecar
