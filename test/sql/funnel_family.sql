-- funnel_actors(), funnel_trend() and funnel_times(), against funnel() and plain SQL.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SELECT create_organization('funnel-family', 'Funnel family') AS org \gset
SELECT create_project(:'org', 'family');
SELECT setseed(0.25);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, metadata)
SELECT :'org', now(), 'f' || n, 'family', 's' || floor(random() * 300), (ARRAY['s', 'p', 'i'])[1 + floor(random() * 3)],
  '2024-03-29'::timestamptz + floor(random() * 7200) * interval '1 minute', 'u' || floor(random() * 90),
  jsonb_build_object('plan', (ARRAY['free', 'pro'])[1 + floor(random() * 2)])
FROM generate_series(1, 1500) n;

-- Actors: as many as funnel() counts, at every step, reached and dropped.
SELECT f.step, f.actors = (SELECT count(*) FROM funnel_actors('family', '{s,p,i}', f.step, within => '6 hours')) AS same,
  f.dropped = (SELECT count(*) FROM funnel_actors('family', '{s,p,i}', f.step, dropped => true, within => '6 hours')) AS same_dropped,
  f.actors > 5 AS various
FROM funnel('family', '{s,p,i}', '6 hours') f;
SELECT count(*) = 0 AS within_the_window FROM funnel_actors('family', '{s,p,i}', within => '6 hours')
WHERE steps_reached <> 3 OR reached_at NOT BETWEEN started_at AND started_at + interval '6 hours';
SELECT * FROM funnel_actors('family', '{s,p,i}', within => '6 hours', filter => '{"metadata.plan": "pro"}') ORDER BY started_at LIMIT 2;

-- Trend: each period is the funnel of the attempts that begin in it. The zone changes to summer time on the 31st.
CREATE FUNCTION pg_temp.trend_of_funnels(period text, zone text, within interval) RETURNS TABLE (period_start timestamptz, entered bigint, completed bigint)
LANGUAGE sql AS $$
  SELECT p.start, f.entered, f.completed
  FROM (SELECT DISTINCT date_trunc(period, e.timestamp, zone) AS start FROM productgraph.events e WHERE e.project_id = 'family') p,
    LATERAL (SELECT min(f.actors) FILTER (WHERE f.step = 1) AS entered, min(f.actors) FILTER (WHERE f.step = 3) AS completed
             FROM productgraph.funnel('family', '{s,p,i}', within, since => p.start,
               until => ((p.start AT TIME ZONE zone) + ('1 ' || period)::interval) AT TIME ZONE zone) f) f
  WHERE f.entered > 0
$$;
SELECT period, zone, within, count(*) AS periods, bool_and(same) AS same
FROM (VALUES ('day', 'UTC', '6 hours'), ('day', 'Europe/Berlin', '30 hours'), ('hour', 'Europe/Berlin', '150 minutes'),
             ('week', 'Asia/Kathmandu', '1 day'), ('month', 'UTC', '40 days')) o(period, zone, within),
LATERAL (SELECT (t.entered, t.completed) IS NOT DISTINCT FROM (coalesce(x.entered, 0), coalesce(x.completed, 0)) AS same
         FROM funnel_trend('family', '{s,p,i}', period, within::interval, timezone => zone) t
         FULL JOIN pg_temp.trend_of_funnels(period, zone, within::interval) x USING (period_start)) c
GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT * FROM funnel_trend('family', '{s,p,i}', within => '6 hours', timezone => 'Europe/Berlin');

-- Histogram: all who complete are in a bin, by plain arithmetic on their times.
SELECT * FROM funnel_times('family', '{s,p,i}', bins => 4, within => '6 hours');
WITH t AS (SELECT extract(epoch FROM reached_at - started_at) AS s FROM funnel_actors('family', '{s,p,i}', within => '6 hours')),
  b AS (SELECT min(s) AS low, (max(s) - min(s)) / 4 AS width FROM t)
