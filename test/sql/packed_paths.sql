-- paths() is the same asked of segments as asked of rows.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT setseed(0.5);
CREATE FUNCTION pg_temp.any_of(choices anyarray) RETURNS anyelement LANGUAGE sql VOLATILE AS $$
  SELECT choices[1 + floor(random() * cardinality(choices))::integer]
$$;
SELECT create_organization('packed-paths', 'Packed paths') AS org \gset
SELECT create_project(:'org', 'packed_walks'), create_project(:'org', 'packed_ties'), create_project(:'org', 'packed_none');
SELECT create_partitions('2024-06-03 00:00Z', '2024-06-24 00:00Z') IS NOT NULL AS has_partitions;
-- Visitors log in and out within a session; sessions are of several people; some events have no page, one page is called other.
-- With a coarse time there are many ties.
CREATE FUNCTION pg_temp.walk(org uuid, project text, events integer, since timestamptz, days integer, coarse interval) RETURNS void LANGUAGE sql AS $$
  INSERT INTO productgraph.events (org_id, event_id, project_id, session_id, event_type, timestamp, user_id, user_anonymous_id, page_path, event_sequence, journey_step_id)
  SELECT org, md5(random()::text), project, 's' || visitor || '.' || day, pg_temp.any_of('{page.view,page.view,ui.click,error}'::text[]),
    date_bin(coarse, since + day * interval '1 day' + random() * interval '90 minutes' + visitor * interval '1 second', '2024-06-03 00:00Z'),
    CASE WHEN random() < 0.6 THEN 'u' || (visitor + floor(random() * 1.1)::integer) % 40 END, CASE WHEN random() < 0.9 THEN 'a' || visitor END,
    pg_temp.any_of(ARRAY['/', '/', '/a', '/b', '/b/1', '/b/2', 'other', 'é', '', NULL]), CASE WHEN random() < 0.7 THEN floor(random() * 3) END,
    pg_temp.any_of(ARRAY['one', 'two', NULL])
  FROM (SELECT floor(random() * 60)::integer AS visitor, floor(random() * days)::integer AS day FROM generate_series(1, events)) v
$$;
-- One question, both ways: the differences; and whether segments could answer.
CREATE FUNCTION pg_temp.compare(arguments text, OUT same boolean, OUT packed boolean, OUT edges bigint) LANGUAGE plpgsql AS $$
DECLARE
  question text := format('SELECT string_agg(p::text, E''\n''), count(*) FROM productgraph.paths(%s) p', arguments);
  from_segments text;
  from_rows text;
BEGIN
  SET LOCAL productgraph.use_segments = on;
  EXECUTE question INTO from_segments, edges;
  SET LOCAL productgraph.use_segments = off;
  EXECUTE question INTO from_rows;
  SET LOCAL productgraph.use_segments = on;
  same := from_segments IS NOT DISTINCT FROM from_rows;
  EXECUTE format('SELECT productgraph.paths_from_segments(%s) IS NOT NULL', arguments) INTO packed;
  IF NOT same THEN
    RAISE WARNING '% differs: % but %', arguments, from_segments, from_rows;
  END IF;
END
$$;
CREATE FUNCTION pg_temp.question(project text, number integer) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN format('project => %L, node => %L, start_at => %L, end_at => %L, steps => %s, edges => %s, groups => %L, exclude => %L, gap => %L, since => %L, until => %L, filter => %L, actor => %L',
    project, pg_temp.any_of('{page.path,page.path,page.path,page.path,event,step}'::text[]), pg_temp.any_of(ARRAY[NULL, NULL, NULL, '/', '/b', '/b*']), pg_temp.any_of(ARRAY[NULL, NULL, NULL, '/', 'other', 'two']),
    pg_temp.any_of('{1,2,5,100}'::integer[]), pg_temp.any_of('{1,3,10,1000}'::integer[]), pg_temp.any_of(ARRAY[NULL, '{/b*}', '{/b/*,*o*}']), pg_temp.any_of(ARRAY[NULL, '{/a}', '{/b,other}']),
    pg_temp.any_of(ARRAY[NULL, NULL, '5 minutes', '30 minutes', '1 day', '0']), pg_temp.any_of(ARRAY['-infinity', '-infinity', '2024-06-04 01:00Z', '2024-06-09']), pg_temp.any_of(ARRAY['infinity', 'infinity', '2024-06-20', '2024-06-13 00:30Z']),
    pg_temp.any_of(ARRAY['{}', '{}', '{}', '{"event.type": ["page.view", "error"]}', '{"page.path": "/"}']), pg_temp.any_of('{user,user,session}'::text[]));
END
$$;

