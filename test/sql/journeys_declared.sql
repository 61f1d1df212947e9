-- Declared journeys, the report on them, and the graph of what was done.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET jit = off;
SET intervalstyle = 'postgres';
SELECT create_organization('journeys', 'Journeys') AS org \gset
SELECT create_project(:'org', 'journeys_shop'), create_project(:'org', 'journeys_graph'), create_project(:'org', 'journeys_random'), create_project(:'org', 'journeys_empty');
-- Declaring.
SELECT create_journey('journeys_shop', 'buy', '[{"page.path":"a","name":"See"},{"page.path":["b","bb"]},{"page.path":"c"}]', 'Buying');
SELECT create_journey('journeys_shop', 'types', ARRAY['page.view', 'ui.click']);
SELECT create_journey('journeys_shop', 'one', 'page.view', NULL);
SELECT id, name, steps FROM journeys WHERE org_id = :'org' ORDER BY id;
SELECT journey_steps('journeys_shop', 'types'), pg_typeof(journey_steps('journeys_shop', 'types'));
SELECT create_journey('journeys_shop', 'buy', '{a}');
SELECT create_journey('journeys_random', 'buy', '{a,b,c}');
SELECT create_journey('journeys_empty', 'buy', '{a,b}');
SELECT drop_journey('journeys_shop', 'one'), drop_journey('journeys_shop', 'one');
SELECT journey_steps('journeys_shop', 'one');
SELECT journey_steps('journeys_shop', NULL);
SELECT journey_steps('nowhere', 'buy');
SELECT create_journey('nowhere', 'buy', '{a}');
SELECT drop_journey('nowhere', 'buy');
SELECT create_journey('journeys_shop', '', '{a}');
SELECT create_journey('journeys_shop', NULL, '{a}');
SELECT create_journey('journeys_shop', 'x', '{a}', '');
SELECT create_journey('journeys_shop', 'x', NULL);
SELECT create_journey('journeys_shop', 'x', '[]');
SELECT create_journey('journeys_shop', 'x', '{"event.type":"a"}'::jsonb);
SELECT create_journey('journeys_shop', 'x', (SELECT jsonb_agg('x'::text) FROM generate_series(1, 33)));
SELECT create_journey('journeys_shop', 'x', '[{"page.pth": "/"}]');
SELECT create_journey('journeys_shop', 'x', '[{"api.status_code": "many"}]');
SELECT create_journey('journeys_shop', 'x', '[{"name": "only a name"}]');
-- Who may: a service role for the current organization, an analyst only reads.
SET ROLE productgraph_service;
SELECT create_journey('journeys_shop', 'of service', '{a}');
SELECT set_current_org(:'org');
SELECT create_journey('journeys_shop', 'of service', '{a}');
SELECT drop_journey('journeys_shop', 'of service');
RESET ROLE;
CREATE ROLE regress_pg_journeys;
GRANT productgraph_analyst TO regress_pg_journeys;
SELECT add_member('regress_pg_journeys', :'org');
SET ROLE regress_pg_journeys;
SELECT set_current_org(:'org');
SELECT create_journey('journeys_shop', 'of analyst', '{a}');
SELECT drop_journey('journeys_shop', 'buy');
SELECT journey_steps('journeys_shop', 'types');
RESET ROLE;
SELECT clear_current_org();

-- A letter is a page, a minute lies between them; . is no page view, ! an error, $ a conversion in the journey and % in another one, * a snapshot.
CREATE FUNCTION pg_temp.walk(org uuid, project text, session text, actor text, letters text, start timestamptz DEFAULT '2024-05-01 10:00Z') RETURNS void LANGUAGE sql AS $$
  INSERT INTO productgraph.events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, journey_id, journey_step_id, snapshot_url)
  SELECT org, now(), session || n || start, project, session,
    CASE l WHEN '.' THEN 'ui.click' WHEN '!' THEN 'error' WHEN '$' THEN 'journey.conversion' WHEN '%' THEN 'journey.conversion' WHEN '*' THEN 'snapshot.captured' ELSE 'page.view' END,
    start + n * interval '1 minute', actor, CASE WHEN l ~ '[a-z]' THEN l END,
    CASE WHEN l = '%' THEN 'other' WHEN l IN ('$', 'a', 'b', 'c') THEN 'buy' END, CASE WHEN l IN ('a', 'b', 'c') THEN 'step ' || l END,
    CASE l WHEN '*' THEN 'shot ' || session || n END
  FROM string_to_table(letters, NULL) WITH ORDINALITY t(l, n)
