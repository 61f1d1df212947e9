-- What funnel() can be asked beyond steps in order: published cases, and plain SQL on random events.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT create_organization('funnel-options', 'Funnel options') AS org \gset
SELECT create_project(:'org', 'orders');

-- Letters that one actor does, a minute apart.
CREATE FUNCTION pg_temp.act(project text, who text, letters text, field text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
  INSERT INTO productgraph.events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
  SELECT (SELECT org_id FROM productgraph.projects WHERE id = project), now(), who || n, project, 's-' || who,
    substr(letters, n, 1), '2024-05-01 12:00Z'::timestamptz + n * interval '1 minute', who, '/' || field || n
  FROM generate_series(1, length(letters)) n
$$;
SELECT count(pg_temp.act('orders', 'actor ' || ordinality, letters)) FROM unnest('{s,ps,spxi,ixps,spxpi,xsxp,xspix,ip}'::text[]) WITH ORDINALITY a(letters);
SELECT step_order, array_agg(f.actors ORDER BY f.step)
FROM unnest('{ordered,strict,any}'::text[]) step_order, funnel('orders', '{s,p,i}', step_order => step_order) f GROUP BY 1 ORDER BY 1;
SELECT array_agg(actors) FROM funnel('orders', '{s,p,i}', within => '1 minute');
SELECT array_agg(actors) FROM funnel('orders', '{s,p,i}', within => '2 minutes', per_step => true);
-- x breaks attempts: between which steps matters, and whether the window has passed.
SELECT exclude, array_agg(f.actors ORDER BY f.step) FROM (VALUES ('x'), ('[{"event.type":"x","before":2}]'), ('[{"event.type":"x","after":2}]'), ('[{"event.type":"x","after":2,"before":3},"i"]')) x(exclude),
  funnel('orders', '{s,p,i}', exclude => exclude::steps) f GROUP BY 1 ORDER BY 1;
SELECT array_agg(actors) FROM funnel('orders', '{s,p}', '1 minute', exclude => 'x');
-- Optional steps: actors are those that took it, and nobody is lost at it.
SELECT step, name, actors, conversion_from_start AS of_start, conversion_from_previous AS of_previous, dropped, average_time
FROM funnel('orders', ARRAY['s', '{"event.type":"p","optional":true}', 'x', 'i']);
SELECT who, steps_reached FROM funnel_actors('orders', ARRAY['s', '{"event.type":"p","optional":true}', 'x'], 2, dropped => true);
SELECT who, steps_reached FROM funnel_actors('orders', ARRAY['s', '{"event.type":"p","optional":true}', 'x'], 3);
-- Totals: one attempt after the other.
SELECT create_project(:'org', 'totals');
SELECT count(pg_temp.act('totals', 'actor ' || ordinality, letters)) FROM unnest('{abab,aaab,aabxab,ababa}'::text[]) WITH ORDINALITY a(letters);
SELECT counting, step_order, array_agg(f.actors ORDER BY f.step)
FROM unnest('{unique,total}'::text[]) counting, unnest('{ordered,strict,any}'::text[]) step_order,
  funnel('totals', '{a,b}', counting => counting, step_order => step_order) f GROUP BY 1, 2 ORDER BY 1, 2;
SELECT who, steps_reached, started_at::time, reached_at::time FROM funnel_actors('totals', '{a,b}', 1, counting => 'total') WHERE who = 'actor 4';
SELECT period_start::time, entered, completed FROM funnel_trend('totals', '{a,b}', 'hour', counting => 'total');
-- Breakdown: by the first or last step that has a value, or by one step; ties by value, the rest together.
SELECT create_project(:'org', 'broken-down');
SELECT count(pg_temp.act('broken-down', 'actor ' || ordinality, letters, field))
FROM unnest('{ab,a,ab,ba,a}'::text[], '{x,x,y,z,NULL}'::text[]) WITH ORDINALITY a(letters, field);
UPDATE events SET page_path = NULL WHERE project_id = 'broken-down' AND user_id = 'actor 5';
SELECT attribution, breakdown_value, array_agg(f.actors ORDER BY f.step), bool_and(f.conversion_from_start = round(f.actors::numeric / first, 4)) AS of_own
FROM unnest('{first,last,1,2}'::text[]) attribution, LATERAL (
  SELECT f.*, first_value(f.actors) OVER (PARTITION BY f.breakdown_value ORDER BY f.step) AS first
  FROM funnel('broken-down', '{a,b}', breakdown => 'page.path', attribution => attribution) f) f
GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST;
SELECT step, actors, breakdown_value FROM funnel('broken-down', '{a,b}', breakdown => 'page.path', top => 1);
SELECT step, actors, breakdown_value FROM funnel('broken-down', '{b,a}', breakdown => 'page.path', step_order => 'any', in_session => true, top => 1);
SELECT * FROM funnel('broken-down', '{never}', breakdown => 'page.path');

-- Random events, at different times for each actor.
SELECT create_project(:'org', 'options-random');
SELECT setseed(0.5);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, metadata)
SELECT :'org', now(), 'fo' || n, 'options-random', 'rs' || n % 400, (ARRAY['a', 'b', 'c', 'o', 'x', 'y'])[1 + floor(random() * 6)],
  '2024-03-29'::timestamptz + (n * 7919 % 9000) * interval '1 minute', 'u' || n % 150, '/' || floor(random() * 4),
  jsonb_build_object('plan', (ARRAY['free', 'pro'])[1 + floor(random() * 2)])
