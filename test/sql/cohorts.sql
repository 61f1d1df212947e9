-- active_users(), lifecycle(), stickiness() and retention_table().
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET jit = off;
SET datestyle = 'ISO';
SELECT create_organization('cohorts', 'Cohorts') AS org \gset
SELECT create_project(:'org', 'cohorts'), create_project(:'org', 'cohorts-random'), create_project(:'org', 'cohorts-empty');
CREATE FUNCTION pg_temp.add(org uuid, project text, actor text, type text, at timestamptz, page text DEFAULT NULL)
RETURNS integer LANGUAGE sql AS $$
  INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
  VALUES (org, now(), gen_random_uuid(), project, 's of ' || actor, type, at, actor, page) RETURNING 1
$$;
-- a comes on days 1, 2 and 4; b on 2; c on 1 and on 9.
SELECT count(pg_temp.add(:'org', 'cohorts', a, t, ('2024-05-' || at || 'Z')::timestamptz, p)) FROM (VALUES
  ('a', 'sign_up', '01 10:00', '/x'), ('a', 'open', '01 09:00', NULL), ('a', 'open', '02 09:00', NULL), ('a', 'open', '02 20:00', NULL), ('a', 'open', '04 10:00', NULL),
  ('b', 'sign_up', '02 12:00', '/y'), ('c', 'sign_up', '01 23:00', '/y'), ('c', 'open', '01 23:00', NULL), ('c', 'sign_up', '09 01:00', '/x')) v(a, t, at, p);
SELECT * FROM active_users('cohorts');
SELECT * FROM active_users('cohorts', 'week');
SELECT * FROM active_users('cohorts', 'month', until => '2024-06-05');
SELECT * FROM active_users('cohorts', since => '2024-05-02 15:00', until => '2024-05-05', what => 'open');
SELECT * FROM lifecycle('cohorts');
SELECT * FROM lifecycle('cohorts', since => '2024-05-02', until => '2024-05-04');
SELECT * FROM lifecycle('cohorts', 'open', 'week');
SELECT * FROM stickiness('cohorts');
SELECT * FROM stickiness('cohorts', period => 'week', filter => '{"event.type": "sign_up"}');
SELECT * FROM retention_table('cohorts', periods => 4);
-- a opened before signing up, which is no return.
SELECT * FROM retention_table('cohorts', 'sign_up', 'open', periods => 4);
SELECT cohort_start, size, array_agg(actors ORDER BY period_number) FROM retention_table('cohorts', periods => 9, cohort => 'recurring') GROUP BY 1, 2 ORDER BY 1;
SELECT cohort_start, size, array_agg(actors ORDER BY period_number) FROM retention_table('cohorts', 'sign_up', 'open', periods => 4, periods_by => 'rolling') GROUP BY 1, 2 ORDER BY 1;
SELECT cohort_start, size, array_agg(actors ORDER BY period_number) FROM retention_table('cohorts', periods => 4, retained => 'on_or_after') GROUP BY 1, 2 ORDER BY 1;
SELECT cohort_start, size, period_number, actors FROM retention_table('cohorts', periods => 10, brackets => '{0,1,4}');
SELECT breakdown_value, size, period_number, actors, share FROM retention_table('cohorts', 'sign_up', 'sign_up', 'week', 2, breakdown => 'page.path');
-- c's first start lies before the range.
SELECT cohort_start, size, array_agg(actors ORDER BY period_number) FROM retention_table('cohorts', 'sign_up', periods => 2, since => '2024-05-02') GROUP BY 1, 2;
SELECT cohort_start, size, array_agg(actors ORDER BY period_number) FROM retention_table('cohorts', 'sign_up', periods => 2, since => '2024-05-02', cohort => 'recurring') GROUP BY 1, 2 ORDER BY 1;
-- The day that has 23 hours: a quarter short of 24 hours later is the day after the next.
SELECT pg_temp.add(:'org', 'cohorts', 'd', 'dst', t) FROM unnest('{2024-03-30 22:30Z,2024-03-31 22:15Z}'::timestamptz[]) t;
SELECT k, period_number, actors FROM unnest('{calendar,rolling}'::text[]) k, retention_table('cohorts', 'dst', periods => 2, periods_by => k, timezone => 'Europe/Berlin');
SELECT k, period_number, actors FROM unnest('{calendar,rolling}'::text[]) k, retention_table('cohorts', 'dst', periods => 2, periods_by => k, timezone => 'UTC');
SELECT * FROM lifecycle('cohorts', 'dst', timezone => 'Europe/Berlin');
-- What is not over yet, or has not begun.
BEGIN;
SELECT pg_temp.add(:'org', 'cohorts', 'n', 'now', now() - interval '24 hours');
SELECT size, period_number, actors, complete FROM retention_table('cohorts', 'now', periods => 5);
SELECT size, period_number, actors, complete FROM retention_table('cohorts', 'now', periods => 5, periods_by => 'rolling') WHERE period_number > 1 OR complete;
ROLLBACK;
-- Nothing there.
SELECT * FROM active_users('cohorts-empty');
SELECT * FROM active_users('cohorts-empty', since => '2024-01-01', until => '2024-01-03');
SELECT * FROM lifecycle('cohorts-empty');
SELECT * FROM lifecycle('cohorts-empty', since => '2024-01-01', until => '2024-01-03');
SELECT * FROM stickiness('cohorts-empty');
SELECT * FROM retention_table('cohorts-empty');

