-- Questions at segments with parallel workers, which small stores do without otherwise.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT create_organization('packed-parallel', 'Parallel') AS org \gset
SELECT create_project(:'org', 'packed_parallel');
SELECT set_current_org(:'org');
SELECT create_partitions('2024-06-03', '2024-06-10') >= 0 AS made;
-- Sessions change hands, and some events come late.
CREATE PROCEDURE pg_temp.add_events(seed double precision, events integer) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM setseed(seed);
  INSERT INTO productgraph.events (org_id, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
  SELECT current_org_id(), seed || '-' || n, 'packed_parallel', 's' || floor(random() * 200), (ARRAY['page.view', 'ui.click', 'ui.submit'])[1 + floor(random() * 3)],
    timestamptz '2024-06-03' + random() * interval '12 days', CASE WHEN random() < 0.9 THEN 'u' || floor(random() * 60) END,
    (ARRAY['/', '/cart', '/pay', '/help'])[1 + floor(random() * 4)]
  FROM generate_series(1, events) n;
END $$;
CALL pg_temp.add_events(0.1, 3000);
SELECT count(*) > 0 AS maintained FROM maintain(); SELECT sum(events) FROM segments WHERE project_id = 'packed_parallel';
CALL pg_temp.add_events(0.2, 500);
SELECT count(*) > 0 AS maintained FROM maintain(); SELECT sum(events) FROM segments WHERE project_id = 'packed_parallel';
CALL pg_temp.add_events(0.3, 100);
CREATE FUNCTION pg_temp.answers(question text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answers text[] := '{}'; answer text; setting text;
BEGIN
  FOREACH setting IN ARRAY ARRAY['off 0', 'on 0', 'on 3'] LOOP
    PERFORM set_config('productgraph.use_segments', split_part(setting, ' ', 1), false);
    PERFORM set_config('max_parallel_workers_per_gather', split_part(setting, ' ', 2), false);
    EXECUTE format('SELECT md5(string_agg(a::text, E''\n'')) FROM %s a', question) INTO answer;
    answers := answers || answer;
  END LOOP;
  RETURN CASE WHEN answers[1] = ALL (answers) THEN 'same' ELSE 'different: ' || answers::text END;
END $$;
SET min_parallel_table_scan_size = 0;
SELECT question, pg_temp.answers(question) FROM unnest(ARRAY[
  $$funnel('packed_parallel', '{page.view,ui.click,ui.submit}')$$,
  $$funnel('packed_parallel', '{page.view,ui.click,ui.submit}', actor => 'session', within => '2 hours')$$,
  $$funnel('packed_parallel', '{page.view,ui.click}', breakdown => 'page.path', counting => 'total')$$,
  $$funnel_actors('packed_parallel', '{page.view,ui.click}', reached => 2)$$,
  $$retention_table('packed_parallel', 'page.view', 'ui.submit')$$,
  $$active_users('packed_parallel')$$, $$lifecycle('packed_parallel')$$, $$stickiness('packed_parallel')$$,
  $$trend('packed_parallel', measure => 'unique', breakdown => 'page.path')$$,
  $$paths('packed_parallel')$$, $$paths('packed_parallel', gap => '1 hour')$$, $$journey_graph('packed_parallel')$$]) question;
-- That they did help.
SET productgraph.use_segments = on;
SET max_parallel_workers_per_gather = 2;
SET productgraph.explain = on;
SELECT count(*) FROM funnel('packed_parallel', '{page.view}');