SELECT pg_temp.walk(:'org', 'packed_walks', 3000, '2024-06-03', 10, '1 microsecond') \g /dev/null
SELECT pg_temp.walk(:'org', 'packed_ties', 1500, '2024-06-03', 10, '1 minute') \g /dev/null
SELECT * FROM pg_temp.compare($$'packed_walks', 'page.path', NULL, NULL, 5, 50, NULL, NULL, NULL, '-infinity', 'infinity', '{}', 'user'$$);
SELECT maintain() \g /dev/null
SELECT * FROM pg_temp.compare($$'packed_walks', 'page.path', NULL, NULL, 5, 50, NULL, NULL, NULL, '-infinity', 'infinity', '{}', 'user'$$);
SELECT count(*) AS questions, count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE packed) AS packed, sum(edges) AS edges
FROM generate_series(1, 40) n, pg_temp.question('packed_walks', n) q, pg_temp.compare(q);
-- More events come, in time and late; some are packed, some wait.
SELECT pg_temp.walk(:'org', 'packed_walks', 800, '2024-06-05', 14, '1 microsecond') \g /dev/null
SELECT pg_temp.walk(:'org', 'packed_ties', 400, '2024-06-03', 8, '1 minute') \g /dev/null
SELECT count(*) AS questions, count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE packed) AS packed, sum(edges) AS edges
FROM generate_series(1, 40) n, pg_temp.question('packed_walks', n) q, pg_temp.compare(q);
SELECT maintain() \g /dev/null
SELECT pg_temp.walk(:'org', 'packed_walks', 500, '2024-06-03', 18, '1 microsecond') \g /dev/null
SELECT maintain() \g /dev/null
SELECT pg_temp.walk(:'org', 'packed_walks', 300, '2024-06-03', 18, '1 microsecond') \g /dev/null
SELECT count(*) AS questions, count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE packed) AS packed, sum(edges) AS edges
FROM generate_series(1, 40) n, pg_temp.question('packed_walks', n) q, pg_temp.compare(q);
-- Where the order of ties is not known, rows are asked.
SELECT count(*) AS questions, count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE packed) BETWEEN 1 AND 39 AS some_packed, sum(edges) AS edges
FROM generate_series(1, 40) n, pg_temp.question('packed_ties', n) q, pg_temp.compare(q);
-- A gap of days is one of the calendar.
SET timezone = 'America/New_York';
SELECT count(*) FILTER (WHERE NOT same) AS different, count(*) FILTER (WHERE packed) AS packed
FROM unnest('{1 day,1 month,2 days 3 hours}'::text[]) gap, pg_temp.compare(format($$'packed_walks', 'page.path', NULL, NULL, 9, 500, NULL, NULL, %L, '-infinity', 'infinity', '{}', 'user'$$, gap));
SET timezone = 'UTC';
-- What is not in kinds is read from rows; so are mistakes.
SET productgraph.explain = on; SET client_min_messages = notice;
SELECT count(*) FROM paths('packed_walks', node => 'metadata.room');
SELECT count(*) FROM paths('packed_walks', actor => 'metadata.team');
SELECT count(*) FROM paths('packed_none');
SELECT count(*) > 0 FROM paths('packed_walks');
SELECT count(*) FROM paths('packed_walks', gap => '-1 day');
SELECT count(*) FROM paths('packed_walks', actor => NULL);
SELECT count(*) FROM paths('packed_walks', filter => '[]');
SELECT count(*) FROM paths('packed_walks', since => '2024-06-05', until => '2024-06-04');
RESET client_min_messages; RESET productgraph.explain;
-- The function behind it checks what anybody may ask.
SELECT * FROM packed_paths(:'org', 'packed_walks', 'SELECT 1', NULL, '{}', '-infinity', 'infinity', NULL, false, false, false, 1, 1);
SELECT * FROM packed_paths(:'org', 'packed_walks', 'SELECT 1, 1, ''a''::text', NULL, '{}', '-infinity', 'infinity', NULL, false, false, false, 0, 1);
SELECT * FROM packed_paths(:'org', NULL, 'SELECT 1, 1, ''a''::text', NULL, '{}', '-infinity', 'infinity', NULL, false, false, false, 1, 1);
-- An organization sees its own, whoever packed it.
SELECT create_organization('packed-paths-2', 'Packed paths 2') AS org2 \gset
SELECT create_project(:'org2', 'packed_walks');
SELECT pg_temp.walk(:'org2', 'packed_walks', 50, '2024-06-03', 5, '1 microsecond') \g /dev/null
SELECT maintain() \g /dev/null
SET ROLE productgraph_service;
SELECT set_current_org(:'org');
SELECT sum(visits) AS first_steps FROM paths('packed_walks') WHERE step = 1 \gset
SELECT set_current_org(:'org2');
SELECT :first_steps > 2 * sum(visits) AS fewer FROM paths('packed_walks') WHERE step = 1;
SET productgraph.use_segments = off;
SELECT sum(visits) AS first_steps FROM paths('packed_walks') WHERE step = 1 \gset
SET productgraph.use_segments = on;
SELECT :first_steps = sum(visits) AS same FROM paths('packed_walks') WHERE step = 1;
SELECT clear_current_org();
RESET ROLE;