-- Against plain SQL on random rows.
SELECT setseed(0.75);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
SELECT :'org', now(), 'r' || n, 'cohorts-random', 's' || n % 20, (ARRAY['a', 'b', 'c'])[1 + floor(random() * 3)],
  '2024-02-20Z'::timestamptz + floor(random() * random() * 70 * 1440) * interval '1 minute', nullif('u' || floor(random() * 120), 'u0'), '/' || floor(random() * 3)
FROM generate_series(1, 900) n;
CREATE TEMP TABLE plain AS SELECT *, coalesce(user_id, session_id) AS actor FROM events WHERE org_id = :'org' AND project_id = 'cohorts-random';
CREATE FUNCTION pg_temp.local_start(period text, at timestamptz, zone text, n integer) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT (date_trunc(period, at AT TIME ZONE zone) + n * ('1 ' || period)::interval) AT TIME ZONE zone
$$;
CREATE FUNCTION pg_temp.differences(got text, want text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  n bigint;
BEGIN
  EXECUTE format('WITH got AS MATERIALIZED (%s), want AS MATERIALIZED (%s)
    SELECT (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE want) x) + (SELECT count(*) FROM (TABLE want EXCEPT ALL TABLE got) x)
      + CASE WHEN EXISTS (TABLE got) THEN 0 ELSE 1000000 END', got, want) INTO n;
  RETURN n;
END
$$;
-- Windows of days counted one by one.
SELECT p, z, t, pg_temp.differences(
  format('SELECT * FROM active_users(''cohorts-random'', %L, %L, %L, timezone => %L, what => %L)', p, s, u, z, t),
  format($$WITH x AS (SELECT actor, timestamp AS at FROM plain WHERE event_type = ANY (%4$L::text[]) AND timestamp < %3$L),
    g AS (SELECT f, pg_temp.local_start(%1$L, f, %5$L, 1) AS e FROM (SELECT pg_temp.local_start(%1$L, %2$L, %5$L, n) AS f FROM generate_series(0, 90) n) y WHERE f < %3$L),
    d AS (SELECT f, e, least(e, pg_temp.local_start('day', %3$L::timestamptz - interval '1 us', %5$L, 1)) AS l FROM g),
    r AS (SELECT d.*, (SELECT count(DISTINCT actor) FROM x WHERE at >= f AND at < e) AS actors,
      (SELECT count(*) FROM (SELECT min(at) AS m FROM x GROUP BY actor) y WHERE m >= f AND m < e) AS new,
      (SELECT count(DISTINCT actor) FROM x WHERE at >= (l AT TIME ZONE %5$L - interval '7 days') AT TIME ZONE %5$L AND at < l) AS w,
      (SELECT count(DISTINCT actor) FROM x WHERE at >= (l AT TIME ZONE %5$L - interval '30 days') AT TIME ZONE %5$L AND at < l) AS m,
      (SELECT count(DISTINCT (actor, (at AT TIME ZONE %5$L)::date)) FROM x WHERE at >= f AND at < e) AS days FROM d)
    SELECT f, actors, new, w, m, round(days::numeric / ((l AT TIME ZONE %5$L)::date - (f AT TIME ZONE %5$L)::date) / nullif(m, 0), 4) FROM r$$, p, s, u, t, z)) AS differences
FROM unnest('{day,week,month}'::text[]) p, unnest('{UTC,America/New_York}'::text[]) z, unnest('{"{a}","{a,c}"}'::text[]) t,
  (VALUES ('2024-03-05 07:00Z', '2024-04-20 12:00Z')) r(s, u);
-- Every actor in every period, asked for its past.
SELECT p, z, pg_temp.differences(
  format('SELECT * FROM lifecycle(''cohorts-random'', ''{a,b}'', %L, ''2024-03-01'', ''2024-04-21'', timezone => %L)', p, z),
  format($$WITH x AS (SELECT DISTINCT actor, pg_temp.local_start(%1$L, timestamp, %2$L, 0) AS s FROM plain WHERE event_type IN ('a', 'b') AND timestamp < '2024-04-21'),
    g AS (SELECT f, pg_temp.local_start(%1$L, f, %2$L, -1) AS before FROM (SELECT pg_temp.local_start(%1$L, '2024-03-01', %2$L, n) AS f FROM generate_series(0, 90) n) y WHERE f < '2024-04-21')
    SELECT f, count(*) FILTER (WHERE now AND NOT ever), count(*) FILTER (WHERE now AND prior), count(*) FILTER (WHERE now AND ever AND NOT prior), count(*) FILTER (WHERE prior AND NOT now)
    FROM (SELECT g.f, EXISTS (SELECT FROM x WHERE x.actor = a.actor AND s = f) AS now, EXISTS (SELECT FROM x WHERE x.actor = a.actor AND s < f) AS ever,
            EXISTS (SELECT FROM x WHERE x.actor = a.actor AND s = before) AS prior FROM g, (SELECT DISTINCT actor FROM x) a) y GROUP BY f$$, p, z)) AS differences
FROM unnest('{day,week,month}'::text[]) p, unnest('{UTC,America/New_York}'::text[]) z;
SELECT p, pg_temp.differences(
  format('SELECT * FROM stickiness(''cohorts-random'', ''b'', %L, ''2024-02-25'', ''2024-04-02'') WHERE actors > 0', p),
  format($$SELECT k, count(*), round(count(*) / sum(count(*)) OVER (), 4) FROM (SELECT count(DISTINCT date_trunc(%L, timestamp))::integer AS k FROM plain
    WHERE event_type = 'b' AND timestamp >= '2024-02-25' AND timestamp < '2024-04-02' GROUP BY actor) y GROUP BY k$$, p)) AS differences FROM unnest('{hour,day,week,month}'::text[]) p;
-- Each start and each period asked for a return, in all combinations of options.
SELECT c, k, r, count(*) AS questions, sum(pg_temp.differences(
  format('SELECT * FROM retention_table(''cohorts-random'', ''a'', %L, %L, 6, %L, %L, %L, %L, %L, ''2024-02-27 05:00Z'', ''2024-04-01'', timezone => ''America/New_York'')', t, p, c, k, r, b, l),
  format($$WITH x AS (SELECT *, pg_temp.local_start(%1$L, timestamp, 'America/New_York', 0) AS s FROM plain WHERE event_type = 'a' AND timestamp < '2024-04-01'
      AND (%2$L = 'first' OR timestamp >= '2024-02-27 05:00Z')),
    starts AS (SELECT DISTINCT ON (actor, CASE WHEN %2$L = 'recurring' THEN s END) s, actor, timestamp AS at, CASE WHEN %6$L THEN page_path END AS label
      FROM x ORDER BY actor, CASE WHEN %2$L = 'recurring' THEN s END, timestamp, event_id),
    kept AS (SELECT * FROM starts WHERE at >= '2024-02-27 05:00Z'),
    b AS (SELECT f, coalesce(lead(f) OVER (ORDER BY f), 6) AS t FROM unnest(%5$L::integer[]) f),
    hit AS (SELECT k.s, k.label, b.f, EXISTS (SELECT FROM plain r WHERE r.actor = k.actor AND r.event_type = ANY (%7$L::text[]) AND r.timestamp >= k.at
        AND r.timestamp >= CASE %3$L WHEN 'rolling' THEN k.at + b.f * h ELSE pg_temp.local_start(%1$L, k.at, 'America/New_York', b.f) END
        AND (%4$L = 'on_or_after' OR r.timestamp < CASE %3$L WHEN 'rolling' THEN k.at + b.t * h ELSE pg_temp.local_start(%1$L, k.at, 'America/New_York', b.t) END)) AS hit
      FROM kept k CROSS JOIN b, (SELECT CASE %1$L WHEN 'day' THEN interval '24 hours' ELSE '168 hours' END AS h) y)
    SELECT s, label, count(*), f, count(*) FILTER (WHERE hit), round(count(*) FILTER (WHERE hit)::numeric / count(*), 4), true FROM hit GROUP BY s, label, f$$,
    p, c, k, r, coalesce(b, '{0,1,2,3,4,5}'), l IS NOT NULL, t))) AS differences
FROM unnest('{first,recurring}'::text[]) c, unnest('{calendar,rolling}'::text[]) k, unnest('{on,on_or_after}'::text[]) r,
  unnest('{day,week}'::text[]) p, unnest(ARRAY[NULL, 'page.path']) l, unnest(ARRAY[NULL, '{0,1,3}', '{2,5}']) b, unnest('{"{b}","{a}"}'::text[]) t
GROUP BY c, k, r ORDER BY c, k, r;

-- Wrong questions.
SELECT * FROM active_users('cohorts', 'hour');
SELECT * FROM active_users('cohorts', 'year');
SELECT * FROM active_users('cohorts', since => '2024-02-01', until => '2024-01-01');
SELECT * FROM lifecycle('cohorts', period => 'year');
SELECT * FROM lifecycle('cohorts', since => '2024-02-01', until => '2024-01-01');
SELECT * FROM lifecycle('cohorts', '[]');
SELECT * FROM stickiness('cohorts', timezone => 'Mars/Olympus');
SELECT * FROM stickiness('cohorts', actor => 'everybody');
SELECT * FROM retention_table('cohorts', cohort => 'second');
SELECT * FROM retention_table('cohorts', periods_by => 'moon');
SELECT * FROM retention_table('cohorts', retained => 'before');
SELECT * FROM retention_table('cohorts', period => 'year');
SELECT * FROM retention_table('cohorts', periods => 0);
SELECT * FROM retention_table('cohorts', brackets => '{2,1}');
SELECT * FROM retention_table('cohorts', brackets => '{0,8}');
SELECT * FROM retention_table('cohorts', brackets => '{}');
SELECT * FROM retention_table('cohorts', brackets => '{0,NULL}');
SELECT * FROM retention_table('cohorts', breakdown => 'page.pth');
SELECT * FROM retention_table('cohorts', since => '2024-02-01', until => '2024-01-31');
SELECT * FROM retention_table('no_such_project');
-- Another organization's rows never count.
SELECT create_organization('cohorts-2', 'Cohorts 2') AS org2 \gset
SELECT create_project(:'org2', 'cohorts');
SELECT pg_temp.add(:'org2', 'cohorts', 'a', 'open', '2024-05-02');
CREATE ROLE cohorts_analyst;
GRANT productgraph_analyst TO cohorts_analyst;
SELECT add_member('cohorts_analyst', :'org2');
SET ROLE cohorts_analyst;
SELECT set_current_org(:'org2');
SELECT * FROM active_users('cohorts');
SELECT * FROM lifecycle('cohorts');
SELECT * FROM stickiness('cohorts');
SELECT * FROM retention_table('cohorts', periods => 2);
RESET ROLE;
SELECT clear_current_org();
DROP OWNED BY cohorts_analyst;
DELETE FROM organization_members WHERE role = 'cohorts_analyst'::regrole;
DROP ROLE cohorts_analyst;
