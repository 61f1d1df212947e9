-- Questions over periods where clocks change: at night and at midnight, by half hours, and over a day that never was.
-- What a period is tells a grid of half hours, each with its date by the clocks of the zone.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET jit = off;
SELECT create_organization('question-zones', 'Question zones') AS org \gset
CREATE TEMP TABLE zones (zone text, project text, changes timestamptz);
INSERT INTO zones VALUES ('Europe/Berlin', 'spring', '2024-03-31 01:00Z'), ('Europe/Berlin', 'autumn', '2024-10-27 01:00Z'), ('America/Sao_Paulo', 'midnight', '2018-11-04 03:00Z'),
  ('America/Sao_Paulo', 'twice', '2018-02-18 02:00Z'), ('Asia/Kolkata', 'half', '2024-05-01 00:00Z'), ('Australia/Lord_Howe', 'half hour', '2024-04-06 15:00Z'), ('Pacific/Apia', 'no day', '2011-12-30 10:00Z');
SELECT project, create_project(:'org', project) = project AS created FROM zones ORDER BY project;
-- Half of the events within two days of the change, and ties.
SELECT setseed(0.6);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, duration_ms, metadata)
SELECT :'org', now(), n, project, 's' || n % 30, (ARRAY['a', 'b', 'c'])[1 + floor(random() * 3)],
  changes + floor((random() - 0.5) * CASE n % 2 WHEN 0 THEN 2 ELSE 60 END * 2880) * interval '30 seconds', nullif('u' || floor(random() * 25), 'u0'), nullif('/' || floor(random() * 4), '/3'),
  CASE WHEN random() < 0.9 THEN round((random() * 100)::numeric, 2) END, CASE floor(random() * 3) WHEN 0 THEN '{"m": 2.5}' WHEN 1 THEN '{"m": "2.5"}' END::jsonb
FROM zones, generate_series(1, 500) n;
CREATE TEMP TABLE happened AS SELECT project_id AS project, event_type AS type, timestamp AS at, coalesce(user_id, session_id) AS actor, page_path, duration_ms, metadata FROM events WHERE org_id = :'org';
CREATE TEMP TABLE periods AS
SELECT project, zone, period, starts, lead(starts) OVER w AS ends, row_number() OVER w AS n FROM (
  SELECT project, zone, period, to_char(t AT TIME ZONE zone, form), min(t) AS starts
  FROM zones, generate_series(changes - interval '75 days', changes + interval '150 days', '30 minutes') t,
    (VALUES ('day', 'YYYY-MM-DD'), ('week', 'IYYY-IW'), ('month', 'YYYY-MM')) f(period, form) GROUP BY 1, 2, 3, 4
  -- An hour that comes twice is two.
  UNION ALL SELECT project, zone, 'hour', NULL, t FROM zones, generate_series(changes - interval '75 days', changes + interval '150 days', '30 minutes') t WHERE to_char(t AT TIME ZONE zone, 'MI') = '00' AND zone <> 'Australia/Lord_Howe'
) p WINDOW w AS (PARTITION BY project, period ORDER BY starts);
CREATE INDEX ON periods (project, period, starts);
ANALYZE periods;
CREATE TEMP TABLE placed AS SELECT h.*, p.* FROM happened h, unnest('{hour,day,week,month}'::text[]) period,
  LATERAL (SELECT p.period, p.n, p.starts FROM periods p WHERE p.project = h.project AND p.period = period.period AND p.starts <= h.at ORDER BY p.starts DESC LIMIT 1) p;
CREATE INDEX ON placed (project, period);
ANALYZE placed;
CREATE FUNCTION pg_temp.differences(got text, want text, OUT rows bigint, OUT differences bigint) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('WITH got AS MATERIALIZED (%s), want AS MATERIALIZED (%s)
    SELECT (SELECT count(*) FROM got), (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE want) x) + (SELECT count(*) FROM (TABLE want EXCEPT ALL TABLE got) x)', got, want) INTO rows, differences;
