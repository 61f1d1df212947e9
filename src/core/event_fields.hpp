// The fields of an event: their JSON names, columns, types and limits. This table is the only place where
// they are decided; the SQL function event_fields() shows it and a test holds the events table against it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace productgraph::core {

enum class FieldType : std::uint8_t {
  kIdentifier,  // text, rejected when too long or when it holds control characters
  kText,        // text, cut to its limit with a warning
  kEventType,   // one of the known types, see event_types.hpp
  kTimestamp,   // RFC 3339 text, or milliseconds since 1970 as a number
  kInt64,
  kInt32,
  kNumber,    // finite double
  kJsonText,  // text kept as it is; any other JSON value is kept as its JSON text
  kObject,    // JSON object
};

enum class FieldId : std::uint8_t {
  kEventId,
  kProjectId,
  kSessionId,
  kEventType,
  kEventTimestamp,
  kUserId,
  kUserAnonymousId,
  kOrgId,
  kOrgName,
  kEventName,
  kEventSequence,
  kPagePath,
  kPageTitle,
  kPageUrl,
  kPageReferrer,
  kUiComponentName,
  kUiComponentPath,
  kUiComponentType,
  kUiAction,
  kUiElement,
  kUiElementText,
  kUiViewport,
  kUiScrollPosition,
  kUiStateKey,
  kUiStateBefore,
  kUiStateAfter,
  kUiStateChangeType,
  kJourneyId,
  kJourneyStepId,
  kJourneyStepName,
  kJourneyConversionStatus,
  kApiMethod,
  kApiPath,
  kApiStatusCode,
  kApiDurationMs,
  kErrorType,
  kErrorMessage,
  kErrorStack,
  kErrorComponent,
  kPerformanceLcpMs,
  kPerformanceFidMs,
  kPerformanceCls,
  kPerformanceTtfbMs,
  kPerformanceInpMs,
  kSnapshotUrl,
  kSnapshotViewport,
  kDurationMs,
  kMetadata,
};

struct FieldSpec {
  FieldId id;
  std::string_view name;    // in JSON
  std::string_view column;  // in the events table
  FieldType type;
  std::uint16_t limit;  // in characters; 0 = only the size of the event bounds it
  bool required;
  bool in_kind = false;  // whether it is one of the few fields that make a kind, see docs/segments.md
};

