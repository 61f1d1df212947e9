-- journey_graph() is the same asked of segments as asked of rows.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT setseed(0.75);
CREATE FUNCTION pg_temp.any_of(choices anyarray) RETURNS anyelement LANGUAGE sql VOLATILE AS $$
  SELECT choices[1 + floor(random() * cardinality(choices))::integer]
$$;
SELECT create_organization('packed-graph', 'Packed graph') AS org \gset
SELECT create_project(:'org', 'packed_graph'), create_project(:'org', 'packed_graph_ties');
SELECT create_partitions('2024-06-03 00:00Z', '2024-06-24 00:00Z') IS NOT NULL AS has_partitions;
CREATE FUNCTION pg_temp.walk(org uuid, project text, events integer, since timestamptz, days integer, coarse interval) RETURNS void LANGUAGE sql AS $$
  INSERT INTO productgraph.events (org_id, event_id, project_id, session_id, event_type, timestamp, user_id, user_anonymous_id, page_path, event_sequence, journey_id, journey_step_id)
  SELECT org, md5(random()::text), project, 's' || visitor || '.' || day, pg_temp.any_of('{page.view,page.view,ui.click,error,journey.conversion}'::text[]),
    date_bin(coarse, since + day * interval '1 day' + random() * interval '90 minutes' + visitor * interval '1 second', '2024-06-03 00:00Z'),
    CASE WHEN random() < 0.6 THEN 'u' || (visitor + floor(random() * 1.1)::integer) % 40 END, CASE WHEN random() < 0.9 THEN 'a' || visitor END,
    pg_temp.any_of(ARRAY['/', '/', '/a', '/b', '/b/1', '/b/2', 'é', '', NULL]), CASE WHEN random() < 0.7 THEN floor(random() * 3) END,
    pg_temp.any_of(ARRAY['buy', 'sell', NULL]), pg_temp.any_of(ARRAY['one', 'two', NULL])
  FROM (SELECT floor(random() * 60)::integer AS visitor, floor(random() * days)::integer AS day FROM generate_series(1, events)) v
$$;
-- One question, both ways; and whether segments could answer.
CREATE FUNCTION pg_temp.compare(arguments text, OUT same boolean, OUT packed boolean, OUT parts bigint) LANGUAGE plpgsql AS $$
DECLARE
  question text := format('SELECT string_agg(g::text, E''\n''), count(*) FROM productgraph.journey_graph(%s) g', arguments);
  from_segments text;
  from_rows text;
BEGIN
  SET LOCAL productgraph.use_segments = on;
  EXECUTE question INTO from_segments, parts;
  SET LOCAL productgraph.use_segments = off;
  EXECUTE question INTO from_rows;
  SET LOCAL productgraph.use_segments = on;
  same := from_segments IS NOT DISTINCT FROM from_rows;
  EXECUTE format('SELECT productgraph.journey_graph_from_segments(%s) IS NOT NULL', arguments) INTO packed;
  IF NOT same THEN
    RAISE WARNING '% differs: % but %', arguments, from_segments, from_rows;
  END IF;