FROM generate_series(1, 3000) n;
CREATE TEMP TABLE did AS SELECT user_id AS actor, timestamp AS ts, event_type AS type, page_path AS path,
  lead(event_type) OVER w AS next, lead(timestamp) OVER w AS next_ts, lead(event_type, 2) OVER w AS second, lead(timestamp, 2) OVER w AS second_ts
FROM events WHERE project_id = 'options-random' WINDOW w AS (PARTITION BY user_id ORDER BY timestamp);
CREATE INDEX ON did (actor, type, ts);
ANALYZE did;
SELECT max(events) FROM (SELECT count(*) AS events FROM did GROUP BY actor, ts) t;
CREATE FUNCTION pg_temp.next(actor text, type text, after timestamptz) RETURNS timestamptz STABLE LANGUAGE sql AS
  $$ SELECT min(d.ts) FROM did d WHERE d.actor = $1 AND d.type = $2 AND d.ts > $3 $$;
CREATE FUNCTION pg_temp.depths(depths bigint[]) RETURNS bigint[] LANGUAGE sql AS
  $$ SELECT array_agg((SELECT count(*) FROM unnest(depths) d WHERE d >= k) ORDER BY k) FROM generate_series(1, 3) k $$;
CREATE FUNCTION pg_temp.asked(within interval, step_order text, per_step boolean, exclude steps) RETURNS bigint[] LANGUAGE sql AS
  $$ SELECT array_agg(f.actors ORDER BY f.step) FROM productgraph.funnel('options-random', '{a,b,c}', within, '2024-03-30', '2024-04-02',
       step_order => step_order, per_step => per_step, exclude => exclude) f $$;
CREATE TEMP TABLE windows AS SELECT * FROM unnest('{90 minutes,10 hours,2 days}'::interval[]) w;

-- Strict: the very next events.
SELECT w, pg_temp.asked(w, 'strict', false, NULL) = (SELECT pg_temp.depths(array_agg(depth)) FROM (
  SELECT max(CASE WHEN next = 'b' AND next_ts <= ts + w THEN CASE WHEN second = 'c' AND second_ts <= ts + w THEN 3 ELSE 2 END ELSE 1 END)::bigint AS depth
  FROM did WHERE type = 'a' AND ts >= '2024-03-30' AND ts < '2024-04-02' GROUP BY actor) d) AS same FROM windows;
