-- paths(): edges for a Sankey diagram.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SELECT create_organization('path-edges', 'Path edges') AS org \gset
SELECT create_project(:'org', 'walks'), create_project(:'org', 'paths_random'), create_project(:'org', 'paths_empty');
-- A letter is a page, a minute lies between them, a dot is an event without a page.
CREATE FUNCTION pg_temp.walk(org uuid, project text, session text, actor text, letters text, start timestamptz DEFAULT '2024-05-01 10:00Z') RETURNS void LANGUAGE sql AS $$
  INSERT INTO productgraph.events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
  SELECT org, now(), session || n || start, project, session, CASE l WHEN '.' THEN 'ui.click' ELSE 'page.view' END, start + n * interval '1 minute', actor, nullif(l, '.')
  FROM string_to_table(letters, NULL) WITH ORDINALITY t(l, n)
$$;
SELECT pg_temp.walk(:'org', 'walks', s, 'user ' || u, l) FROM (VALUES ('1', 1, 'abb.bc'), ('2', 1, 'abac'), ('3', 2, 'xab.d'), ('4', 3, 'bc'), ('5', 3, 'a')) v(s, u, l) ORDER BY s;
SELECT * FROM paths('walks');
-- From the first a; to the first c; from the one to the other.
SELECT * FROM paths('walks', start_at => 'a', steps => 2);
SELECT * FROM paths('walks', end_at => 'c', steps => 2);
SELECT step, source, target, visits, share FROM paths('walks', start_at => 'a', end_at => 'c');
SELECT step, source, target, visits, share FROM paths('walks', start_at => 'a', end_at => 'a');
SELECT step, source, target, visits FROM paths('walks', end_at => 'x');
SELECT count(*) FROM paths('walks', start_at => 'nowhere');
-- The less frequent edges are other.
SELECT step, source, target, visits, share, average_time FROM paths('walks', start_at => 'a', edges => 2);
SELECT step, source, target, visits, share, average_time FROM paths('walks', edges => 1);
SELECT step, source, target, visits, share FROM paths('walks', end_at => 'c', edges => 1);
-- Event types and metadata as nodes; journey steps there are none.
SELECT step, source, target, visits FROM paths('walks', node => 'event');
SELECT count(*) FROM paths('walks', node => 'step');
SELECT count(*) FROM paths('walks', node => 'metadata.room');
-- Groups: the first one that matches, before repeats are one; * is the only special character.
SELECT create_project(:'org', 'paths_shop');
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
SELECT :'org', now(), s || n, 'paths_shop', s, 'page.view', '2024-05-01'::timestamptz + n * interval '1 minute', s, p
FROM (VALUES ('1', '/ /products/1 /products/2 /products/100% /cart'), ('2', '/products/1 /admin/x /products/x_y /productsx /cart')) v(s, l), string_to_table(l, ' ') WITH ORDINALITY t(p, n);
SELECT step, source, target, visits, average_time FROM paths('paths_shop', groups => '{/products/*}');
SELECT step, source, target, visits FROM paths('paths_shop', groups => '{/products/_*,/products/*%,/products/*_y,*/products/*,/products/*}', start_at => '/products/*%');
SELECT step, source, target, visits FROM paths('paths_shop', groups => '{/products/*}', exclude => '{/admin/*,/productsx}', start_at => '/products/*');
SELECT step, source, target, visits FROM paths('paths_shop', groups => '{/products*}', exclude => '{/products/1,/cart}');
-- Visits by a gap: 30 minutes are still one, whatever the sessions; an event without a page bridges it.
SELECT create_project(:'org', 'gaps');
SELECT pg_temp.walk(:'org', 'gaps', 'g' || n, 'g', l, '2024-05-01'::timestamptz + m * interval '1 minute') FROM (VALUES (1, 'a', 0), (2, 'b', 30), (3, 'c', 61), (4, '.', 80), (5, 'd', 100)) v(n, l, m) ORDER BY n;
SELECT step, source, target, visits, average_time FROM paths('gaps', gap => '30 minutes');
SELECT count(*), count(target) FROM paths('gaps');
-- Range, filter and actor.
SELECT step, source, target, visits FROM paths('walks', since => '2024-05-01 10:02Z', until => '2024-05-01 10:04Z', filter => '{"user.id": "user 1"}');
SELECT step, source, target, actors, visits FROM paths('walks', actor => 'session', steps => 1);
SELECT count(*) FROM paths('walks', actor => 'metadata.team');
SELECT count(*) FROM paths('paths_empty');