// In the order of FieldId; the required fields first, in the order in which they are checked.
inline constexpr FieldSpec kFields[] = {
    {FieldId::kEventId, "event_id", "event_id", FieldType::kIdentifier, 255, true},
    {FieldId::kProjectId, "project_id", "project_id", FieldType::kIdentifier, 255, true},
    {FieldId::kSessionId, "session.id", "session_id", FieldType::kIdentifier, 255, true},
    {FieldId::kEventType, "event.type", "event_type", FieldType::kEventType, 255, true, true},
    {FieldId::kEventTimestamp, "event.timestamp", "timestamp", FieldType::kTimestamp, 0, true},
    {FieldId::kUserId, "user.id", "user_id", FieldType::kIdentifier, 255, false},
    {FieldId::kUserAnonymousId, "user.anonymous_id", "user_anonymous_id", FieldType::kIdentifier, 255, false},
    // What the client calls its organization is recorded, but org_id is the tenant and never the client's.
    {FieldId::kOrgId, "org.id", "client_org_id", FieldType::kIdentifier, 255, false},
    {FieldId::kOrgName, "org.name", "org_name", FieldType::kText, 255, false},
    {FieldId::kEventName, "event.name", "event_name", FieldType::kText, 255, false, true},
    {FieldId::kEventSequence, "event.sequence", "event_sequence", FieldType::kInt64, 0, false},
    {FieldId::kPagePath, "page.path", "page_path", FieldType::kText, 1024, false, true},
    {FieldId::kPageTitle, "page.title", "page_title", FieldType::kText, 255, false},
    {FieldId::kPageUrl, "page.url", "page_url", FieldType::kText, 2048, false},
    {FieldId::kPageReferrer, "page.referrer", "page_referrer", FieldType::kText, 2048, false},
    {FieldId::kUiComponentName, "ui.component.name", "ui_component_name", FieldType::kText, 255, false, true},
    {FieldId::kUiComponentPath, "ui.component.path", "ui_component_path", FieldType::kText, 1024, false},
    {FieldId::kUiComponentType, "ui.component.type", "ui_component_type", FieldType::kText, 100, false, true},
    {FieldId::kUiAction, "ui.action", "ui_action", FieldType::kText, 100, false, true},
    {FieldId::kUiElement, "ui.element", "ui_element", FieldType::kText, 255, false, true},
    {FieldId::kUiElementText, "ui.element.text", "ui_element_text", FieldType::kText, 500, false},
    {FieldId::kUiViewport, "ui.viewport", "ui_viewport", FieldType::kText, 50, false},
    {FieldId::kUiScrollPosition, "ui.scroll.position", "ui_scroll_position", FieldType::kNumber, 0, false},
    {FieldId::kUiStateKey, "ui.state.key", "ui_state_key", FieldType::kText, 255, false, true},
    {FieldId::kUiStateBefore, "ui.state.before", "ui_state_before", FieldType::kJsonText, 0, false},
    {FieldId::kUiStateAfter, "ui.state.after", "ui_state_after", FieldType::kJsonText, 0, false},
    {FieldId::kUiStateChangeType, "ui.state.change_type", "ui_state_change_type", FieldType::kText, 50, false,
     true},
    {FieldId::kJourneyId, "gen_ai.journey.id", "journey_id", FieldType::kIdentifier, 255, false, true},
    {FieldId::kJourneyStepId, "gen_ai.journey.step.id", "journey_step_id", FieldType::kIdentifier, 255, false,
     true},
    {FieldId::kJourneyStepName, "gen_ai.journey.step.name", "journey_step_name", FieldType::kText, 255, false,
     true},
    {FieldId::kJourneyConversionStatus, "gen_ai.journey.conversion.status", "journey_conversion_status",
     FieldType::kText, 50, false, true},
    {FieldId::kApiMethod, "api.method", "api_method", FieldType::kText, 10, false, true},
    {FieldId::kApiPath, "api.path", "api_path", FieldType::kText, 1024, false, true},
    {FieldId::kApiStatusCode, "api.status_code", "api_status_code", FieldType::kInt32, 0, false, true},
    {FieldId::kApiDurationMs, "api.duration_ms", "api_duration_ms", FieldType::kNumber, 0, false},
    {FieldId::kErrorType, "error.type", "error_type", FieldType::kText, 255, false, true},
    {FieldId::kErrorMessage, "error.message", "error_message", FieldType::kText, 0, false},
    {FieldId::kErrorStack, "error.stack", "error_stack", FieldType::kText, 0, false},
    {FieldId::kErrorComponent, "error.component", "error_component", FieldType::kText, 255, false, true},
    {FieldId::kPerformanceLcpMs, "performance.lcp_ms", "performance_lcp_ms", FieldType::kNumber, 0, false},
    {FieldId::kPerformanceFidMs, "performance.fid_ms", "performance_fid_ms", FieldType::kNumber, 0, false},
    {FieldId::kPerformanceCls, "performance.cls", "performance_cls", FieldType::kNumber, 0, false},
    {FieldId::kPerformanceTtfbMs, "performance.ttfb_ms", "performance_ttfb_ms", FieldType::kNumber, 0, false},
    {FieldId::kPerformanceInpMs, "performance.inp_ms", "performance_inp_ms", FieldType::kNumber, 0, false},
    {FieldId::kSnapshotUrl, "snapshot.url", "snapshot_url", FieldType::kText, 1024, false},
    {FieldId::kSnapshotViewport, "snapshot.viewport", "snapshot_viewport", FieldType::kText, 50, false},
    {FieldId::kDurationMs, "duration_ms", "duration_ms", FieldType::kNumber, 0, false},
    {FieldId::kMetadata, "metadata", "metadata", FieldType::kObject, 0, false},
};

inline constexpr int kFieldCount = static_cast<int>(sizeof(kFields) / sizeof(kFields[0]));
static_assert(kFieldCount <= 64, "an event marks the fields it has seen in one 64-bit word");

// Clients of the newer protocol send this instead of project_id; project_id wins when both are there.
inline constexpr std::string_view kProjectIdAlias = "product_id";

constexpr const FieldSpec& Describe(FieldId id) {
  return kFields[static_cast<int>(id)];
}

constexpr bool FieldTableIsOrdered() {
  for (int i = 0; i < kFieldCount; ++i) {
    if (static_cast<int>(kFields[i].id) != i) return false;
  }
  return true;
}
static_assert(FieldTableIsOrdered());

// The field of that JSON name, the alias not included.
std::optional<FieldId> FindField(std::string_view name);

// The name of a type as SQL users see it: "text", "bigint", …
std::string_view SqlTypeName(FieldType type);

}  // namespace productgraph::core