END
$$;
-- trend(): every measure, with and without a breakdown, bounded and unbounded; percentiles from sorted arrays.
CREATE FUNCTION pg_temp.measured(measure text, numbers numeric[], actors bigint, events bigint) RETURNS numeric LANGUAGE sql AS $$
  SELECT CASE measure WHEN 'count' THEN coalesce(events, 0) WHEN 'unique' THEN coalesce(actors, 0) WHEN 'sum' THEN coalesce((SELECT sum(x) FROM unnest(numbers) x), 0)
    WHEN 'average' THEN (SELECT sum(x) / count(x) FROM unnest(numbers) x) WHEN 'minimum' THEN numbers[1] WHEN 'maximum' THEN numbers[cardinality(numbers)]
    ELSE (SELECT low + (coalesce(high, low) - low) * (place - floor(place)) FROM (SELECT place, numbers[1 + floor(place)::integer] AS low, numbers[2 + floor(place)::integer] AS high
          FROM (SELECT (cardinality(numbers) - 1) * CASE measure WHEN 'median' THEN 50 ELSE substr(measure, 2)::integer END / 100.0 AS place) p) v) END
$$;
CREATE FUNCTION pg_temp.trend_wanted(project text, period text, measure text, field text, by_page boolean, since timestamptz, until timestamptz) RETURNS TABLE (s timestamptz, b text, v numeric) LANGUAGE sql AS $$
  WITH h AS (
    SELECT h.*, CASE WHEN by_page THEN page_path END AS label, CASE field WHEN 'duration_ms' THEN duration_ms::numeric WHEN 'metadata.m' THEN CASE metadata ->> 'm' WHEN '2.5' THEN CASE jsonb_typeof(metadata -> 'm') WHEN 'number' THEN 2.5 END END END AS number
    FROM happened h WHERE h.project = $1 AND type IN ('a', 'b') AND at >= since AND at < until
  ), grid AS (
    SELECT starts, ends, l.label FROM periods p, (SELECT DISTINCT label FROM h UNION SELECT NULL WHERE NOT by_page) l WHERE p.project = $1 AND p.period = $2
      AND ends > (SELECT CASE since WHEN '-infinity' THEN min(at) ELSE since END FROM h) AND starts < (SELECT CASE until WHEN 'infinity' THEN max(at) + interval '1 us' ELSE until END FROM h)
  )
  SELECT g.starts, g.label, round(pg_temp.measured(measure, array_agg(number ORDER BY number) FILTER (WHERE number IS NOT NULL), count(DISTINCT actor), count(h.at)), 6)
  FROM grid g LEFT JOIN h ON h.at >= g.starts AND h.at < g.ends AND h.label IS NOT DISTINCT FROM g.label GROUP BY 1, 2
$$;
SELECT zone, count(*) AS questions, sum(rows) AS rows, sum(differences) AS differences FROM zones, unnest('{day,week,month,hour}'::text[]) p, unnest('{count,unique,sum,average,minimum,maximum,median,p5,p95,p99}'::text[]) m,
  (VALUES (false, 'duration_ms', interval '0', interval '0'), (true, 'metadata.m', '-3 days', '2 days 07:30')) o(by_page, field, s, u),
  LATERAL (SELECT CASE WHEN by_page THEN changes + s ELSE '-infinity' END AS since, CASE WHEN by_page THEN changes + u ELSE 'infinity' END AS until) r,
  LATERAL pg_temp.differences(format('SELECT period_start, breakdown_value, round(value, 6) FROM trend(%L, ''{a,b}'', %L, %L, %L, %L, since => %L, until => %L, timezone => %L)', project, m, field, p, CASE WHEN by_page THEN 'page.path' END, since, until, zone),
    format('SELECT * FROM pg_temp.trend_wanted(%L, %L, %L, %L, %L, %L, %L)', project, p, m, field, by_page, since, until)) d