$$;
-- What each one does is told by the columns: skipped, out of order, detours, converted.
CREATE FUNCTION pg_temp.report(org uuid, letters text, options text DEFAULT '', OUT reached bigint[], OUT skipped bigint[], OUT out_of_order bigint[], OUT detours bigint[], OUT converted bigint[]) LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM productgraph.events e WHERE e.org_id = org AND e.project_id = 'journeys_shop';
  PERFORM pg_temp.walk(org, 'journeys_shop', letters, letters, letters);
  EXECUTE format('SELECT array_agg(actors ORDER BY step), array_agg(skipped ORDER BY step), array_agg(out_of_order ORDER BY step), array_agg(detours ORDER BY step),
    array_agg(converted ORDER BY step) FROM productgraph.journey_report(''journeys_shop'', ''buy'' %s)', options) INTO reached, skipped, out_of_order, detours, converted;
END
$$;
SELECT w, r.* FROM unnest('{abc,abc$,abc%,ab$c,$abc,ab,a,ac,bc,c,b,bac,cab,acb,abac,axbc,abxxc,ab.c,ab!c,acbc,abcb,xabcx,x,.}'::text[]) w, pg_temp.report(:'org', w) r;
-- The window is that of all of an attempt, before it and after it, inclusive.
SELECT w, r.* FROM unnest('{a.b,a..b,a...b,b.a,b..a,b...a,a..$,a...$,c..b}'::text[]) w, pg_temp.report(:'org', w, $$, within => '3 minutes'$$) r;
-- The range is that of the beginnings; an attempt begun before it is none that lacks the first step.
SELECT w, r.* FROM unnest('{abc,xabc,xxabc,bxabc,xxbac,xxbxa}'::text[]) w, pg_temp.report(:'org', w, $$, since => '2024-05-01 10:02Z', until => '2024-05-01 10:04Z', within => '10 minutes'$$) r;
DELETE FROM events WHERE org_id = :'org' AND project_id = 'journeys_shop';
SELECT pg_temp.walk(:'org', 'journeys_shop', s, 'user ' || u, l) FROM (VALUES ('1', 1, 'a.b..c$'), ('2', 1, 'abxc'), ('3', 2, 'xab.d'), ('4', 3, 'bc'), ('5', 4, 'acb')) v(s, u, l) ORDER BY s;
SELECT step, name, actors, conversion_from_start AS of_start, conversion_from_previous AS of_previous, dropped, median_time, skipped, out_of_order AS disordered, detours, converted FROM journey_report('journeys_shop', 'buy');
SELECT step, actors, dropped, median_time, skipped, out_of_order, detours, converted FROM journey_report('journeys_shop', 'buy', actor => 'session', filter => '{"user.id": ["user 1", "user 2"]}');
SELECT * FROM journey_report('journeys_empty', 'buy');
SELECT * FROM journey_report('journeys_shop', 'never');
SELECT * FROM journey_report('journeys_shop', 'buy', within => '-1 day');
SELECT * FROM journey_report('journeys_shop', 'buy', within => NULL);
SELECT * FROM journey_report('journeys_shop', 'buy', since => '2024-01-02', until => '2024-01-01');
SELECT * FROM journey_report('journeys_shop', 'buy', actor => 'everybody');
SELECT * FROM journey_report('journeys_shop', 'buy', filter => '{"page.pth": 1}');

-- Against plain SQL, attempt by attempt, on random events; the reached steps are those of funnel().
SELECT setseed(0.75);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, journey_id)
SELECT :'org', now(), 'r' || n, 'journeys_random', 's' || floor(random() * 400), t, '2024-06-01'::timestamptz + floor(random() * 20000) * interval '1 second', 'u' || floor(random() * 300), 'p' || floor(random() * 4),
  CASE WHEN random() < 0.7 THEN 'buy' END
