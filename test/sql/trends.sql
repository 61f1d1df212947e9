-- trend() and live().
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET jit = off;
SET intervalstyle = 'postgres';
SELECT create_organization('trends', 'Trends') AS org \gset
SELECT create_project(:'org', 'trends'), create_project(:'org', 'trends-random'), create_project(:'org', 'trends-empty');
CREATE FUNCTION pg_temp.add(org uuid, project text, actor text, type text, at timestamptz, page text DEFAULT NULL, ms float8 DEFAULT NULL, metadata jsonb DEFAULT NULL)
RETURNS integer LANGUAGE sql AS $$
  INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, duration_ms, metadata)
  VALUES (org, now(), gen_random_uuid(), project, 's of ' || actor, type, at, actor, page, ms, metadata) RETURNING 1
$$;
SELECT count(pg_temp.add(:'org', 'trends', a, t, at::timestamptz, p, ms, m::jsonb)) FROM (VALUES
  ('a', 'view', '2024-05-01 10:00Z', '/', 10, '{"plan": "pro", "price": 1.5}'),
  ('a', 'view', '2024-05-01 11:00Z', '/cart', 20, '{"plan": "pro", "price": "2"}'),
  ('b', 'view', '2024-05-01 12:00Z', '/', 40, '{"plan": "free", "price": 4}'),
  ('b', 'buy', '2024-05-03 23:30Z', NULL, NULL, NULL),
  ('c', 'buy', '2024-05-04 00:00Z', '/pay', 5, '{"price": null}')) v(a, t, at, p, ms, m);
SELECT * FROM trend('trends');
SELECT * FROM trend('trends', 'view', 'unique');
SELECT * FROM trend('trends', ARRAY['view', 'buy'], since => '2024-05-02', until => '2024-05-06');
SELECT * FROM trend('trends', 'view', 'average', 'duration_ms', until => '2024-05-03', since => '2024-05-01');
SELECT m, value FROM unnest('{sum,average,minimum,maximum,median,p95,p99}'::text[]) m, trend('trends', NULL, m, 'duration_ms', 'month');
-- Numbers of metadata, and nothing else.
SELECT * FROM trend('trends', NULL, 'sum', 'metadata.price', 'week');
-- Breakdown: the largest, the rest, and no value.
SELECT * FROM trend('trends', breakdown => 'page.path', top => 1, period => 'month');
SELECT * FROM trend('trends', breakdown => 'page.path', top => NULL, period => 'month');
SELECT * FROM trend('trends', measure => 'unique', breakdown => 'metadata.plan', period => 'day', until => '2024-05-03');
SELECT * FROM trend('trends', period => 'week', filter => '{"page.path": ["/", "/cart"]}');
SELECT * FROM trend('trends', measure => 'unique', actor => 'metadata.plan', period => 'month');
-- Time zones: days of 23 and 25 hours, an hour that comes twice, hours that start at half past.
SELECT * FROM trend('trends', 'buy', timezone => 'Europe/Berlin');
SELECT count(pg_temp.add(:'org', 'trends', 'd', 'clock', t)) FROM generate_series('2024-10-26 22:30Z'::timestamptz, '2024-10-27 23:30Z', '1 hour') t;
SELECT * FROM trend('trends', 'clock', timezone => 'Europe/Berlin');
SELECT period_start AT TIME ZONE 'Europe/Berlin' AS local, * FROM trend('trends', 'clock', period => 'hour', timezone => 'Europe/Berlin', until => '2024-10-27 02:00Z');
SELECT count(pg_temp.add(:'org', 'trends', 'd', 'spring', t)) FROM generate_series('2024-03-30 22:30Z'::timestamptz, '2024-04-01 01:30Z', '1 hour') t;
SELECT * FROM trend('trends', 'spring', timezone => 'Europe/Berlin');
SELECT * FROM trend('trends', 'buy', period => 'hour', timezone => 'Asia/Kolkata');
SET timezone = 'Asia/Tokyo';
SELECT * FROM trend('trends', 'view', period => 'month');
SET timezone = 'UTC';
-- Nothing there.
SELECT * FROM trend('trends-empty');
SELECT * FROM trend('trends-empty', since => '2024-01-01', until => '2024-01-03');
SELECT * FROM trend('trends-empty', measure => 'median', field => 'duration_ms', since => '2024-01-01', until => '2024-01-02');
SELECT * FROM trend('trends-empty', breakdown => 'page.path', since => '2024-01-01', until => '2024-01-03');

-- Against plain SQL on random rows.
SELECT setseed(0.25);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, duration_ms, metadata)
SELECT :'org', now(), 'r' || n, 'trends-random', 's' || n % 50, (ARRAY['a', 'b', 'c'])[1 + floor(random() * 3)],
  '2024-03-01Z'::timestamptz + floor(random() * 60 * 1440) * interval '1 minute', nullif('u' || floor(random() * 90), 'u0'),
  nullif('/' || floor(random() * random() * 15), '/2'), round(random() * 1000), jsonb_build_object('k', n % 4)
