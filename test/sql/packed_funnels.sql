-- funnel() and its family at segments: the same answers as from rows, whatever is asked and however much is packed.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'America/New_York';
SET client_min_messages = warning;
SELECT create_organization('packed-funnels', 'Packed funnels') AS org \gset
SELECT create_organization('packed-funnels-other', 'Packed funnels') AS other \gset
SELECT create_project(:'org', 'many'), create_project(:'org', 'few'), create_project(:'org', 'edge'), create_project(:'other', 'not-ours');
-- Clocks are put forward on 7 April 2002 and back on 27 October 2002 in New York; the week before April has no partition.
SELECT create_partitions('2002-04-01', '2002-04-20'), create_partitions('2002-10-21', '2002-11-10');
SELECT setseed(0.5);
CREATE FUNCTION pg_temp.one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT choices[1 + floor(random() * cardinality(choices))] $$;
-- Random events: actors of all three sorts, sessions that change hands, few distinct times, sequences or none.
CREATE FUNCTION pg_temp.add_events(org uuid, project text, count int, start timestamptz, days int) RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO productgraph.events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id,
                                   user_anonymous_id, event_sequence, page_path, api_status_code, metadata)
  SELECT org, greatest(now(), receipt_floor()), gen_random_uuid(), project, 's' || (actor * 3 + floor(random() * 3))::int % 37, type,
    start + floor(random() * days * 48) * interval '30 minutes', CASE WHEN actor % 5 > 1 THEN 'u' || actor END,
    CASE WHEN actor % 5 = 1 THEN 'a' || actor END, CASE WHEN random() < 0.5 THEN floor(random() * 3) END,
    CASE WHEN random() < 0.7 THEN pg_temp.one_of('/a', '/b', '/ö', '/B') END, CASE WHEN random() < 0.2 THEN 200 + floor(random() * 3) END,
    jsonb_build_object('plan', pg_temp.one_of('free', 'pro'))
  FROM (SELECT floor(random() * 30)::int AS actor, pg_temp.one_of('page.view', 'ui.click', 'custom', 'error') AS type FROM generate_series(1, count)) e $$;

-- A random funnel's arguments, the same for all of the family; some go wrong, which must be the same error then.
CREATE FUNCTION pg_temp.a_step(optional boolean) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
  SELECT CASE floor(random() * 4)
           WHEN 0 THEN jsonb_build_object('page.path', pg_temp.one_of('/a', '/b')) WHEN 1 THEN jsonb_build_object('api.status_code', 201)
           ELSE jsonb_build_object('event.type', pg_temp.one_of('page.view', 'ui.click', 'custom')) END
    || CASE WHEN optional THEN '{"optional": true}' ELSE '{}' END::jsonb $$;
CREATE FUNCTION pg_temp.steps() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT jsonb_agg(pg_temp.a_step(n = 2 AND count > 2 AND random() < 0.3) ORDER BY n)::text
  FROM (SELECT 1 + floor(random() * 4)::int AS count OFFSET 0) c, generate_series(1, c.count) n $$;
CREATE FUNCTION pg_temp.some_options() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT format('steps => %L, within => %L, since => %L, until => %L, actor => %L, filter => %L, hold => %s, in_session => %s,
                 exclude_incomplete => %s, step_order => %L, per_step => %s, exclude => %s, counting => %L', pg_temp.steps(),
    pg_temp.one_of('0', '30 minutes', '5 hours', '24 hours', '1 day', '3 days', '1 mon', '1 day 2 hours'),
    pg_temp.one_of('-infinity', '-infinity', '2002-04-03', '2002-04-07 01:30', '2002-10-22'),
    pg_temp.one_of('infinity', 'infinity', '2002-04-12', '2002-10-27 03:00'), pg_temp.one_of('user', 'user', 'user', 'session'),
    pg_temp.one_of('{}', '{}', '{}', '{}', '{}', '{"page.path": "/b"}', '{"metadata.plan": "pro"}'),
    pg_temp.one_of('NULL', 'NULL', 'NULL', 'NULL', '''page.path''', '''api.status_code'''), pg_temp.one_of('false', 'false', 'true'),
    pg_temp.one_of('false', 'false', 'false', 'false', 'true'), pg_temp.one_of('ordered', 'ordered', 'strict', 'any'),
    pg_temp.one_of('false', 'false', 'true'),
    CASE WHEN random() < 0.25 THEN quote_literal(pg_temp.a_step(false)) ELSE 'NULL' END, pg_temp.one_of('unique', 'unique', 'total')) $$;