WHERE (p <> 'hour' OR by_page AND m IN ('count', 'p95') AND zone <> 'Australia/Lord_Howe') AND (NOT by_page OR m IN ('count', 'unique', 'sum', 'p95')) GROUP BY zone ORDER BY zone;
-- retention_table() in all its ways, period by period; a day that never was is a period nobody can return in, so not there.
CREATE FUNCTION pg_temp.retention_wanted(project text, period text, cohort text, by text, kind text, brackets integer[], since timestamptz, until timestamptz) RETURNS TABLE (s timestamptz, z bigint, n integer, a bigint) LANGUAGE sql AS $$
  WITH h AS (
    SELECT h.*, row_number() OVER (PARTITION BY actor, type ORDER BY at) AS place FROM placed h WHERE h.project = $1 AND h.period = $2
  ), started AS (
    -- A first start is the first ever; a recurring one the first of the period that lies in the range.
    SELECT DISTINCT ON (actor, n) * FROM h WHERE type = 'a' AND at >= since AND at < until AND (cohort = 'recurring' OR place = 1) ORDER BY actor, n, at
  ), b AS (
    SELECT f, coalesce(lead(f) OVER (ORDER BY f), 6) AS e FROM unnest(coalesce(brackets, '{0,1,2,3,4,5}')) f
  ), away AS (
    SELECT s.actor, s.n, CASE by WHEN 'rolling' THEN floor(extract(epoch FROM r.at - s.at) / CASE $2 WHEN 'hour' THEN 3600 WHEN 'day' THEN 86400 WHEN 'week' THEN 604800 ELSE 2592000 END) ELSE r.n - s.n END AS away
    FROM started s JOIN h r ON r.actor = s.actor AND r.type IN ('b', 'c') AND r.at >= s.at
  )
  SELECT s.starts, count(DISTINCT s.actor), b.f, count(DISTINCT a.actor) FROM started s CROSS JOIN b
  LEFT JOIN away a ON a.actor = s.actor AND a.n = s.n AND a.away >= b.f AND (kind = 'on_or_after' OR a.away < b.e) GROUP BY 1, 3
$$;
SELECT zone, p AS period, count(*) AS questions, sum(rows) AS rows, sum(differences) AS differences FROM zones, unnest('{hour,day,week,month}'::text[]) p, unnest('{first,recurring}'::text[]) c,
  unnest('{calendar,rolling}'::text[]) k, unnest('{on,on_or_after}'::text[]) r, unnest(ARRAY[NULL, '{1,3}']::text[]) b,
  LATERAL pg_temp.differences(format('SELECT cohort_start, size, period_number, actors FROM retention_table(%L, ''a'', ''{b,c}'', %L, 6, %L, %L, %L, %L, since => %L, until => %L, timezone => %L)', project, p, c, k, r, b, changes - interval '20 hours', changes + interval '1 day', zone),
    format('SELECT * FROM pg_temp.retention_wanted(%L, %L, %L, %L, %L, %L, %L, %L)', project, p, c, k, r, b, changes - interval '20 hours', changes + interval '1 day')) d
WHERE project IN ('spring', 'midnight', 'half') AND (b IS NULL OR p IN ('day', 'hour')) GROUP BY zone, p ORDER BY zone, p;
-- lifecycle() and stickiness() by numbers of periods, active_users() by counting.
SELECT zone, p AS period, sum(l.rows) AS lifecycle, sum(l.differences) AS differences, sum(s.rows) AS stickiness, sum(s.differences) AS differences, sum(a.rows) AS active, sum(a.differences) AS differences
FROM zones, unnest('{hour,day,week,month}'::text[]) p,
  LATERAL pg_temp.differences(format('SELECT * FROM lifecycle(%L, ''a'', %L, %L, %L, timezone => %L)', project, p, changes - interval '30 hours', changes + interval '50 hours', zone),
    format($$WITH x AS (SELECT DISTINCT h.actor, p.n FROM happened h JOIN periods p ON p.project = h.project AND p.period = %2$L AND at >= starts AND at < ends WHERE h.project = %1$L AND type = 'a' AND at < %4$L)
      SELECT p.starts, count(*) FILTER (WHERE now AND NOT ever), count(*) FILTER (WHERE now AND prior), count(*) FILTER (WHERE now AND ever AND NOT prior), count(*) FILTER (WHERE prior AND NOT now)
      FROM periods p, (SELECT DISTINCT actor FROM x) a, LATERAL (SELECT (a.actor, p.n) IN (TABLE x) AS now, (a.actor, p.n - 1) IN (TABLE x) AS prior, EXISTS (SELECT FROM x WHERE x.actor = a.actor AND x.n < p.n) AS ever) f
      WHERE p.project = %1$L AND p.period = %2$L AND p.ends > %3$L AND p.starts < %4$L GROUP BY 1$$, project, p, changes - interval '30 hours', changes + interval '50 hours')) l,
  LATERAL pg_temp.differences(format('SELECT periods, actors, share FROM stickiness(%L, ''a'', %L, %L, timezone => %L) WHERE actors > 0', project, p, changes - interval '9 days', zone),
    format($$SELECT k, count(*), round(count(*) / sum(count(*)) OVER (), 4) FROM (SELECT count(DISTINCT p.n)::integer AS k FROM happened h JOIN periods p ON p.project = h.project AND p.period = %2$L AND at >= starts AND at < ends
      WHERE h.project = %1$L AND type = 'a' AND at >= %3$L GROUP BY actor) y GROUP BY k$$, project, p, changes - interval '9 days')) s,
  LATERAL pg_temp.differences(CASE p WHEN 'hour' THEN 'SELECT 1' ELSE format('SELECT period_start, actors, new_actors FROM active_users(%L, %L, %L, %L, timezone => %L)', project, p, changes - interval '9 days', changes + interval '9 days', zone) END,
    CASE p WHEN 'hour' THEN 'SELECT 1' ELSE format($$SELECT p.starts, count(DISTINCT h.actor), count(DISTINCT h.actor) FILTER (WHERE h.at = f.at) FROM periods p
      LEFT JOIN happened h ON h.project = %1$L AND h.at >= p.starts AND h.at < p.ends AND h.at < %4$L LEFT JOIN (SELECT actor, min(at) AS at FROM happened WHERE project = %1$L GROUP BY actor) f ON f.actor = h.actor
      WHERE p.project = %1$L AND p.period = %2$L AND p.ends > %3$L AND p.starts < %4$L GROUP BY 1$$, project, p, changes - interval '9 days', changes + interval '9 days') END) a