-- Against plain SQL over arrays, on random walks with ties, absent pages and actors that change.
SELECT setseed(0.25);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, event_sequence)
SELECT :'org', now(), 'r' || n, 'paths_random', 's' || floor(random() * 300), 'page.view', '2024-06-01'::timestamptz + floor(random() * 300) * interval '1 minute',
  'u' || floor(random() * 80), (ARRAY['a', 'a', 'b', 'b', 'c', 'd', 'e', NULL])[1 + floor(random() * 8)], CASE WHEN random() < 0.7 THEN floor(random() * 3) END
FROM generate_series(1, 2400) n;
CREATE TEMP TABLE seen (visit text, node text, actor text, timestamp timestamptz, event_sequence bigint, event_id text);
CREATE FUNCTION pg_temp.expected(start_at text, end_at text, steps integer)
RETURNS TABLE (step integer, source text, target text, actors bigint, visits bigint, share numeric, average_time interval, median_time interval) LANGUAGE sql AS $$
  WITH rows AS (
    SELECT visit, array_agg(node ORDER BY timestamp, event_sequence, event_id) AS n, array_agg(actor ORDER BY timestamp, event_sequence, event_id) AS a,
      array_agg(timestamp ORDER BY timestamp, event_sequence, event_id) AS t
    FROM seen WHERE node IS NOT NULL GROUP BY visit
  ), arrivals AS (
    SELECT visit, array_agg(n[i] ORDER BY i) AS n, array_agg(a[i] ORDER BY i) AS a, array_agg(t[i] ORDER BY i) AS t
    FROM rows, generate_subscripts(n, 1) i WHERE i = 1 OR n[i] <> n[i - 1] GROUP BY visit
  ), bounds AS (
    SELECT *, CASE WHEN start_at IS NULL THEN 1 ELSE array_position(n, start_at) END AS first,
      CASE WHEN end_at IS NULL THEN cardinality(n) + 1
           ELSE array_position(n, end_at, coalesce(array_position(n, start_at), 0) + 1) END AS last
    FROM arrivals
  ), edges AS (
    SELECT i - first + 1 AS step, n[i] AS source, n[i + 1] AS target, a[i] AS actor, t[i + 1] - t[i] AS time, n[i] AS of_node
    FROM bounds, generate_series(first, least(last - 1, first + steps - 1)) i WHERE last IS NOT NULL AND (start_at IS NOT NULL OR end_at IS NULL)
    UNION ALL
    SELECT i - last - 1, n[i - 1], n[i], a[i], t[i] - t[i - 1], n[i]
    FROM bounds, generate_series(greatest(1, last - steps + 1), last) i WHERE start_at IS NULL AND end_at IS NOT NULL
  ), nodes AS (
    SELECT step, of_node, count(*) AS visits FROM edges GROUP BY step, of_node
  )
  SELECT step, source, target, count(DISTINCT actor), count(*), round(count(*)::numeric / o.visits, 4),
    avg(time), percentile_cont(0.5) WITHIN GROUP (ORDER BY time)
  FROM edges e JOIN nodes o USING (step, of_node) GROUP BY step, source, target, of_node, o.visits