CREATE FUNCTION pg_temp.calls(project text, options text) RETURNS text[] LANGUAGE sql VOLATILE AS $$
  SELECT ARRAY[
    format('funnel(%L, %s, breakdown => %s, attribution => %L, top => %s)', project, options,
           pg_temp.one_of('NULL', '''page.path''', '''event.type'''), pg_temp.one_of('first', 'last', '1'), pg_temp.one_of('1', '2', 'NULL')),
    format('funnel_actors(%L, %s, dropped => %s)', project, options, pg_temp.one_of('false', 'true')),
    format('funnel_times(%L, %s, bins => 3)', project, options),
    format('funnel_trend(%L, %s, period => %L, timezone => %L)', project, options, pg_temp.one_of('hour', 'day', 'week', 'month'),
           pg_temp.one_of('UTC', 'America/New_York', 'Asia/Kathmandu')),
    format('funnel_correlation(%L, %s, field => %L, min_actors => 1)', project, replace(replace(options, ', counting => ''unique''', ''),
           ', counting => ''total''', ''), pg_temp.one_of('event.type', 'page.path'))] $$;
CREATE FUNCTION pg_temp.answer(call text, segments boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  PERFORM set_config('productgraph.use_segments', segments::text, false);
  EXECUTE format('SELECT coalesce(string_agg(f::text, E''\n'' ORDER BY ordinality), ''no rows'') FROM productgraph.%s WITH ORDINALITY f', call)
  INTO answer;
  RETURN answer;
EXCEPTION WHEN invalid_parameter_value OR program_limit_exceeded THEN
  RETURN CASE WHEN SQLERRM ~ 'need a window from the first|exclusion must' THEN 'options that do not go together' ELSE SQLERRM END;
END $$;
CREATE TEMP TABLE answers (options int, question text, call text, by_rows text, by_segments text);
CREATE TEMP TABLE asked (options int GENERATED ALWAYS AS IDENTITY, arguments text, reason text);
CREATE FUNCTION pg_temp.why_rows(project text, options text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  reason text;
BEGIN
  PERFORM set_config('productgraph.use_segments', 'on', false);
  EXECUTE format('SELECT reason FROM productgraph.attempts_in_segments(%L, %s, breakdown => NULL)', project, options) INTO reason;
  RETURN reason;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'error';
END $$;
-- Asks so many random questions of each sort both ways, and shows those whose answers differ.
CREATE FUNCTION pg_temp.compare(project text, count int) RETURNS SETOF answers LANGUAGE plpgsql AS $$
DECLARE
  number int;
  options text;
BEGIN
  FOR n IN 1 .. count LOOP
    options := pg_temp.some_options();
    INSERT INTO asked (arguments, reason) VALUES (options, pg_temp.why_rows(project, options)) RETURNING asked.options INTO number;
    INSERT INTO answers SELECT number, split_part(call, '(', 1), call, pg_temp.answer(call, false), pg_temp.answer(call, true)
    FROM unnest(pg_temp.calls(project, options)) call;
  END LOOP;
  -- Rows notice that options do not go together only when there are some.
  RETURN QUERY SELECT * FROM answers a WHERE a.options > number - count AND by_rows IS DISTINCT FROM by_segments
    AND by_segments <> 'options that do not go together';
END $$;

-- Nothing is packed; then more and more is, old events come late, and some have no partition.
SELECT pg_temp.add_events(:'org', 'many', 300, '2002-03-28', 20), pg_temp.add_events(:'org', 'few', 50, '2002-04-01', 10),
  pg_temp.add_events(:'other', 'not-ours', 200, '2002-04-01', 10);
SELECT * FROM pg_temp.compare('many', 5);
SELECT count(*) > 3 AS tasks FROM maintain();
SELECT * FROM pg_temp.compare('many', 25);
SELECT * FROM pg_temp.compare('few', 25);
SELECT pg_temp.add_events(:'org', 'many', 200, '2002-10-21', 14), pg_temp.add_events(:'org', 'many', 100, '2002-04-03', 10),
  pg_temp.add_events(:'org', 'few', 100, '2002-04-03', 10), pg_temp.add_events(:'other', 'not-ours', 100, '2002-04-01', 10);
SELECT * FROM pg_temp.compare('many', 25);
SELECT * FROM pg_temp.compare('few', 15);
SELECT count(*) > 3 AS tasks FROM maintain();
SELECT pg_temp.add_events(:'org', 'many', 50, '2002-03-25', 30), pg_temp.add_events(:'org', 'many', 50, '2002-10-20', 20);
SELECT count(*) > 3 AS tasks FROM maintain();
SELECT pg_temp.add_events(:'org', 'many', 20, '2002-10-23', 7);
SELECT * FROM pg_temp.compare('many', 30);
-- Days are those of the calendar among events that are not packed yet, too: the second one is 23 1/2 hours after the first.
INSERT INTO events (org_id, event_id, project_id, session_id, event_type, timestamp) VALUES (:'org', 'e1', 'edge', 's', 'custom', '2002-04-10 12:00');
SELECT count(*) > 3 AS tasks FROM maintain();
INSERT INTO events (org_id, event_id, project_id, session_id, event_type, timestamp) VALUES
  (:'org', 'e2', 'edge', 's', 'custom', '2002-04-06 12:00'), (:'org', 'e3', 'edge', 's', 'page.view', '2002-04-07 12:30');
SET productgraph.use_segments = on;
SELECT pg_temp.why_rows('edge', $$steps => '{custom,page.view}', within => '1 day', since => '-infinity', until => 'infinity', actor => 'user', filter => '{}',
  hold => NULL, in_session => false, exclude_incomplete => false, step_order => 'ordered', per_step => false, exclude => NULL, counting => 'unique'$$);
SELECT step, actors FROM funnel('edge', '{custom,page.view}', '1 day');
SELECT steps_reached FROM funnel_actors('edge', '{custom,page.view}', 1, within => '1 day');
SELECT sum(actors) FROM funnel_times('edge', '{custom,page.view}', within => '24 hours');
SELECT period_start, entered FROM funnel_trend('edge', '{custom,page.view}', 'week', timezone => 'UTC');
SELECT value, converted, dropped FROM funnel_correlation('edge', '{custom,page.view}', 'page.path', within => '24 hours', min_actors => 0);
SELECT count(*) FROM funnel_actors('edge', '{custom}', actor => 'session');

-- Under row-level security: an analyst has the same answers, and none of another organization.
CREATE ROLE regress_packed_analyst LOGIN IN ROLE productgraph_analyst;
SELECT add_member('regress_packed_analyst', :'org');
CREATE TEMP TABLE ours AS SELECT pg_temp.answer('funnel_actors(''many'', ''{page.view,ui.click}'')', true) AS answer;
GRANT SELECT ON ours TO regress_packed_analyst;
SET ROLE regress_packed_analyst;
SELECT set_current_org(:'org');
SELECT length(o.answer) > 100 AS many, o.answer = string_agg(f::text, E'\n' ORDER BY ordinality) AS same
FROM ours o, funnel_actors('many', '{page.view,ui.click}') WITH ORDINALITY f GROUP BY o.answer;
SELECT * FROM funnel_times('not-ours', '{page.view,ui.click}');
SELECT count(*) FROM packed_attempts(:'other', 'not-ours', 'SELECT kind, 1, NULL::text FROM productgraph.kinds', NULL, '{2002-04-01 00:00+00}', '-infinity',
  'infinity', '1 day', '', 1, 'infinity', false, false, false, false, true, '{}') WHERE times IS NOT NULL;
-- Whoever calls the function itself is told what is wrong.
SELECT packed_attempts(current_org_id(), 'many', 'SELECT 1', NULL, '{}', '-infinity', 'infinity', '1 day', '', 1, 'infinity', false, false, false, false, true, '{}');
SELECT packed_attempts(current_org_id(), 'many', 'SELECT kind, 1, NULL::text FROM productgraph.kinds', NULL, '{}', '-infinity', 'infinity', '1 day', '', 1,
  'infinity', false, false, false, false, NULL, '{}');
SELECT packed_attempts(current_org_id(), 'many', 'SELECT kind, 1, NULL::text FROM productgraph.kinds', NULL, '{}', '-infinity', 'infinity', '1 day', '', 1,
  'infinity', false, false, false, false, true, '{2002-04-02,2002-04-01}');
RESET ROLE;
SELECT clear_current_org();
DROP OWNED BY regress_packed_analyst;
DROP ROLE regress_packed_analyst;

-- Most were asked of segments, and had something to say.
SELECT count(*) FILTER (WHERE reason IS NULL) > 70 AS of_segments, count(*) FILTER (WHERE reason = 'error') < 35 AS few_errors FROM asked;
SELECT question, count(*) AS asked, count(*) FILTER (WHERE by_segments <> 'no rows' AND reason IS NULL) > 30 AS many_answers
FROM answers JOIN asked USING (options) GROUP BY 1 ORDER BY 1;
