-- One session, step by step: session_timeline(), state_at().

CREATE FUNCTION session_scope(project text, session text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  known record;
BEGIN
  -- What the session's row says of its time saves looking into every partition.
  SELECT s.started_at, s.ended_at INTO known FROM productgraph.sessions s
  WHERE s.org_id = org AND s.project_id = project AND s.session_id = session;
  RETURN format('e.org_id = %L::uuid AND e.project_id = %L AND e.session_id = %L::text', org, project, session)
    || CASE WHEN FOUND THEN format(' AND e.timestamp >= %s AND e.timestamp <= %s',
         productgraph.timestamp_literal(known.started_at), productgraph.timestamp_literal(known.ended_at)) ELSE '' END;
END
$$;
COMMENT ON FUNCTION session_scope(text, text) IS 'SQL for the events of one session, over the alias e of events.';

CREATE FUNCTION session_timeline(
  project text, session text,
  OUT happened_at timestamptz, OUT from_start interval, OUT since_previous interval, OUT sequence bigint,
  OUT event_id text, OUT event_type text, OUT event_name text, OUT page_path text, OUT element text,
  OUT journey_id text, OUT journey_step text, OUT api_method text, OUT api_path text, OUT api_status_code integer,
  OUT api_duration_ms double precision, OUT error text, OUT metadata jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  RETURN QUERY EXECUTE
    'SELECT e.timestamp, e.timestamp - first_value(e.timestamp) OVER w, e.timestamp - lag(e.timestamp) OVER w,
       e.event_sequence, e.event_id, e.event_type, e.event_name, e.page_path,
       coalesce(e.ui_element, e.ui_component_path, e.ui_component_name), e.journey_id,
       coalesce(e.journey_step_id, e.journey_step_name), e.api_method, e.api_path, e.api_status_code, e.api_duration_ms,
       coalesce(e.error_type || '': '' || e.error_message, e.error_type, e.error_message), e.metadata
     FROM productgraph.events e WHERE ' || productgraph.session_scope(project, session) || '
     WINDOW w AS (ORDER BY e.timestamp, e.event_sequence, e.received_at, e.event_id)
     ORDER BY e.timestamp, e.event_sequence, e.received_at, e.event_id';
END
$$;
COMMENT ON FUNCTION session_timeline(text, text) IS
'The events of a session in order of time, event.sequence and arrival: when, how long after the first event and after '
'the one before (NULL for the first), and what. element is ui.element, else the path or name of the component; '
'journey_step the id of the step, else its name; error is "type: message". No rows for an unknown session. Error: '
'42704 unknown project.';

CREATE FUNCTION json_or_text(value text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN value::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
  RETURN to_jsonb(value);
END
$$;
COMMENT ON FUNCTION json_or_text(text) IS
'The JSON that a text holds, or else the text as a JSON string. Not for parallel plans, as it recovers from errors.';

CREATE FUNCTION state_at(
  project text, session text, sequence bigint,
  OUT key text, OUT value jsonb, OUT changed_at timestamptz, OUT changed_by bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH changes AS MATERIALIZED (
       SELECT e.ui_state_key AS key, e.ui_state_before AS before, e.ui_state_after AS after, e.timestamp AS at,
         e.event_sequence AS sequence, e.event_sequence <= $1 AS done, e.received_at, e.event_id
       FROM productgraph.events e
       WHERE %s AND e.event_type = ''state.change'' AND e.ui_state_key IS NOT NULL AND e.event_sequence IS NOT NULL
     ), last AS (
       SELECT DISTINCT ON (key) key, after AS value, at, sequence FROM changes WHERE done
       ORDER BY key, sequence DESC, at DESC, received_at DESC, event_id DESC
     ), next AS (
       SELECT DISTINCT ON (key) key, before AS value FROM changes WHERE NOT done
       ORDER BY key, sequence, at, received_at, event_id
     ), known AS MATERIALIZED (
       SELECT key, value, at, sequence FROM last
       UNION ALL SELECT key, value, NULL, NULL FROM next
       WHERE value IS NOT NULL AND NOT EXISTS (SELECT FROM last WHERE last.key = next.key)
     )
     SELECT key, productgraph.json_or_text(value), at, sequence FROM known ORDER BY key COLLATE "C"',
    productgraph.session_scope(project, session))
  USING sequence;
END
$$;
COMMENT ON FUNCTION state_at(text, text, bigint) IS
'The state of the user interface after the event of a session with that event.sequence, one row a key: from the last '
'state.change event of the key up to there its ui.state.after, as JSON, or as a JSON string where the text is none '
'(NULL when it gave none), when it changed and the event.sequence that changed it. A key that changes only later has the '
'ui.state.before of its next change, and NULL for when and by what. state.change events without event.sequence are '
'left out. Error: 42704 unknown project.';