SELECT w, pg_temp.asked(w, 'strict', true, NULL) = (SELECT pg_temp.depths(array_agg(depth)) FROM (
  SELECT max(CASE WHEN next = 'b' AND next_ts <= ts + w THEN CASE WHEN second = 'c' AND second_ts <= next_ts + w THEN 3 ELSE 2 END ELSE 1 END)::bigint AS depth
  FROM did WHERE type = 'a' AND ts >= '2024-03-30' AND ts < '2024-04-02' GROUP BY actor) d) AS same FROM windows;
-- Any order: how many of the steps lie in the window that one of them opens.
SELECT w, pg_temp.asked(w, 'any', false, NULL) = (SELECT pg_temp.depths(array_agg(depth)) FROM (
  SELECT actor, max(steps) AS depth FROM (
    SELECT d.actor, d.ts, count(DISTINCT n.type) AS steps FROM did d JOIN did n ON n.actor = d.actor AND n.ts BETWEEN d.ts AND d.ts + w
    WHERE d.type IN ('a', 'b', 'c') AND n.type IN ('a', 'b', 'c') AND d.ts >= '2024-03-30' AND d.ts < '2024-04-02' GROUP BY 1, 2) s GROUP BY 1) d) AS same FROM windows;
-- From step to step: any chain will do.
SELECT w, pg_temp.asked(w, 'ordered', true, NULL) = (SELECT pg_temp.depths(array_agg(depth)) FROM (
  SELECT a.actor, max(CASE WHEN c.ts IS NOT NULL THEN 3 WHEN b.ts IS NOT NULL THEN 2 ELSE 1 END)::bigint AS depth
  FROM did a LEFT JOIN did b ON b.actor = a.actor AND b.type = 'b' AND b.ts > a.ts AND b.ts <= a.ts + w
  LEFT JOIN did c ON c.actor = a.actor AND c.type = 'c' AND c.ts > b.ts AND c.ts <= b.ts + w
  WHERE a.type = 'a' AND a.ts >= '2024-03-30' AND a.ts < '2024-04-02' GROUP BY 1) d) AS same FROM windows;
-- Exclusions: attempts with x before c, or y between b and c, count for nothing.
CREATE FUNCTION pg_temp.attempts(w interval) RETURNS TABLE (actor text, started timestamptz, depth bigint, broken boolean) STABLE LANGUAGE sql AS $$
  SELECT a.actor, a.ts, CASE WHEN c.ts IS NOT NULL THEN 3 WHEN b.ts IS NOT NULL THEN 2 ELSE 1 END,
    coalesce(pg_temp.next(a.actor, 'x', a.ts) < coalesce(c.ts, a.ts + w + interval '1 microsecond'), false)
    OR coalesce(pg_temp.next(a.actor, 'y', b.ts) < coalesce(c.ts, a.ts + w + interval '1 microsecond'), false)
  FROM did a, LATERAL (SELECT CASE WHEN b <= a.ts + w THEN b END AS ts FROM pg_temp.next(a.actor, 'b', a.ts) b) b,
    LATERAL (SELECT CASE WHEN c <= a.ts + w THEN c END AS ts FROM pg_temp.next(a.actor, 'c', b.ts) c) c
  WHERE a.type = 'a' AND a.ts >= '2024-03-30' AND a.ts < '2024-04-02' $$;
SELECT w, pg_temp.asked(w, 'ordered', false, '["x", {"event.type":"y","after":2,"before":3}]') = pg_temp.depths(depths) AS same,
  broken > 10 AS various
FROM windows, LATERAL (SELECT array_agg(depth) AS depths FROM (SELECT max(depth) AS depth FROM pg_temp.attempts(w) WHERE NOT broken GROUP BY actor) d) d,
  LATERAL (SELECT count(*) AS broken FROM pg_temp.attempts(w) WHERE broken) b;
