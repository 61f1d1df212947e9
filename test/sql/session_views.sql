-- session_timeline() and state_at().
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SELECT create_organization('session-views', 'Session views') AS org \gset
SELECT create_project(:'org', 'session-views', settings => '{"open_ingest": true}');
CREATE FUNCTION pg_temp.play(session text, clock text, sequence integer, type text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT ingest(jsonb_build_array(jsonb_build_object('event_id', session || ' ' || clock || ' ' || coalesce(sequence, 0), 'project_id', 'session-views', 'session.id', session,
    'event.type', type, 'event.timestamp', '2024-05-01T' || clock || 'Z') || CASE WHEN sequence IS NULL THEN '{}' ELSE jsonb_build_object('event.sequence', sequence) END || more)) ->> 'errors'
$$;
-- Sent out of order; the first two at the same time.
SELECT pg_temp.play('s', '10:00:07', 5, 'error', '{"error.type": "TypeError", "error.message": "x is undefined"}'),
  pg_temp.play('s', '10:00:00', 2, 'page.view', '{"page.path": "/cart"}'),
  pg_temp.play('s', '10:00:00', 1, 'page.view'),
  pg_temp.play('s', '10:00:02.5', 3, 'ui.click', '{"ui.element": "#pay", "ui.component.name": "Pay", "metadata": {"k": 1}}'),
  pg_temp.play('s', '10:00:03', 4, 'api.request', '{"api.method": "POST", "api.path": "/pay", "api.status_code": 500, "api.duration_ms": 12.5, "gen_ai.journey.id": "buy", "gen_ai.journey.step.id": "pay"}'),
  pg_temp.play('t', '10:00:01', 1, 'page.view');
SELECT happened_at, from_start, since_previous, sequence, event_id, event_type, page_path, element FROM session_timeline('session-views', 's');
SELECT sequence, event_name, journey_id, journey_step, api_method, api_path, api_status_code, api_duration_ms, error, metadata FROM session_timeline('session-views', 's') WHERE sequence > 2;
SELECT count(*) FROM session_timeline('session-views', 'never');
-- The session's own time is all that is looked at.
SELECT session_scope('session-views', 's') LIKE '%timestamp >= ''2024-05-01 10:00:00+00''%timestamp <= ''2024-05-01 10:00:07+00''%' AS bounded;

-- State: JSON, text that is none, a key that changes only later, one without an end, and changes at the same time.
SELECT pg_temp.play('u', '11:00:00', 1, 'state.change', '{"ui.state.key": "cart", "ui.state.before": "{}", "ui.state.after": "{\"n\": 1}"}'),
  pg_temp.play('u', '11:00:01', 2, 'state.change', '{"ui.state.key": "name", "ui.state.before": "null", "ui.state.after": "it''s {"}'),
  pg_temp.play('u', '11:00:02', 3, 'page.view'),
  pg_temp.play('u', '11:00:02', 4, 'state.change', '{"ui.state.key": "cart", "ui.state.before": "{\"n\": 1}", "ui.state.after": "[1, 2]"}'),
  pg_temp.play('u', '11:00:02', 5, 'state.change', '{"ui.state.key": "cart", "ui.state.before": "[1, 2]", "ui.state.after": "3"}'),
  pg_temp.play('u', '11:00:03', 6, 'state.change', '{"ui.state.key": "late", "ui.state.before": "false", "ui.state.after": "true"}'),
  pg_temp.play('u', '11:00:04', 7, 'state.change', '{"ui.state.key": "late", "ui.state.before": "true"}'),
  pg_temp.play('u', '11:00:05', 8, 'state.change', '{"ui.state.key": "fresh", "ui.state.after": "\"new\""}'),
  pg_temp.play('u', '11:00:06', NULL, 'state.change', '{"ui.state.key": "unplaced", "ui.state.after": "1"}');
SELECT n, s.* FROM unnest('{0,1,4,5,6,8}'::bigint[]) n, state_at('session-views', 'u', n) s;
SELECT * FROM state_at('session-views', 's', 9);
SELECT * FROM state_at('session-views', 'u', NULL);
SELECT v, json_or_text(v) FROM unnest(ARRAY['1', '"a"', 'a', '', '{"a":', '"\u0000"', NULL]) v;

SELECT * FROM session_timeline('no_such_project', 's');
SELECT * FROM state_at('no_such_project', 's', 1);
-- Another organization's session of the same name.
SELECT create_organization('session-views-2', 'Session views 2') AS org2 \gset
SELECT create_project(:'org2', 'session-views');
CREATE ROLE session_views_analyst;
GRANT productgraph_analyst TO session_views_analyst;
SELECT add_member('session_views_analyst', :'org2');
SET ROLE session_views_analyst;
SELECT set_current_org(:'org2');
SELECT count(*) FROM session_timeline('session-views', 's');
SELECT count(*) FROM state_at('session-views', 'u', 9);
RESET ROLE;
SELECT clear_current_org();
DROP OWNED BY session_views_analyst;
DELETE FROM organization_members WHERE role = 'session_views_analyst'::regrole;
DROP ROLE session_views_analyst;