WHERE project IN ('spring', 'autumn', 'midnight', 'twice', 'half') GROUP BY zone, p ORDER BY zone, p;
-- The day that never was in Apia.
SELECT period_start AT TIME ZONE 'Pacific/Apia' AS local, value > 0 AS busy FROM trend('no day', since => '2011-12-28 10:00Z', until => '2012-01-01 10:00Z', timezone => 'Pacific/Apia');
-- live() of two organizations with projects of one name, each seen by its own analyst.
SELECT create_organization('question-zones-2', 'Question zones 2') AS org2 \gset
SELECT create_project(:'org', 'now'), create_project(:'org2', 'now');
\set ON_ERROR_ROLLBACK on
CREATE ROLE question_zones_one;
CREATE ROLE question_zones_two;
GRANT productgraph_analyst TO question_zones_one, question_zones_two;
SELECT add_member('question_zones_one', :'org'), add_member('question_zones_two', :'org2');
BEGIN;
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
SELECT CASE WHEN n <= 3 THEN :'org' ELSE :'org2' END::uuid, now(), n, 'now', 's' || n % 2, 'view', now() - n * interval '1 minute', 'u' || n, '/' || n FROM generate_series(1, 9) n;
SET LOCAL ROLE question_zones_one;
SELECT * FROM live('now', '1 hour');
SELECT set_current_org(:'org', true);
SELECT * FROM live('now', '1 hour', top => 2);
SELECT set_current_org(:'org2', true);
SELECT * FROM live('now', '1 hour', top => 2);
ROLLBACK;
BEGIN;
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
SELECT CASE WHEN n <= 3 THEN :'org' ELSE :'org2' END::uuid, now(), n, 'now', 's' || n % 2, 'view', now() - n * interval '1 minute', 'u' || n, '/' || n FROM generate_series(1, 9) n;
SET LOCAL ROLE question_zones_two;
SELECT set_current_org(:'org2', true);
SELECT * FROM live('now', '1 hour', top => 2, actor => 'session');
SELECT * FROM live('now', '1 hour') EXCEPT ALL (
  SELECT 'total', NULL, count(*), count(DISTINCT user_id) FROM events WHERE project_id = 'now' UNION ALL SELECT 'event type', event_type, count(*), count(DISTINCT user_id) FROM events WHERE project_id = 'now' GROUP BY 2
  UNION ALL SELECT 'page', page_path, count(*), count(DISTINCT user_id) FROM events WHERE project_id = 'now' GROUP BY 2);
ROLLBACK;
DROP OWNED BY question_zones_one, question_zones_two;
DELETE FROM organization_members WHERE role IN ('question_zones_one'::regrole, 'question_zones_two'::regrole);
DROP ROLE question_zones_one, question_zones_two;