-- Optional: the attempts of each actor, its best one by depth, completion and start.
CREATE FUNCTION pg_temp.best_with_optional(w interval) RETURNS TABLE (who text, steps_reached integer, started_at timestamptz, reached_at timestamptz) STABLE LANGUAGE sql AS $$
  SELECT DISTINCT ON (actor) actor, depth, ts, reached_at FROM (
    SELECT a.actor, a.ts, CASE WHEN c.ts IS NOT NULL THEN 3 WHEN o.ts IS NOT NULL THEN 2 ELSE 1 END AS depth, coalesce(c.ts, o.ts, a.ts) AS reached_at
    FROM did a, LATERAL (SELECT CASE WHEN c <= a.ts + w THEN c END AS ts FROM pg_temp.next(a.actor, 'c', a.ts) c) c,
      LATERAL (SELECT CASE WHEN o <= a.ts + w THEN o END AS ts FROM pg_temp.next(a.actor, 'o', a.ts) o) o WHERE a.type = 'a') t
  ORDER BY actor, depth DESC, reached_at, ts DESC $$;
CREATE FUNCTION pg_temp.asked_with_optional(w interval) RETURNS TABLE (who text, steps_reached integer, started_at timestamptz, reached_at timestamptz) STABLE LANGUAGE sql AS $$
  SELECT * FROM productgraph.funnel_actors('options-random', ARRAY['a', '{"event.type":"o","optional":true}', 'c'], 1, within => w) $$;
SELECT w, (SELECT count(*) FROM (SELECT * FROM pg_temp.asked_with_optional(w) EXCEPT ALL SELECT * FROM pg_temp.best_with_optional(w)) x) AS wrong,
  (SELECT count(*) FROM (SELECT * FROM pg_temp.best_with_optional(w) EXCEPT ALL SELECT * FROM pg_temp.asked_with_optional(w)) x) AS missing FROM windows;
-- Totals: a, b, c one after the other, the next attempt after completion or window.
CREATE FUNCTION pg_temp.totals(w interval) RETURNS TABLE (who text, steps_reached integer, started_at timestamptz) STABLE LANGUAGE sql AS $$
  WITH RECURSIVE attempt AS (
    SELECT DISTINCT d.actor, '-infinity'::timestamptz AS ended, NULL::timestamptz AS started, NULL::integer AS depth FROM did d
    UNION ALL
    SELECT t.actor, coalesce(CASE WHEN c <= a + w THEN c END, a + w), a, CASE WHEN c <= a + w THEN 3 WHEN b <= a + w THEN 2 ELSE 1 END
    FROM attempt t, LATERAL pg_temp.next(t.actor, 'a', t.ended) a, LATERAL pg_temp.next(t.actor, 'b', a) b, LATERAL pg_temp.next(t.actor, 'c', b) c
    WHERE a IS NOT NULL)
  SELECT actor, depth, started FROM attempt WHERE started IS NOT NULL $$;
CREATE FUNCTION pg_temp.asked_totals(w interval) RETURNS TABLE (who text, steps_reached integer, started_at timestamptz) STABLE LANGUAGE sql AS $$
  SELECT who, steps_reached, started_at FROM productgraph.funnel_actors('options-random', '{a,b,c}', 1, within => w, counting => 'total') $$;
SELECT w, (SELECT count(*) FROM (SELECT * FROM pg_temp.asked_totals(w) EXCEPT ALL SELECT * FROM pg_temp.totals(w)) x) AS wrong,
  (SELECT count(*) FROM (SELECT * FROM pg_temp.totals(w) EXCEPT ALL SELECT * FROM pg_temp.asked_totals(w)) x) AS missing FROM windows;