FROM (SELECT n, (ARRAY['a', 'b', 'c', 'page.view', 'journey.conversion', 'x'])[1 + floor(random() * 6)] AS t FROM generate_series(1, 3000) n) v;
CREATE FUNCTION pg_temp.expected(org uuid, within interval, since timestamptz, until timestamptz)
RETURNS TABLE (step integer, actors bigint, skipped bigint, out_of_order bigint, detours bigint, converted bigint) LANGUAGE sql AS $$
  WITH e AS (
    SELECT user_id, timestamp AS t, event_type AS type, array_position('{a,b,c}', event_type) AS k, event_type = 'journey.conversion' AND journey_id = 'buy' AS conversion
    FROM productgraph.events WHERE org_id = org AND project_id = 'journeys_random'
  ), chains AS (
    SELECT a.user_id, a.t AS a, b.t AS b, c.t AS c FROM e a
    LEFT JOIN e b ON b.user_id = a.user_id AND b.k = 2 AND b.t BETWEEN a.t AND a.t + within
    LEFT JOIN e c ON c.user_id = a.user_id AND c.k = 3 AND c.t BETWEEN b.t AND a.t + within
    WHERE a.k = 1 AND a.t >= since AND a.t < until
  ), best AS (
    SELECT DISTINCT ON (user_id) * FROM chains ORDER BY user_id, num_nonnulls(a, b, c) DESC, coalesce(c, b, a), a DESC, b
  ), starts AS (
    SELECT user_id, a, b, c, a AS start FROM best
    UNION ALL SELECT user_id, NULL, NULL, NULL, min(t) FROM e WHERE k IS NOT NULL AND t >= since AND t < until AND user_id NOT IN (SELECT user_id FROM best) GROUP BY user_id
  ), attempts AS (
    SELECT s.*, EXISTS (SELECT FROM e WHERE e.user_id = s.user_id AND k = 1 AND t >= start - within AND t < start) AS again FROM starts s
  ), firsts AS (
    SELECT s.*, (SELECT min(t) FROM e WHERE e.user_id = s.user_id AND k = 1 AND t BETWEEN low AND start + within) AS f1,
      (SELECT min(t) FROM e WHERE e.user_id = s.user_id AND k = 2 AND t BETWEEN low AND start + within) AS f2,
      (SELECT min(t) FROM e WHERE e.user_id = s.user_id AND k = 3 AND t BETWEEN low AND start + within) AS f3,
      EXISTS (SELECT FROM e WHERE e.user_id = s.user_id AND t > a AND t < b AND (type = 'page.view' OR k = 3)) AS d2,
      EXISTS (SELECT FROM e WHERE e.user_id = s.user_id AND t > b AND t < c AND (type = 'page.view' OR k = 1)) AS d3,
      EXISTS (SELECT FROM e WHERE e.user_id = s.user_id AND conversion AND t BETWEEN a AND a + within) AS converted
    FROM (SELECT *, CASE WHEN again THEN start ELSE start - within END AS low FROM attempts) s WHERE a IS NOT NULL OR NOT again
  )
  SELECT 1, count(a), count(*) FILTER (WHERE f1 IS NULL AND num_nonnulls(f2, f3) > 0), 0, 0, count(*) FILTER (WHERE converted AND a IS NOT NULL) FROM firsts
  UNION ALL SELECT 2, count(b), count(*) FILTER (WHERE f2 IS NULL AND f3 IS NOT NULL), count(*) FILTER (WHERE f2 < f1), count(*) FILTER (WHERE d2), count(*) FILTER (WHERE converted AND b IS NOT NULL) FROM firsts
  UNION ALL SELECT 3, count(c), 0, count(*) FILTER (WHERE f3 < f2), count(*) FILTER (WHERE d3), count(*) FILTER (WHERE converted AND c IS NOT NULL) FROM firsts