SELECT least(floor((s - low) / width), 3) AS bin, count(*) FROM t, b GROUP BY 1 ORDER BY 1;
SELECT sum(actors) = (SELECT actors FROM funnel('family', '{s,p,i}', '6 hours') WHERE step = 2) AS all_of_them
FROM funnel_times('family', '{s,p,i}', to_step => 2, within => '6 hours');
-- All at one distance, and nobody.
SELECT * FROM funnel_times('family', '{s,s}', bins => 2, within => '0', filter => '{"event.type": "s"}');
SELECT * FROM funnel_times('family', '{never,ever}');
SELECT * FROM funnel_trend('family', '{never}');
SELECT * FROM funnel_actors('family', '{never}');

-- A declared journey instead of steps.
SELECT create_journey('family', 'buy', '{s,p,i}');
SELECT bool_and(a.actors = b.actors) FROM funnel('family', '{s,p,i}', '6 hours') a JOIN funnel('family', within => '6 hours', journey => 'buy') b USING (step);
SELECT * FROM funnel('family', journey => 'no such journey');
SELECT * FROM funnel('family', '{s}', journey => 'buy');
SELECT * FROM funnel('family');

-- A property held constant, and all steps in one session: the best of the attempts apart, against plain SQL.
CREATE FUNCTION pg_temp.plain(same_plan boolean, same_session boolean) RETURNS bigint[] LANGUAGE sql AS $$
  WITH e AS (SELECT * FROM productgraph.events WHERE project_id = 'family'), j AS (
    SELECT s.user_id AS one, p.user_id AS two, i.user_id AS three FROM e s
    LEFT JOIN e p ON p.user_id = s.user_id AND p.event_type = 'p' AND p.timestamp BETWEEN s.timestamp AND s.timestamp + interval '2 days'
      AND (NOT same_plan OR p.metadata = s.metadata) AND (NOT same_session OR p.session_id = s.session_id)
    LEFT JOIN e i ON i.user_id = s.user_id AND i.event_type = 'i' AND i.timestamp BETWEEN p.timestamp AND s.timestamp + interval '2 days'
      AND (NOT same_plan OR i.metadata = s.metadata) AND (NOT same_session OR i.session_id = s.session_id)
    WHERE s.event_type = 's')
  SELECT ARRAY[count(DISTINCT one), count(DISTINCT two), count(DISTINCT three)] FROM j
$$;
SELECT o.*, f.counts = pg_temp.plain(o.same_plan, o.same_session) AS same, f.counts
FROM (VALUES (true, false), (false, true), (true, true), (false, false)) o(same_plan, same_session),
LATERAL (SELECT array_agg(actors ORDER BY step) AS counts FROM funnel('family', '{s,p,i}', '2 days',
  hold => CASE WHEN o.same_plan THEN 'metadata.plan' END, in_session => o.same_session)) f;
-- Entries whose window has not passed yet are left out when asked.
SELECT create_project(:'org', 'recent', settings => '{"open_ingest": true}');
SELECT ingest(jsonb_build_array(jsonb_build_object('event_id', 'recent', 'project_id', 'recent', 'session.id', 'x',
  'event.type', 'page.view', 'event.timestamp', now() - interval '1 hour'))) -> 'accepted' AS accepted;
SELECT (SELECT actors FROM funnel('recent', 'page.view', '2 hours')) AS entered,
  (SELECT actors FROM funnel('recent', 'page.view', '2 hours', exclude_incomplete => true)) AS in_two_hours,
  (SELECT actors FROM funnel('recent', 'page.view', '59 minutes', exclude_incomplete => true)) AS in_less_than_one;

-- Wrong questions.
SELECT * FROM funnel_actors('family', '{s,p}', 3);
SELECT * FROM funnel_actors('family', '{s,p}', 0);
SELECT * FROM funnel_trend('family', '{s,p}', 'fortnight');
SELECT * FROM funnel_trend('family', '{s,p}', timezone => 'Nowhere/Land');
SELECT * FROM funnel_times('family', '{s,p}', 2);
SELECT * FROM funnel_times('family', '{s}');
SELECT * FROM funnel_times('family', '{s,p}', bins => 0);
SELECT * FROM funnel('family', '{s,p}', filter => '[]');
SELECT * FROM funnel('family', '{s,p}', filter => '{"page.pth": 1}');
SELECT * FROM funnel('family', '{s,p}', within => NULL);