-- Breakdown: the path at each step of the best attempt.
CREATE FUNCTION pg_temp.labelled(w interval, attribution text) RETURNS TABLE (label text, reached bigint[]) STABLE LANGUAGE sql AS $$
  SELECT d.path, ARRAY[count(*), count(*) FILTER (WHERE a.steps_reached >= 2)]
  FROM productgraph.funnel_actors('options-random', '{a,b}', 1, within => w) a
  LEFT JOIN did d ON d.actor = a.who AND d.ts = CASE attribution WHEN '2' THEN CASE a.steps_reached WHEN 2 THEN a.reached_at END WHEN 'last' THEN a.reached_at ELSE a.started_at END
  GROUP BY 1 $$;
CREATE FUNCTION pg_temp.asked_labelled(w interval, attribution text) RETURNS TABLE (label text, reached bigint[]) STABLE LANGUAGE sql AS $$
  SELECT breakdown_value, array_agg(f.actors ORDER BY f.step) FROM productgraph.funnel('options-random', '{a,b}', w, breakdown => 'page.path', attribution => attribution) f GROUP BY 1 $$;
SELECT w, attribution, (SELECT count(*) FROM (SELECT * FROM pg_temp.asked_labelled(w, attribution) EXCEPT ALL SELECT * FROM pg_temp.labelled(w, attribution)) x) AS wrong,
  (SELECT count(*) FROM (SELECT * FROM pg_temp.labelled(w, attribution) EXCEPT ALL SELECT * FROM pg_temp.asked_labelled(w, attribution)) x) AS missing
FROM windows, unnest('{first,last,1,2}'::text[]) attribution ORDER BY 1, 2;

-- Correlation, counted anew.
CREATE FUNCTION pg_temp.correlation(field text, w interval) RETURNS TABLE (value text, converted bigint, dropped bigint, odds_ratio numeric) STABLE LANGUAGE sql AS $$
  WITH a AS (SELECT who, steps_reached = 2 AS won, started_at, CASE steps_reached WHEN 2 THEN reached_at ELSE started_at + w END AS until
             FROM productgraph.funnel_actors('options-random', '{a,b}', 1, within => w)),
  seen AS (SELECT DISTINCT a.who, a.won, CASE field WHEN 'event.type' THEN d.type ELSE d.path END AS value
           FROM a JOIN did d ON d.actor = a.who AND d.ts BETWEEN a.started_at AND a.until WHERE field <> 'event.type' OR d.type NOT IN ('a', 'b'))
  SELECT value, count(*) FILTER (WHERE won), count(*) FILTER (WHERE NOT won), round(
    (count(*) FILTER (WHERE won) + 1) * ((SELECT count(*) FROM a WHERE NOT won) - count(*) FILTER (WHERE NOT won) + 1)::numeric
    / ((count(*) FILTER (WHERE NOT won) + 1) * ((SELECT count(*) FROM a WHERE won) - count(*) FILTER (WHERE won) + 1)), 4)
  FROM seen GROUP BY value HAVING count(*) >= 25 AND count(*) >= 0.02 * (SELECT count(*) FROM a) $$;
SELECT field, w, (SELECT count(*) FROM (SELECT value, converted, dropped, odds_ratio FROM funnel_correlation('options-random', '{a,b}', field, w) EXCEPT SELECT * FROM pg_temp.correlation(field, w)) x) AS wrong,
  (SELECT count(*) FROM (SELECT * FROM pg_temp.correlation(field, w) EXCEPT SELECT value, converted, dropped, odds_ratio FROM funnel_correlation('options-random', '{a,b}', field, w)) x) AS missing,
  (SELECT count(*) > 0 FROM pg_temp.correlation(field, w)) AS some
FROM windows, unnest('{event.type,page.path}'::text[]) field ORDER BY 1, 2;
SELECT value, converted, dropped, odds_ratio, correlates_with FROM funnel_correlation('totals', '{a,b}', min_actors => 0);
SELECT count(*) FROM funnel_correlation('options-random', '{a,b}', top => 2);