$$;
CREATE FUNCTION pg_temp.compare(org uuid, within interval, since timestamptz, until timestamptz, OUT missing bigint, OUT wrong bigint, OUT unlike_funnel bigint, OUT deviations numeric) LANGUAGE sql AS $$
  WITH expected AS (SELECT * FROM pg_temp.expected(org, within, since, until)),
  report AS (SELECT * FROM productgraph.journey_report('journeys_random', 'buy', within, since, until)),
  actual AS (SELECT step, actors, skipped, out_of_order, detours, converted FROM report),
  funnel AS (SELECT step, name, actors, conversion_from_start, conversion_from_previous, dropped, median_time FROM productgraph.funnel('journeys_random', productgraph.journey_steps('journeys_random', 'buy'), within, since => since, until => until))
  SELECT (SELECT count(*) FROM (TABLE expected EXCEPT TABLE actual) x), (SELECT count(*) FROM (TABLE actual EXCEPT TABLE expected) x),
    (SELECT count(*) FROM (TABLE funnel EXCEPT SELECT step, name, actors, conversion_from_start, conversion_from_previous, dropped, median_time FROM report) x),
    (SELECT sum(skipped + out_of_order + detours) FROM actual)
$$;
SELECT v.*, c.* FROM (VALUES ('1 day', '-infinity', 'infinity'), ('30 minutes', '-infinity', 'infinity'), ('1 hour', '2024-06-01 01:00', '2024-06-01 03:00'), ('20 minutes', '2024-06-01 02:00', '2024-06-01 04:00'), ('0', '-infinity', 'infinity')) v(w, s, u),
  pg_temp.compare(:'org', w::interval, s::timestamptz, u::timestamptz) c;

-- The graph: visits of pages and the ways between them. Errors, snapshots and conversions belong to the page before them.
SELECT pg_temp.walk(:'org', 'journeys_graph', s, 'user ' || u, l) FROM (VALUES ('1', 1, 'aa!b*b$'), ('2', 1, '!a*..b!!a'), ('3', 2, 'c%'), ('4', 3, '$a'), ('5', 3, '!.*$')) v(s, u, l) ORDER BY s;
SELECT * FROM journey_graph('journeys_graph');
SELECT kind, source, target, visits, actors, share, exits, errors, conversion FROM journey_graph('journeys_graph', node => 'step', journey => 'buy');
SELECT kind, source, target, visits, exits, errors FROM journey_graph('journeys_graph', groups => '{*}', exclude => '{c}', actor => 'session', filter => '{"user.id": ["user 1", "user 2"]}');
SELECT count(*) FROM journey_graph('journeys_empty');
-- Against plain SQL: visits by walking through the events of each session.
CREATE FUNCTION pg_temp.visits(org uuid, journey text, OUT session text, OUT n integer, OUT node text, OUT actor text, OUT arrived timestamptz, OUT latest timestamptz, OUT errors integer, OUT conversion timestamptz)
RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  e record;
  at text;
BEGIN
  FOR e IN SELECT * FROM productgraph.events r WHERE r.org_id = org AND r.project_id = 'journeys_random' ORDER BY session_id, timestamp, event_sequence, event_id LOOP
    at := CASE WHEN journey IS NULL OR e.journey_id = journey THEN e.page_path END;
    IF session IS DISTINCT FROM e.session_id OR at <> node OR node IS NULL THEN
      IF session IS NOT NULL THEN RETURN NEXT; END IF;
      n := CASE WHEN session = e.session_id THEN n + 1 ELSE 1 END;
      session := e.session_id; node := at; actor := e.user_id; arrived := e.timestamp; errors := 0; conversion := NULL;
    END IF;
    latest := e.timestamp;
    errors := errors + (e.event_type = 'error')::integer;
    IF e.event_type = 'journey.conversion' AND (journey IS NULL OR e.journey_id = journey) THEN conversion := e.timestamp; END IF;
  END LOOP;
  RETURN NEXT;