$$;
CREATE FUNCTION pg_temp.compare(start_at text, end_at text, steps integer, options text DEFAULT '', OUT missing bigint, OUT wrong bigint, OUT edges bigint) LANGUAGE plpgsql AS $$
DECLARE
  question text := format('SELECT * FROM productgraph.paths(''paths_random'', start_at => %L, end_at => %L, steps => %s, edges => 100000 %s)', start_at, end_at, steps, options);
  answer text := format('SELECT * FROM pg_temp.expected(%L, %L, %s)', start_at, end_at, steps);
BEGIN
  EXECUTE format('WITH expected AS MATERIALIZED (%s), actual AS MATERIALIZED (%s)
    SELECT (SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE actual) x), (SELECT count(*) FROM (TABLE actual EXCEPT ALL TABLE expected) x), count(*) FROM actual',
                 answer, question) INTO missing, wrong, edges;
END
$$;
INSERT INTO seen SELECT session_id, page_path, user_id, timestamp, event_sequence, event_id FROM events WHERE org_id = :'org' AND project_id = 'paths_random';
SELECT v.*, c.* FROM (VALUES (NULL, NULL, 5), (NULL, NULL, 1), (NULL, NULL, 50), ('a', NULL, 5), ('e', NULL, 3), (NULL, 'a', 5), (NULL, 'd', 2), ('a', 'c', 4), ('b', 'b', 50), ('e', 'd', 3)) v(s, e, n), pg_temp.compare(s, e, n) c;
TRUNCATE seen;
INSERT INTO seen SELECT session_id, page_path, session_id, timestamp, event_sequence, event_id FROM events WHERE org_id = :'org' AND project_id = 'paths_random' AND timestamp >= '2024-06-01 01:00' AND timestamp < '2024-06-01 04:00' AND page_path <> 'e';
SELECT v.*, c.* FROM (VALUES (NULL, NULL, 5), ('a', NULL, 5), (NULL, 'c', 5)) v(s, e, n), pg_temp.compare(s, e, n, $$, actor => 'session', exclude => '{e}', since => '2024-06-01 01:00', until => '2024-06-01 04:00'$$) c;
TRUNCATE seen;
INSERT INTO seen SELECT session_id, CASE WHEN page_path IN ('a', 'c') THEN '*' ELSE page_path END, user_id, timestamp, event_sequence, event_id FROM events WHERE org_id = :'org' AND project_id = 'paths_random' AND page_path IN ('a', 'b', 'c');
SELECT v.*, c.* FROM (VALUES (NULL, NULL, 5), ('*', NULL, 5), (NULL, 'b', 5)) v(s, e, n), pg_temp.compare(s, e, n, $$, groups => '{b,*}', filter => '{"page.path": ["a", "b", "c"]}'$$) c;
TRUNCATE seen;
INSERT INTO seen
SELECT user_id || ' ' || sum(cut) OVER (PARTITION BY user_id ORDER BY timestamp, event_sequence, event_id), page_path, user_id, timestamp, event_sequence, event_id
FROM (SELECT *, coalesce(timestamp - lag(timestamp) OVER (PARTITION BY user_id ORDER BY timestamp, event_sequence, event_id) > interval '10 minutes', false)::integer AS cut FROM events WHERE org_id = :'org' AND project_id = 'paths_random') e;
SELECT v.*, c.* FROM (VALUES (NULL, NULL, 5), ('a', NULL, 5), (NULL, 'c', 5)) v(s, e, n), pg_temp.compare(s, e, n, $$, gap => '10 minutes'$$) c;
-- The numbers are those of strict funnels: the page, repeats of it, the next page at once; here by regular expressions.
WITH walks AS (
  SELECT session_id, string_agg(page_path, '' ORDER BY timestamp, event_sequence, event_id) AS letters FROM events
  WHERE org_id = :'org' AND project_id = 'paths_random' GROUP BY session_id
), pages(p) AS (VALUES ('a'), ('b'), ('c'), ('d'), ('e')), funnels AS (
  SELECT s.p AS start, 1 AS step, s.p AS source, t.p AS target, '^[^' || s.p || ']*' || s.p || '+' || t.p AS pattern FROM pages s, pages t
  UNION ALL SELECT s.p, 2, m.p, t.p, '^[^' || s.p || ']*' || s.p || '+' || m.p || '+' || t.p FROM pages s, pages m, pages t WHERE m.p <> s.p
  UNION ALL SELECT s.p, 2, m.p, NULL, '^[^' || s.p || ']*' || s.p || '+' || m.p || '+$' FROM pages s, pages m WHERE m.p <> s.p
  UNION ALL SELECT s.p, 3, m.p, t.p, '^[^' || s.p || ']*' || s.p || '+' || '(' || x.p || '+)' || m.p || '+' || t.p FROM pages s, pages x, pages m, pages t WHERE x.p <> s.p AND m.p <> x.p
), expected AS (
  SELECT f.start, f.step, f.source, f.target, count(*) AS visits FROM funnels f JOIN walks w ON w.letters ~ f.pattern
  WHERE f.target IS DISTINCT FROM f.source GROUP BY 1, 2, 3, 4
), actual AS (
  SELECT s.p AS start, g.step, g.source, g.target, g.visits FROM pages s, paths('paths_random', start_at => s.p, steps => 3, edges => 1000) g
  WHERE g.target IS NOT NULL OR g.step = 2
)
SELECT (SELECT count(*) FROM (TABLE expected EXCEPT TABLE actual) x) AS missing, (SELECT count(*) FROM (TABLE actual EXCEPT TABLE expected) x) AS wrong, count(*) AS edges FROM actual;
-- Folding: shown edges keep their numbers, the others are added up.
WITH every AS (
  SELECT *, row_number() OVER (ORDER BY visits DESC, step, source, target) <= 12 AS top FROM paths('paths_random', edges => 1000)
), shown AS (
  SELECT step, source AS node FROM every WHERE top UNION SELECT step + 1, target FROM every WHERE top AND target IS NOT NULL
), expected AS (
  SELECT e.step, CASE WHEN s.node IS NULL THEN 'other' ELSE e.source END AS source, CASE WHEN top OR target IS NULL THEN target ELSE 'other' END AS target, sum(visits)::bigint AS visits
  FROM every e LEFT JOIN shown s ON s.step = e.step AND s.node = e.source GROUP BY 1, 2, 3
), actual AS (SELECT step, source, target, visits FROM paths('paths_random', edges => 12))
SELECT (SELECT count(*) FROM (TABLE expected EXCEPT TABLE actual) x) AS missing, (SELECT count(*) FROM (TABLE actual EXCEPT TABLE expected) x) AS wrong, count(*) AS edges FROM actual;

-- Wrong questions.
SELECT * FROM paths('walks', node => 'page.pth');
SELECT * FROM paths('walks', steps => 0);
SELECT * FROM paths('walks', edges => NULL);
SELECT * FROM paths('walks', gap => '-1 minute');
SELECT * FROM paths('walks', groups => ARRAY['a', NULL]);
SELECT * FROM paths('walks', exclude => ARRAY[NULL]);
SELECT * FROM paths('walks', actor => 'everybody');
SELECT * FROM paths('walks', filter => '[]');
SELECT * FROM paths('walks', since => '2024-01-02', until => '2024-01-01');
SELECT * FROM paths('no_such_project');
-- Another organization's rows are never counted.
SELECT create_organization('path-edges-2', 'Path edges 2') AS org2 \gset
SELECT create_project(:'org2', 'walks');
SELECT pg_temp.walk(:'org2', 'walks', '1', 'other', 'zz');
SET ROLE productgraph_service;
SELECT * FROM paths('walks');
SELECT set_current_org(:'org2');
SELECT step, source, target, visits FROM paths('walks');
SELECT * FROM paths('paths_random');
SELECT clear_current_org();
RESET ROLE;
