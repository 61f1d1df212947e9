-- Questions that are put wrongly: NULLs, extremes and nonsense in every argument; too many periods.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT create_organization('question-limits', 'Question limits') AS org \gset
SELECT create_project(:'org', 'limits');
SELECT create_journey('limits', 'buy', '{a,b}');
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
SELECT :'org', now(), n, 'limits', 's', (ARRAY['a', 'b'])[1 + n % 2], '2024-05-01Z'::timestamptz + n * interval '7 hours', 'u' || n % 3, '/' || n % 2 FROM generate_series(1, 20) n;
-- So many periods are an error at once, whichever end is far.
SELECT count(*) FROM trend('limits', since => '1999-01-01', until => '2000-01-01', period => 'hour');
SELECT count(*) FROM trend('limits', since => '1999-01-01', until => '2000-02-21 16:00', period => 'hour');
SELECT count(*) FROM trend('limits', since => '1999-01-01', until => '2000-02-21 16:00:00.000001', period => 'hour');
SELECT count(*) FROM trend('limits', since => '4000-01-01 BC', period => 'hour');
SELECT count(*) FROM trend('limits', since => '4000-01-01 BC');
SELECT count(*) FROM trend('limits', until => '290000-01-01', period => 'hour');
SELECT count(*) FROM trend('limits', until => '290000-01-01', period => 'month');
SELECT count(*) FROM lifecycle('limits', until => '290000-01-01', period => 'week');
SELECT count(*) FROM active_users('limits', until => '290000-01-01');
SELECT count(*) FROM active_users('limits', since => '1500-01-01', period => 'month');
-- Numbers of periods or cohorts never make retention long.
SELECT count(*), sum(actors) FROM retention_table('limits', until => '290000-01-01', since => '4000-01-01 BC', periods => 1000, period => 'hour');
SELECT journey_facts(0);
SELECT journey_facts(33);
SELECT journey_facts(2147483647);
SELECT journey_facts(NULL);
SELECT length(journey_facts(32)) > 3000 AS built;
-- Lists of values may have null, and have no objects.
SELECT f, sum(value) FROM unnest('{"{\"page.path\": [\"/1\", null]}","{\"user.anonymous_id\": [\"x\", null]}","{\"page.path\": [null]}","{\"page.path\": []}"}'::jsonb[]) f, trend('limits', filter => f) GROUP BY f ORDER BY f;
SELECT * FROM trend('limits', filter => '{"page.path": ["/1", {"a": 1}]}');
SELECT * FROM trend('limits', filter => '{"page.path": [["/1"]]}');
SELECT * FROM trend('limits', filter => '{"page.path": {"a": 1}}');

-- Every argument of every question in turn, the others being right: an answer or an error that is meant.
CREATE FUNCTION pg_temp.ask(question text, OUT state text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'SELECT count(*) FROM (SELECT * FROM ' || question || ' LIMIT 20000) x';
  state := 'answer';
EXCEPTION WHEN OTHERS THEN
  state := SQLSTATE;
END
$$;
CREATE TEMP TABLE hostile (type regtype, value text);
INSERT INTO hostile
SELECT 'text'::regtype, v FROM unnest(ARRAY[NULL, '', 'x', 'limits', 'buy', 'day', 'metadata.', 'metadata.k', 'metadata.''', '%s %L', E'\\', '$1', '''; DROP TABLE events; --', 'event.timestamp', 'metadata', 'Europe/Berlin', repeat('é', 100000)]) v
UNION ALL SELECT 'timestamptz'::regtype, v FROM unnest('{NULL,-infinity,infinity,4714-11-24 BC,294276-12-31 23:59:59.999999Z,2024-05-03 00:00Z,epoch}'::text[]) v
UNION ALL SELECT 'interval'::regtype, v FROM unnest('{NULL,0,-1 second,1 day,1 month -30 days,178000000 years,-178000000 years,2147483647 days}'::text[]) v
UNION ALL SELECT 'integer'::regtype, v FROM unnest('{NULL,0,-1,1,2147483647,-2147483648}'::text[]) v
UNION ALL SELECT 'bigint'::regtype, v FROM unnest('{NULL,0,-1,9223372036854775807,-9223372036854775808}'::text[]) v
UNION ALL SELECT 'integer[]'::regtype, v FROM unnest(ARRAY[NULL, '{}', '{NULL}', '{0}', '{-1}', '{2147483647}', '{{0,1},{2,3}}', '{0,0}', '[5:6]={0,1}']) v
UNION ALL SELECT 'text[]'::regtype, v FROM unnest(ARRAY[NULL, '{}', '{NULL}', '{*}', '{{a,b},{c,d}}', '{"%","_","\\","''"}', '[5:6]={a,b}']) v
UNION ALL SELECT t, v FROM unnest('{jsonb,steps}'::regtype[]) t, unnest(ARRAY[NULL, '{}', '[]', 'null', '1', '"a"', '[null]', '[[]]', '[1]', '{"page.path": {}}', '{"page.path": [[]]}', '{"metadata": 1}', '{"metadata.k": null}',
  '{"api.status_code": "x"}', '{"api.status_code": 1e400}', '{"event.timestamp": "infinity"}', '{"event.timestamp": true}', '{"": 1}', '{"name": "x"}', '{"%s": "%L"}', '["a", "a", "b"]']) v;
CREATE TEMP TABLE asked AS
WITH questions(name, required) AS (
  SELECT q, CASE q WHEN 'journey_report' THEN '{limits,buy}' WHEN 'session_timeline' THEN '{limits,s}' WHEN 'state_at' THEN '{limits,s,1}' ELSE '{limits}' END::text[]
  FROM unnest('{trend,live,active_users,lifecycle,stickiness,retention_table,paths,journey_graph,journey_report,session_timeline,state_at}'::text[]) q
), arguments AS (
  SELECT q.*, p.proargnames[n] AS argument, t.type::regtype AS type, n FROM questions q JOIN pg_proc p ON p.pronamespace = 'productgraph'::regnamespace AND p.proname = q.name,
    unnest(p.proargtypes::oid[]) WITH ORDINALITY t(type, n)
), calls AS (
  SELECT a.name, a.argument, format('productgraph.%I(%s)', a.name, concat_ws(', ',
    (SELECT string_agg(format('%L', CASE WHEN i = n THEN h.value ELSE r END), ', ' ORDER BY i) FROM unnest(required) WITH ORDINALITY u(r, i)),
    CASE WHEN n > cardinality(required) THEN format('%I => %L::%s', argument, h.value, h.type) END,
    CASE WHEN name = 'trend' AND argument <> 'measure' THEN 'measure => $$median$$' END, CASE WHEN name = 'trend' AND argument <> 'field' THEN 'field => $$duration_ms$$' END)) AS call
  FROM arguments a JOIN hostile h ON h.type = a.type
)
SELECT name, argument, call, pg_temp.ask(call) AS state FROM calls;
SELECT name, count(DISTINCT argument) AS arguments, count(*) AS calls, count(*) FILTER (WHERE state = 'answer') AS answers, array_agg(DISTINCT state ORDER BY state) FILTER (WHERE state <> 'answer') AS errors FROM asked GROUP BY name ORDER BY name;
-- None of them is an error inside: 22P02, 22003 and 22007 are values that are not of their field's type, 22008 times out of range.
SELECT argument, state, left(call, 200) FROM asked WHERE state NOT IN ('answer', '22023', '42703', '42704', '22004', '22P02', '22003', '22007', '22008', '54000') ORDER BY call;
SELECT count(*) FROM events WHERE project_id = 'limits' AND org_id = :'org';