-- The aggregates on a table of one's own, split over workers or not; no rows, no attempt.
SELECT funnel_attempt('1 hour', 'optional 2', t, k = 1, k = 2, k = 3) FROM (VALUES ('2024-01-01 10:00Z'::timestamptz, 1), ('2024-01-01 10:30Z', 3)) v(t, k);
SELECT funnel_attempts('1 hour', '', t, k = 1, k = 2) FROM (VALUES ('2024-01-01 10:00Z'::timestamptz, 1), ('2024-01-01 10:30Z', 2), ('2024-01-01 12:00Z', 1)) v(t, k);
SELECT funnel_attempt('1 hour', '', now(), false), funnel_attempts('1 hour', '', NULL, true);
-- A month from 31 January ends with February.
SELECT mode, cardinality(funnel_attempt('1 month', mode, t, k = 1, k = 2, k = 3)) AS depth
FROM unnest('{"","per_step"}'::text[]) mode, (VALUES ('2023-01-31'::timestamptz, 1), ('2023-02-28', 2), ('2023-03-28', 3)) v(t, k) GROUP BY 1 ORDER BY 1;

-- Wrong options say which ones are right.
SELECT * FROM funnel('orders', '{s,p}', step_order => 'sideways');
SELECT * FROM funnel('orders', '{s,p}', step_order => NULL);
SELECT * FROM funnel('orders', '{s,p}', counting => 'some');
SELECT * FROM funnel('orders', '{s,p}', exclude => '[{"event.type":"x","after":2,"before":1}]');
SELECT * FROM funnel('orders', '{s,p}', exclude => '[{"event.type":"x","before":3}]');
SELECT * FROM funnel('orders', '{s,p}', exclude => '[{"event.type":"x","after":"one"}]');
SELECT * FROM funnel('orders', '{s,p}', exclude => '[{"after":1}]');
SELECT * FROM funnel('orders', '{s,p}', exclude => '[{"event.type":"x","upto":1}]');
SELECT * FROM funnel('orders', ARRAY['{"event.type":"s","optional":true}', 'p']);
SELECT * FROM funnel('orders', ARRAY['s', '{"event.type":"p","optional":true}']);
SELECT * FROM funnel('orders', ARRAY['s', '{"event.type":"p","optional":"yes"}']);
SELECT * FROM funnel('orders', ARRAY['s', '{"event.type":"p","optional":true}', 'i'], step_order => 'any');
SELECT * FROM funnel('orders', '{s,p}', per_step => true, exclude => 'x');
SELECT * FROM funnel('orders', '{s,p}', per_step => true, step_order => 'any');
SELECT * FROM funnel('orders', '{s,p}', breakdown => 'colour');
SELECT * FROM funnel('orders', '{s,p}', breakdown => 'page.path', attribution => 'best');
SELECT * FROM funnel('orders', '{s,p}', breakdown => 'page.path', attribution => '3');
SELECT * FROM funnel('orders', '{s,p}', breakdown => 'page.path', attribution => NULL);
SELECT * FROM funnel('orders', '{s,p}', top => 0);
SELECT * FROM funnel_correlation('orders', '{s,p}', 'colour');
SELECT * FROM funnel_correlation('orders', '{s,p}', min_share => 2);
SELECT funnel_attempt('1 hour', 'strictly', now(), true);
SELECT funnel_attempt('1 hour', 'optional', now(), true);
SELECT funnel_attempt('1 hour', 'optional 33', now(), true);
SELECT funnel_attempt('1 hour', 'exclude 1-', now(), true, true);
SELECT funnel_attempt('1 hour', 'exclude 1-2', now(), true);
SELECT funnel_attempt('1 hour', 'any', now(), true);
SELECT funnel_attempt('-1 hour', '', now(), true);
SELECT funnel_attempt('1 hour', NULL, now(), true);