FROM generate_series(1, 3000) n;
CREATE TEMP TABLE plain AS SELECT *, coalesce(user_id, session_id) AS actor FROM events WHERE org_id = :'org' AND project_id = 'trends-random';
CREATE FUNCTION pg_temp.expected(what text, measure text, period text, zone text, by_page boolean) RETURNS TABLE (s timestamptz, b text, v numeric)
LANGUAGE plpgsql AS $$
BEGIN
  -- Periods by counting on from the first in local time; the four most frequent pages by a correlated count.
  RETURN QUERY EXECUTE format($f$
    WITH chosen AS (SELECT *, date_trunc(%2$L, timestamp, %3$L) AS p FROM plain WHERE event_type = ANY (%1$L)),
    rank AS (SELECT page_path, %4$s AS size FROM chosen WHERE page_path IS NOT NULL GROUP BY page_path),
    labelled AS (SELECT c.*, CASE WHEN NOT %5$L THEN NULL WHEN c.page_path IS NULL THEN NULL
      WHEN (SELECT count(*) FROM rank o JOIN rank mine ON mine.page_path = c.page_path
            WHERE (-o.size, o.page_path COLLATE "C") < (-mine.size, mine.page_path)) < 4 THEN c.page_path ELSE 'other' END AS label FROM chosen c),
    grid AS (SELECT (date_trunc(%2$L, (SELECT min(p) FROM chosen) AT TIME ZONE %3$L) + n * ('1 ' || %2$L)::interval) AT TIME ZONE %3$L AS p
             FROM generate_series(0, 100) n)
    SELECT g.p, l.label, (SELECT %4$s FROM labelled x WHERE x.p = g.p AND x.label IS NOT DISTINCT FROM l.label)::numeric
    FROM grid g, (SELECT DISTINCT label FROM labelled) l WHERE g.p <= (SELECT max(p) FROM chosen)$f$,
    ARRAY[what, 'b'], period, zone,
    CASE measure WHEN 'count' THEN 'count(*)' WHEN 'unique' THEN 'count(DISTINCT actor)' WHEN 'sum' THEN 'coalesce(sum(duration_ms), 0)'
      WHEN 'average' THEN 'avg(duration_ms::numeric)' WHEN 'median' THEN 'percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms)' ELSE 'max(duration_ms)' END, by_page);
END
$$;
SELECT count(*) AS questions, sum(rows) AS rows, sum(differences) AS differences FROM
  unnest('{a,b}'::text[]) w, unnest('{count,unique,sum}'::text[]) m, unnest('{day,week,month}'::text[]) p,
  unnest('{UTC,Europe/Berlin}'::text[]) z, unnest('{true,false}'::boolean[]) by_page,
  LATERAL (WITH got AS (SELECT * FROM trend('trends-random', ARRAY[w, 'b'], m, 'duration_ms', p, CASE WHEN by_page THEN 'page.path' END, 4, timezone => z)),
    want AS (SELECT * FROM pg_temp.expected(w, m, p, z, by_page))
    SELECT (SELECT count(*) FROM got) AS rows, (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE want) x) + (SELECT count(*) FROM (TABLE want EXCEPT ALL TABLE got) x) AS differences) d;
SELECT count(*) AS questions, sum(rows) AS rows, sum(differences) AS differences FROM
  unnest('{average,median,maximum}'::text[]) m, unnest('{day,week,month}'::text[]) p, unnest('{UTC,Europe/Berlin}'::text[]) z,
  LATERAL (WITH got AS (SELECT * FROM trend('trends-random', ARRAY['a', 'b'], m, 'duration_ms', p, timezone => z)),
    want AS (SELECT * FROM pg_temp.expected('a', m, p, z, false))
    SELECT (SELECT count(*) FROM got) AS rows, (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE want) x) + (SELECT count(*) FROM (TABLE want EXCEPT ALL TABLE got) x) AS differences) d;

-- What is happening now.
SELECT * FROM live('trends');
BEGIN;
SELECT count(pg_temp.add(:'org', 'trends', a, t, now() - ago::interval, p)) FROM (VALUES ('a', 'view', '1 min', '/'), ('b', 'view', '2 min', '/'),
  ('a', 'view', '5 min', '/cart'), ('a', 'buy', '0', NULL), ('c', 'buy', '301 s', '/pay'), ('c', 'buy', '-1 s', '/')) v(a, t, ago, p);
SELECT * FROM live('trends');
SELECT * FROM live('trends', '10 minutes', top => 1);
SELECT * FROM live('trends', filter => '{"page.path": "/"}', actor => 'session');
ROLLBACK;

-- Wrong questions.
SELECT * FROM trend('trends', '[]');
SELECT * FROM trend('trends', measure => 'mean');
SELECT * FROM trend('trends', measure => 'p100', field => 'duration_ms');
SELECT * FROM trend('trends', measure => 'p0', field => 'duration_ms');
SELECT * FROM trend('trends', measure => 'sum');
SELECT * FROM trend('trends', measure => 'sum', field => 'page.path');
SELECT * FROM trend('trends', measure => 'sum', field => 'event.timestamp');
SELECT * FROM trend('trends', breakdown => 'page.pth');
SELECT * FROM trend('trends', breakdown => 'page.path', top => 0);
SELECT * FROM trend('trends', period => 'year');
SELECT * FROM trend('trends', timezone => 'Mars/Olympus');
SELECT * FROM trend('trends', since => '2024-01-02', until => '2024-01-01');
SELECT * FROM trend('trends', actor => 'everybody');
SELECT * FROM trend('trends', filter => '[]');
SELECT * FROM trend('no_such_project');
SELECT * FROM live('trends', '0');
SELECT * FROM live('trends', NULL);
SELECT * FROM live('trends', top => 0);
-- Another organization's rows never count.
SELECT create_organization('trends-2', 'Trends 2') AS org2 \gset
SELECT create_project(:'org2', 'trends');
SELECT pg_temp.add(:'org2', 'trends', 'z', 'view', '2024-05-01');
CREATE ROLE trends_analyst;
GRANT productgraph_analyst TO trends_analyst;
SELECT add_member('trends_analyst', :'org2');
SET ROLE trends_analyst;
SELECT set_current_org(:'org2');
SELECT * FROM trend('trends');
SELECT * FROM trend('trends-random');
RESET ROLE;
SELECT clear_current_org();
DROP OWNED BY trends_analyst;
DELETE FROM organization_members WHERE role = 'trends_analyst'::regrole;
DROP ROLE trends_analyst;