END
$$;
CREATE FUNCTION pg_temp.question(project text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN format('project => %L, node => %L, journey => %L, groups => %L, exclude => %L, since => %L, until => %L, filter => %L, actor => %L',
    project, pg_temp.any_of('{page.path,page.path,page.path,event,step}'::text[]), pg_temp.any_of(ARRAY[NULL, NULL, 'buy', 'rent']), pg_temp.any_of(ARRAY[NULL, '{/b*}', '{/b/*,*o*}']),
    pg_temp.any_of(ARRAY[NULL, '{/a}', '{/b}']), pg_temp.any_of(ARRAY['-infinity', '-infinity', '2024-06-04 01:00Z', '2024-06-09']), pg_temp.any_of(ARRAY['infinity', 'infinity', '2024-06-20', '2024-06-13 00:30Z']),
    pg_temp.any_of(ARRAY['{}', '{}', '{}', '{"event.type": ["page.view", "error"]}', '{"page.path": "/"}']), pg_temp.any_of('{user,user,session}'::text[]));
END
$$;

SELECT pg_temp.walk(:'org', 'packed_graph', 3000, '2024-06-03', 10, '1 microsecond') \g /dev/null
SELECT pg_temp.walk(:'org', 'packed_graph_ties', 1500, '2024-06-03', 10, '1 minute') \g /dev/null
SELECT maintain() \g /dev/null
SELECT count(*) AS questions, count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE packed) AS packed, sum(parts) AS parts
FROM generate_series(1, 40) n, pg_temp.question('packed_graph' || left(n::text, 0)) q, pg_temp.compare(q);
-- More events come, in time and late; some are packed, some wait.
SELECT pg_temp.walk(:'org', 'packed_graph', 800, '2024-06-05', 14, '1 microsecond') \g /dev/null
SELECT maintain() \g /dev/null
SELECT pg_temp.walk(:'org', 'packed_graph', 500, '2024-06-03', 18, '1 microsecond') \g /dev/null
SELECT pg_temp.walk(:'org', 'packed_graph_ties', 400, '2024-06-03', 8, '1 minute') \g /dev/null
SELECT count(*) AS questions, count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE packed) AS packed, sum(parts) AS parts
FROM generate_series(1, 40) n, pg_temp.question('packed_graph' || left(n::text, 0)) q, pg_temp.compare(q);
-- Where the order of ties is not known, rows are asked.
SELECT count(*) AS questions, count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE packed) BETWEEN 1 AND 39 AS some_packed, sum(parts) AS parts
FROM generate_series(1, 40) n, pg_temp.question('packed_graph_ties' || left(n::text, 0)) q, pg_temp.compare(q);
-- What is not in kinds is read from rows, as are snapshots, once there are any in the range, packed or not.
SET productgraph.explain = on; SET client_min_messages = notice;
SELECT count(*) > 0 FROM journey_graph('packed_graph');
SELECT count(*) FROM journey_graph('packed_graph', node => 'metadata.room');
SELECT count(*) FROM journey_graph('packed_graph', actor => NULL);
SELECT count(*) FROM journey_graph('packed_graph', since => '2024-06-05', until => '2024-06-04');
RESET client_min_messages; RESET productgraph.explain;
INSERT INTO events (org_id, event_id, project_id, session_id, event_type, timestamp, user_id, page_path, snapshot_url)
SELECT org_id, 'shot', project_id, session_id, 'snapshot.captured', timestamp + interval '1 microsecond', user_id, page_path, 'https://shots.example/1'
FROM events WHERE org_id = :'org' AND project_id = 'packed_graph' AND page_path = '/a' AND timestamp >= '2024-06-12' ORDER BY timestamp LIMIT 1;
SET productgraph.explain = on; SET client_min_messages = notice;
SELECT source, latest_snapshot FROM journey_graph('packed_graph') WHERE latest_snapshot IS NOT NULL AND kind = 'node';
SELECT count(latest_snapshot) FROM journey_graph('packed_graph', until => '2024-06-12');
RESET client_min_messages; RESET productgraph.explain;
SELECT maintain() \g /dev/null
SELECT source, latest_snapshot FROM journey_graph('packed_graph') WHERE latest_snapshot IS NOT NULL AND kind = 'node';
-- The function behind it checks what anybody may ask.
SELECT * FROM packed_journey_graph(:'org', 'packed_graph', 'SELECT 1', NULL, '{}', '-infinity', 'infinity', false);
SELECT * FROM packed_journey_graph(:'org', 'packed_graph', NULL, NULL, '{}', '-infinity', 'infinity', false);
-- An organization sees its own, whoever packed it.
SELECT create_organization('packed-graph-2', 'Packed graph 2') AS org2 \gset
SELECT create_project(:'org2', 'packed_graph');
SELECT pg_temp.walk(:'org2', 'packed_graph', 50, '2024-06-03', 5, '1 microsecond') \g /dev/null
SELECT maintain() \g /dev/null
SET ROLE productgraph_service;
SELECT set_current_org(:'org2');
SELECT string_agg(g::text, ' ') AS graph FROM journey_graph('packed_graph') g \gset
SET productgraph.use_segments = off;
SELECT string_agg(g::text, ' ') = :'graph' AS same, sum(visits) < 120 AS few FROM journey_graph('packed_graph') g;
RESET productgraph.use_segments;
SELECT clear_current_org();
RESET ROLE;
