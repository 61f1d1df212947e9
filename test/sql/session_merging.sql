-- Rows of sessions are what the events say, in whatever order, batches and repeats these come.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT create_organization('session-merging', 'Session merging') AS org \gset
SELECT create_project(:'org', 'merging ' || n, settings => '{"open_ingest": true, "allow_other_types": true}') FROM generate_series(1, 8) n;
-- Few times, sequences and values, so that there are many ties; some events without any of the fields.
SELECT setseed(0.4);
CREATE TEMP TABLE sent AS
SELECT n, jsonb_strip_nulls(jsonb_build_object('event_id', 'e' || n, 'session.id', 's' || floor(random() * 25), 'event.timestamp', '2026-05-01T10:0' || floor(random() * 10) || ':00Z',
  'event.type', (ARRAY['page.view', 'page.view', 'error', 'journey.conversion', 'ui.click'])[1 + floor(random() * 5)], 'event.sequence', CASE WHEN random() < 0.6 THEN floor(random() * 3) END,
  'page.path', (ARRAY['/', '/a', '/Ä', '/B', NULL])[1 + floor(random() * 5)], 'user.id', CASE WHEN random() < 0.3 THEN 'u' || floor(random() * 4) END,
  'user.anonymous_id', CASE WHEN random() < 0.3 THEN 'a' || floor(random() * 4) END, 'gen_ai.journey.id', CASE WHEN random() < 0.5 THEN 'j' || floor(random() * 2) END,
  'gen_ai.journey.step.id', CASE WHEN random() < 0.4 THEN 'step ' || floor(random() * 3) END)) AS event
FROM generate_series(1, 600) n;
-- Each project gets all of them, some twice, in an order and in batches of its own: one by one, at once, and between.
CREATE FUNCTION pg_temp.send(project text, batch integer, seed float8) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  rejected bigint;
BEGIN
  PERFORM setseed(seed);
  SELECT sum((ingest(body) ->> 'rejected')::bigint) INTO rejected FROM (
    SELECT jsonb_agg(event || jsonb_build_object('project_id', project) ORDER BY place) AS body FROM (
      SELECT event, row_number() OVER (ORDER BY random()) AS place FROM (TABLE sent UNION ALL SELECT * FROM sent WHERE n % 3 = 0) s
    ) p GROUP BY place / batch ORDER BY place / batch
  ) b;
  RETURN rejected;
END
$$;
SELECT n, b, pg_temp.send('merging ' || n, b, n * 0.1) AS rejected FROM unnest('{1,1,2,5,17,60,200,1000}'::integer[]) WITH ORDINALITY v(b, n);
-- From scratch, by the first rows of sorted events.
CREATE TEMP VIEW expected AS
WITH e AS (
  SELECT *, coalesce(event_sequence, 9223372036854775807) AS place, coalesce(page_path, '') COLLATE "C" AS page, coalesce(journey_id, '') COLLATE "C" AS journey FROM events WHERE project_id LIKE 'merging %'
)
SELECT project_id, session_id, min(timestamp) AS started_at, max(timestamp) AS ended_at, max(timestamp) - min(timestamp) AS duration,
  (SELECT user_id FROM e WHERE (e.project_id, e.session_id) = (s.project_id, s.session_id) AND user_id IS NOT NULL ORDER BY timestamp DESC, user_id COLLATE "C" DESC LIMIT 1) AS user_id,
  (SELECT user_anonymous_id FROM e WHERE (e.project_id, e.session_id) = (s.project_id, s.session_id) AND user_anonymous_id IS NOT NULL ORDER BY timestamp DESC, user_anonymous_id COLLATE "C" DESC LIMIT 1) AS user_anonymous_id,
  count(*) AS events, count(*) FILTER (WHERE event_type = 'page.view') AS pages, count(*) FILTER (WHERE event_type = 'error') AS errors,
  (SELECT page_path FROM e WHERE (e.project_id, e.session_id) = (s.project_id, s.session_id) AND event_type = 'page.view' ORDER BY timestamp, place, page LIMIT 1) AS entry_page,
  (SELECT page_path FROM e WHERE (e.project_id, e.session_id) = (s.project_id, s.session_id) AND event_type = 'page.view' ORDER BY timestamp DESC, place DESC, page DESC LIMIT 1) AS exit_page,
  (SELECT journey_id FROM e WHERE (e.project_id, e.session_id) = (s.project_id, s.session_id) AND journey_step_id IS NOT NULL ORDER BY timestamp DESC, place DESC, journey DESC, journey_step_id COLLATE "C" DESC LIMIT 1) AS journey_id,
  (SELECT journey_step_id FROM e WHERE (e.project_id, e.session_id) = (s.project_id, s.session_id) AND journey_step_id IS NOT NULL ORDER BY timestamp DESC, place DESC, journey DESC, journey_step_id COLLATE "C" DESC LIMIT 1) AS journey_step_id,
  min(timestamp) FILTER (WHERE event_type = 'journey.conversion') AS converted_at
FROM e s GROUP BY project_id, session_id;
CREATE TEMP VIEW actual AS
SELECT project_id, session_id, started_at, ended_at, duration, user_id, user_anonymous_id, events, pages, errors, entry_page, exit_page, journey_id, journey_step_id, converted_at
FROM sessions WHERE project_id LIKE 'merging %';
SELECT (SELECT count(*) FROM (TABLE expected EXCEPT TABLE actual) x) AS missing, (SELECT count(*) FROM (TABLE actual EXCEPT TABLE expected) x) AS wrong,
  count(*) AS sessions, count(DISTINCT project_id) AS projects, sum(events) AS events FROM actual;
-- Not only as the events say: all columns are alike in all projects.
SELECT session_id FROM sessions s WHERE project_id LIKE 'merging %' GROUP BY session_id HAVING count(DISTINCT to_jsonb(s) - 'project_id') <> 1;
-- At the same time the sequence tells what came first and last, and none is last.
SELECT ingest(jsonb_build_array(jsonb_build_object('event_id', 'tie ' || n, 'project_id', 'merging 1', 'session.id', 'tie', 'event.timestamp', '2026-05-01T10:00:00Z', 'event.type', 'page.view',
  'page.path', p, 'gen_ai.journey.step.id', 'step ' || p) || CASE WHEN q IS NULL THEN '{}' ELSE jsonb_build_object('event.sequence', q) END)) ->> 'accepted'
FROM (VALUES (1, '/b', 2), (2, '/z', 1), (3, '/a', 3)) v(n, p, q);
SELECT entry_page, exit_page, journey_step_id FROM sessions WHERE session_id = 'tie' AND org_id = :'org';
SELECT ingest('[{"event_id": "tie 4", "project_id": "merging 1", "session.id": "tie", "event.timestamp": "2026-05-01T10:00:00Z", "event.type": "page.view", "page.path": "/0"}]') ->> 'accepted' AS accepted;
SELECT entry_page, exit_page, journey_step_id FROM sessions WHERE session_id = 'tie' AND org_id = :'org';
