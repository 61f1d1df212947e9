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

// What the events add to their sessions, which must not depend on the order or the batches in which they
// come: the first and the last event of a kind are so by time, then event.sequence (none is last), then by
// what is kept of them. Sessions are taken in the order of their keys, again against deadlocks.
constexpr const char* kMergeSessions = R"sql(
parts AS (
  SELECT org_id, project_id, session_id,
    min(timestamp) AS started_at, max(timestamp) AS ended_at,
    max(timestamp) FILTER (WHERE user_id IS NOT NULL) AS user_at,
    (array_agg(user_id ORDER BY timestamp DESC, user_id COLLATE "C" DESC)
      FILTER (WHERE user_id IS NOT NULL))[1] AS user_id,
    max(timestamp) FILTER (WHERE user_anonymous_id IS NOT NULL) AS user_anonymous_at,
    (array_agg(user_anonymous_id ORDER BY timestamp DESC, user_anonymous_id COLLATE "C" DESC)
      FILTER (WHERE user_anonymous_id IS NOT NULL))[1] AS user_anonymous_id,
    count(*) AS events,
    count(*) FILTER (WHERE event_type = 'page.view') AS pages,
    count(*) FILTER (WHERE event_type = 'error') AS errors,
    min(timestamp) FILTER (WHERE event_type = 'page.view') AS entry_at,
    (array_agg(event_sequence) FILTER (WHERE event_type = 'page.view'))[1] AS entry_sequence,
    (array_agg(page) FILTER (WHERE event_type = 'page.view'))[1] AS entry_page,
    max(timestamp) FILTER (WHERE event_type = 'page.view') AS exit_at,
    (array_agg(event_sequence) FILTER (WHERE event_type = 'page.view'))
      [count(*) FILTER (WHERE event_type = 'page.view')] AS exit_sequence,
    (array_agg(page) FILTER (WHERE event_type = 'page.view'))
      [count(*) FILTER (WHERE event_type = 'page.view')] AS exit_page,
    max(timestamp) FILTER (WHERE journey_step_id IS NOT NULL) AS journey_at,
    (array_agg(event_sequence) FILTER (WHERE journey_step_id IS NOT NULL))
      [count(*) FILTER (WHERE journey_step_id IS NOT NULL)] AS journey_sequence,
    (array_agg(ARRAY[nullif(journey_id, ''), journey_step_id] ORDER BY timestamp DESC, event_sequence DESC,
        journey_id COLLATE "C" DESC NULLS LAST, journey_step_id COLLATE "C" DESC)
      FILTER (WHERE journey_step_id IS NOT NULL))[1:1] AS journey,
    min(timestamp) FILTER (WHERE event_type = 'journey.conversion') AS converted_at
  FROM (
    -- Arrays of a session are in this order.
    SELECT org_id, project_id, session_id, timestamp, event_sequence, nullif(page_path, '') COLLATE "C" AS page,
      event_type, user_id, user_anonymous_id, journey_id, journey_step_id
    FROM new_events ORDER BY org_id, project_id, session_id, timestamp, event_sequence, page NULLS FIRST
  ) e
  GROUP BY org_id, project_id, session_id
), merged AS (
  INSERT INTO productgraph.sessions AS s (
    org_id, project_id, session_id, started_at, ended_at, user_id, user_at, user_anonymous_id, user_anonymous_at,
    events, pages, errors, entry_at, entry_sequence, entry_page, exit_at, exit_sequence, exit_page,
    journey_at, journey_sequence, journey_id, journey_step_id, converted_at)
  SELECT
    org_id, project_id, session_id, started_at, ended_at, user_id, user_at, user_anonymous_id, user_anonymous_at,
    events, pages, errors, entry_at, entry_sequence, entry_page, exit_at, exit_sequence, exit_page,
    journey_at, journey_sequence, journey[1][1], journey[1][2], converted_at
  FROM parts
  ORDER BY project_id, session_id
  ON CONFLICT (org_id, project_id, session_id) DO UPDATE SET
    started_at = least(s.started_at, excluded.started_at),
    ended_at = greatest(s.ended_at, excluded.ended_at),
    events = s.events + excluded.events,
    pages = s.pages + excluded.pages,
    errors = s.errors + excluded.errors,
    converted_at = least(s.converted_at, excluded.converted_at))sql";

// Columns that all tell of one event, the first of them its time, and whether the new event takes the place
// of the kept one: NULL, when there is no new one, does not.
struct OneEvent {
  const char* condition;
  const char* columns[4];
};
constexpr OneEvent kOneEvent[] = {
    {"(excluded.user_at, excluded.user_id COLLATE \"C\") > (s.user_at, s.user_id COLLATE \"C\")",
     {"user_at", "user_id"}},
    {"(excluded.user_anonymous_at, excluded.user_anonymous_id COLLATE \"C\") > "
     "(s.user_anonymous_at, s.user_anonymous_id COLLATE \"C\")",
     {"user_anonymous_at", "user_anonymous_id"}},
    {"(excluded.entry_at, coalesce(excluded.entry_sequence, 9223372036854775807), "
     "coalesce(excluded.entry_page, '') COLLATE \"C\") < "
     "(s.entry_at, coalesce(s.entry_sequence, 9223372036854775807), coalesce(s.entry_page, '') COLLATE "
     "\"C\")",
     {"entry_at", "entry_sequence", "entry_page"}},
    {"(excluded.exit_at, coalesce(excluded.exit_sequence, 9223372036854775807), "
     "coalesce(excluded.exit_page, '') COLLATE \"C\") > "
     "(s.exit_at, coalesce(s.exit_sequence, 9223372036854775807), coalesce(s.exit_page, '') COLLATE \"C\")",
     {"exit_at", "exit_sequence", "exit_page"}},
    {"(excluded.journey_at, coalesce(excluded.journey_sequence, 9223372036854775807), "
     "coalesce(excluded.journey_id, '') COLLATE \"C\", excluded.journey_step_id COLLATE \"C\") > "
     "(s.journey_at, coalesce(s.journey_sequence, 9223372036854775807), "
     "coalesce(s.journey_id, '') COLLATE \"C\", s.journey_step_id COLLATE \"C\")",
     {"journey_at", "journey_sequence", "journey_id", "journey_step_id"}},
};

constexpr const char* kStored = R"sql(
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
  for (const OneEvent& event : kOneEvent) {
    for (const char* column : event.columns) {
      if (!column) break;
      appendStringInfo(&statement, ",\n    %s = CASE WHEN s.%s IS NULL OR %s THEN excluded.%s ELSE s.%s END",
                       column, event.columns[0], event.condition, column, column);
    }
  }
  appendStringInfoString(&statement, kStored);
  return MemoryContextStrdup(context, statement.data);
}

}  // namespace productgraph::pg