END
$$;
UPDATE events SET page_path = NULL WHERE org_id = :'org' AND project_id = 'journeys_random' AND event_id ~ '[37]$';
CREATE FUNCTION pg_temp.graph(org uuid, journey text)
RETURNS TABLE (kind text, source text, target text, visits bigint, actors bigint, share numeric, exits bigint, errors bigint, conversion numeric, median_duration interval) LANGUAGE sql AS $$
  WITH v AS (
    SELECT v.*, o.node AS next, coalesce(o.arrived, nullif(v.latest, v.arrived)) - v.arrived AS duration,
      EXISTS (SELECT FROM pg_temp.visits(org, journey) c WHERE c.session = v.session AND c.conversion >= v.arrived) AS converts
    FROM pg_temp.visits(org, journey) v LEFT JOIN pg_temp.visits(org, journey) o ON o.session = v.session AND o.n = v.n + 1 WHERE v.node IS NOT NULL
  )
  SELECT 'node', node, NULL, count(*), count(DISTINCT actor), round(count(*)::numeric / (SELECT count(*) FROM v), 4), count(*) FILTER (WHERE next IS NULL), sum(errors)::bigint,
    round(avg(converts::integer), 4), percentile_cont(0.5) WITHIN GROUP (ORDER BY duration) FROM v GROUP BY node
  UNION ALL
  SELECT 'edge', node, next, count(*), count(DISTINCT actor), round(count(*)::numeric / (SELECT count(*) FROM v o WHERE o.node = v.node), 4), count(*) FILTER (WHERE next IS NULL), sum(errors)::bigint,
    round(avg(converts::integer), 4), percentile_cont(0.5) WITHIN GROUP (ORDER BY duration) FROM v GROUP BY node, next
$$;
UPDATE events SET event_type = 'error' WHERE org_id = :'org' AND project_id = 'journeys_random' AND event_type = 'x';
SELECT j, (SELECT count(*) FROM (SELECT * FROM pg_temp.graph(:'org', j) EXCEPT SELECT kind, source, target, visits, actors, share, exits, errors, conversion, median_duration FROM journey_graph('journeys_random', journey => j)) x) AS missing,
  (SELECT count(*) FROM (SELECT kind, source, target, visits, actors, share, exits, errors, conversion, median_duration FROM journey_graph('journeys_random', journey => j) EXCEPT SELECT * FROM pg_temp.graph(:'org', j)) x) AS wrong,
  (SELECT count(*) FROM journey_graph('journeys_random', journey => j)) AS rows
FROM unnest(ARRAY[NULL, 'buy']) j;
SELECT * FROM journey_graph('journeys_graph', node => 'page.pth');
SELECT * FROM journey_graph('journeys_graph', actor => 'everybody');
SELECT * FROM journey_graph('journeys_graph', groups => ARRAY[NULL]);
SELECT * FROM journey_graph('nowhere');
-- Another organization's rows are never counted.
SELECT create_organization('journeys-2', 'Journeys 2') AS org2 \gset
SELECT create_project(:'org2', 'journeys_shop');
SELECT pg_temp.walk(:'org2', 'journeys_shop', '1', 'other', 'abz');
SET ROLE productgraph_service;
SELECT set_current_org(:'org2');
SELECT kind, source, target, visits FROM journey_graph('journeys_shop');
SELECT * FROM journey_report('journeys_shop', 'buy');
SELECT create_journey('journeys_shop', 'buy', '[{"page.path":"a"},{"page.path":"z"}]');
SELECT step, actors, detours FROM journey_report('journeys_shop', 'buy');
SELECT clear_current_org();
RESET ROLE;
DROP OWNED BY regress_pg_journeys;
SELECT remove_member('regress_pg_journeys', :'org');
DROP ROLE regress_pg_journeys;
