// Errors of the core and how each is reported: in an event's error list, as SQLSTATE, as HTTP status.
#pragma once

#include <exception>
#include <string_view>

namespace productgraph::core {

enum class ErrorCode {
  // a whole request
  kMalformedJson,
  kInvalidBatch,
  kTooManyEvents,
  kBodyTooLarge,
  kUnauthorized,
  kForbidden,
  // one event
  kRequired,
  kInvalidType,
  kInvalidTimestamp,
  kInvalidCharacter,
  kUnknownType,
  kOutOfRange,
  kTooLong,
  kTooLarge,
  kTooDeep,
  // what was stored differs from what was sent
  kTruncated,
  kReplacedCharacter,
  kRedacted,
  // analysis
  kInvalidParameter,
  kTooManySteps,
  kCorruptedSegment,
  kStopped,
};

struct ErrorInfo {
  ErrorCode code;
  const char* name;      // the `code` of JSON answers and of validate_event()
  const char* sqlstate;  // raised by the SQL functions
  int http_status;       // of a request that fails as a whole
};

// The one table from core error to SQLSTATE to HTTP status, in the order of ErrorCode.
inline constexpr ErrorInfo kErrors[] = {
    {ErrorCode::kMalformedJson, "malformed_json", "22P02", 400},
    {ErrorCode::kInvalidBatch, "invalid_batch", "22023", 400},
    {ErrorCode::kTooManyEvents, "too_many_events", "54000", 400},
    {ErrorCode::kBodyTooLarge, "body_too_large", "54000", 413},
    {ErrorCode::kUnauthorized, "unauthorized", "28000", 401},
    {ErrorCode::kForbidden, "forbidden", "42501", 403},
    {ErrorCode::kRequired, "required", "23502", 400},
    {ErrorCode::kInvalidType, "invalid_type", "22023", 400},
    {ErrorCode::kInvalidTimestamp, "invalid_timestamp", "22007", 400},
    {ErrorCode::kInvalidCharacter, "invalid_character", "22021", 400},
    {ErrorCode::kUnknownType, "unknown_type", "22023", 400},
    {ErrorCode::kOutOfRange, "out_of_range", "22003", 400},
    {ErrorCode::kTooLong, "too_long", "22001", 400},
    {ErrorCode::kTooLarge, "too_large", "54000", 413},
    {ErrorCode::kTooDeep, "too_deep", "54000", 400},
    {ErrorCode::kTruncated, "truncated", "01004", 202},
    {ErrorCode::kReplacedCharacter, "replaced_character", "01000", 202},
    {ErrorCode::kRedacted, "redacted", "01000", 202},
    {ErrorCode::kInvalidParameter, "invalid_parameter", "22023", 400},
    {ErrorCode::kTooManySteps, "too_many_steps", "54023", 400},
    {ErrorCode::kCorruptedSegment, "corrupted_segment", "XX001", 500},
    {ErrorCode::kStopped, "stopped", "57014", 503},
};

constexpr const ErrorInfo& Describe(ErrorCode code) {
  return kErrors[static_cast<int>(code)];
}

constexpr bool ErrorTableIsOrdered() {
  for (int i = 0; i < static_cast<int>(sizeof(kErrors) / sizeof(kErrors[0])); ++i) {
    if (static_cast<int>(kErrors[i].code) != i) return false;
  }
  return true;
}
static_assert(ErrorTableIsOrdered());

// Thrown by kernels for wrong parameters and for a requested stop. Holds only static text or text that
// outlives it (an arena's), so that throwing allocates nothing of its own.
class Error : public std::exception {
 public:
  Error(ErrorCode code, const char* message, const char* hint = nullptr)
      : code_(code), message_(message), hint_(hint) {}
  ErrorCode code() const { return code_; }
  const char* what() const noexcept override { return message_; }
  const char* hint() const { return hint_; }

 private:
  ErrorCode code_;
  const char* message_;
  const char* hint_;
};

}  // namespace productgraph::core
