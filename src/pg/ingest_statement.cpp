#include "src/pg/ingest_statement.hpp"

#include "src/core/event_fields.hpp"

namespace productgraph::pg {
namespace {

// Claims the keys, in their order so that concurrent batches cannot deadlock; events whose key was there
// already are repeats and go no further.
constexpr const char* kClaimKeys = R"sql(
WITH fresh AS (
  INSERT INTO productgraph.event_keys (org_id, key, received_at)
  SELECT org_id, key, received_at FROM %s ORDER BY key
  ON CONFLICT DO NOTHING
  RETURNING key
), new_events AS MATERIALIZED (
  SELECT i.* FROM %s i JOIN fresh USING (key)
), )sql";

constexpr const char* kStoreEvents = R"sql(
stored AS (
  INSERT INTO productgraph.events (%s) SELECT %s FROM new_events
), )sql";

// What the events add to their sessions. Merging is by times, so that late and unordered events end in the
// same row; sessions are taken in the order of their keys, again against deadlocks.
constexpr const char* kMergeSessions = R"sql(
parts AS (
  SELECT org_id, project_id, session_id,
    min(timestamp) AS started_at, max(timestamp) AS ended_at,
    (array_agg(user_id ORDER BY timestamp DESC) FILTER (WHERE user_id IS NOT NULL))[1] AS user_id,
    (array_agg(user_anonymous_id ORDER BY timestamp DESC)
      FILTER (WHERE user_anonymous_id IS NOT NULL))[1] AS user_anonymous_id,
    count(*) AS events,
    count(*) FILTER (WHERE event_type = 'page.view') AS pages,
    count(*) FILTER (WHERE event_type = 'error') AS errors,
    min(timestamp) FILTER (WHERE event_type = 'page.view') AS entry_at,
    max(timestamp) FILTER (WHERE event_type = 'page.view') AS exit_at,
    (array_agg(page_path ORDER BY timestamp) FILTER (WHERE event_type = 'page.view'))[1] AS entry_page,
    (array_agg(page_path ORDER BY timestamp DESC) FILTER (WHERE event_type = 'page.view'))[1] AS exit_page,
    max(timestamp) FILTER (WHERE journey_step_id IS NOT NULL) AS journey_at,
    (array_agg(journey_id ORDER BY timestamp DESC) FILTER (WHERE journey_step_id IS NOT NULL))[1] AS journey_id,
    (array_agg(journey_step_id ORDER BY timestamp DESC)
      FILTER (WHERE journey_step_id IS NOT NULL))[1] AS journey_step_id,
    min(timestamp) FILTER (WHERE event_type = 'journey.conversion') AS converted_at
  FROM new_events
  GROUP BY org_id, project_id, session_id
), merged AS (
  INSERT INTO productgraph.sessions AS s (
    org_id, project_id, session_id, started_at, ended_at, user_id, user_anonymous_id, events, pages, errors,
    entry_at, exit_at, entry_page, exit_page, journey_at, journey_id, journey_step_id, converted_at)
  SELECT
    org_id, project_id, session_id, started_at, ended_at, user_id, user_anonymous_id, events, pages, errors,
    entry_at, exit_at, entry_page, exit_page, journey_at, journey_id, journey_step_id, converted_at
  FROM parts
  ORDER BY project_id, session_id
  ON CONFLICT (org_id, project_id, session_id) DO UPDATE SET
    started_at = least(s.started_at, excluded.started_at),
    ended_at = greatest(s.ended_at, excluded.ended_at),
    user_id = CASE WHEN excluded.ended_at >= s.ended_at THEN coalesce(excluded.user_id, s.user_id)
      ELSE coalesce(s.user_id, excluded.user_id) END,
    user_anonymous_id = CASE WHEN excluded.ended_at >= s.ended_at
      THEN coalesce(excluded.user_anonymous_id, s.user_anonymous_id)
      ELSE coalesce(s.user_anonymous_id, excluded.user_anonymous_id) END,
    events = s.events + excluded.events,
    pages = s.pages + excluded.pages,
    errors = s.errors + excluded.errors,
    entry_page = CASE WHEN s.entry_at IS NOT NULL AND (s.entry_at <= excluded.entry_at) IS NOT FALSE
      THEN s.entry_page ELSE excluded.entry_page END,
    exit_page = CASE WHEN s.exit_at IS NOT NULL AND (s.exit_at > excluded.exit_at) IS NOT FALSE
      THEN s.exit_page ELSE excluded.exit_page END,
    journey_id = CASE WHEN s.journey_at IS NOT NULL AND (s.journey_at > excluded.journey_at) IS NOT FALSE
      THEN s.journey_id ELSE excluded.journey_id END,
    journey_step_id = CASE WHEN s.journey_at IS NOT NULL AND (s.journey_at > excluded.journey_at) IS NOT FALSE
      THEN s.journey_step_id ELSE excluded.journey_step_id END,
    entry_at = least(s.entry_at, excluded.entry_at),
    exit_at = greatest(s.exit_at, excluded.exit_at),
    journey_at = greatest(s.journey_at, excluded.journey_at),
    converted_at = least(s.converted_at, excluded.converted_at)
)
SELECT ordinal FROM new_events)sql";

}  // namespace

const char* MakeStoreStatement(const char* relation, MemoryContext context) {
  StringInfoData columns;
  initStringInfo(&columns);
  appendStringInfoString(&columns, "org_id, received_at, attributes");
  for (const core::FieldSpec& spec : core::kFields) {
    appendStringInfo(&columns, ", %.*s", static_cast<int>(spec.column.size()), spec.column.data());
  }
  StringInfoData statement;
  initStringInfo(&statement);
  appendStringInfo(&statement, kClaimKeys, relation, relation);
  appendStringInfo(&statement, kStoreEvents, columns.data, columns.data);
  appendStringInfoString(&statement, kMergeSessions);
  return MemoryContextStrdup(context, statement.data);
}

}  // namespace productgraph::pg
