-- Plans that outlive a change of organization (T9), and plans under row-level security (T16).
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT id AS a FROM organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM organizations WHERE slug = 'tenant-b' \gset
SET ROLE regress_tenant_service;
CREATE FUNCTION pg_temp.in_sql() RETURNS text LANGUAGE sql STABLE AS 'SELECT min(page_path) || max(page_path) FROM productgraph.events';
CREATE FUNCTION pg_temp.in_plpgsql() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN (SELECT min(page_path) || max(page_path) FROM productgraph.events); END $$;
CREATE TEMP VIEW in_view AS SELECT min(page_path) || max(page_path) AS paths FROM productgraph.events;
SET plan_cache_mode = force_generic_plan;
PREPARE seen AS SELECT min(page_path) || max(page_path) FROM productgraph.events WHERE page_path ~ 'canary';
PREPARE seen_by (uuid) AS SELECT count(*) FROM productgraph.events WHERE org_id = $1;
PREPARE put (uuid) AS INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES ($1, 'shared', 'prepared', 1, now());
-- Under A, B and none, twice, so that the plans are those kept from before.
SELECT set_current_org(:'a'); EXECUTE seen; EXECUTE seen_by(:'a'); EXECUTE seen_by(:'b'); SELECT pg_temp.in_sql(), pg_temp.in_plpgsql(), paths FROM in_view;
SELECT set_current_org(:'b'); EXECUTE seen; EXECUTE seen_by(:'a'); EXECUTE seen_by(:'b'); SELECT pg_temp.in_sql(), pg_temp.in_plpgsql(), paths FROM in_view;
SELECT clear_current_org(); EXECUTE seen; EXECUTE seen_by(:'a'); SELECT pg_temp.in_sql(), pg_temp.in_plpgsql(), paths FROM in_view;
SELECT set_current_org(:'a'); EXECUTE seen; EXECUTE put(:'b'); SELECT pg_temp.in_sql(), pg_temp.in_plpgsql(), paths FROM in_view;
-- Another role within one session plans anew.
SET ROLE regress_tenant_b; EXECUTE seen; SELECT set_current_org(:'b'); EXECUTE seen; EXECUTE seen_by(:'a'); EXECUTE put(:'b');
RESET ROLE;
SELECT set_current_org(:'a');
EXECUTE seen;
SET ROLE regress_tenant_service;
EXECUTE seen;
-- Parallel workers.
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET enable_indexscan = off; SET enable_bitmapscan = off;
SELECT public.plan_of('SELECT count(*) FROM productgraph.events WHERE page_path = ''/canary-b''') ~ 'Workers Planned' AS parallel;
SELECT count(*) FILTER (WHERE page_path = '/canary-a') AS a, count(*) FILTER (WHERE page_path = '/canary-b') AS b FROM events;
EXECUTE seen; SELECT pg_temp.in_sql(), pg_temp.in_plpgsql();
RESET min_parallel_table_scan_size; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET enable_indexscan; RESET enable_bitmapscan; RESET plan_cache_mode;
-- A cursor gives the rows of one organization: that of its first row.
BEGIN;
DECLARE c CURSOR FOR SELECT DISTINCT page_path FROM events;
DECLARE d SCROLL CURSOR FOR SELECT page_path FROM events;
FETCH 1 d;
SELECT set_current_org(:'b', true);
FETCH ALL c;
FETCH LAST d;
COMMIT;

-- Common questions are answered from the index on organization, project and time, however many other tenants there are.
RESET ROLE;
SET enable_seqscan = off;
SET ROLE regress_tenant_a;
SELECT set_current_org(:'a');
CREATE FUNCTION pg_temp.scans(statement text, OUT condition text, OUT sequential bigint) RETURNS SETOF record LANGUAGE sql AS $$
  WITH plan AS (SELECT regexp_replace(regexp_replace(trim(line), '\$0|\(InitPlan 1\)\.col1', 'CHOSEN'), '''[-0-9a-f]{36}''::uuid', 'ID') AS line
    FROM regexp_split_to_table(public.plan_of(statement), E'\n') line)
  SELECT DISTINCT line, (SELECT count(*) FROM plan WHERE line ~ 'Seq Scan') FROM plan WHERE line ~ 'Index Cond' ORDER BY 1
$$;
SELECT * FROM pg_temp.scans($$SELECT count(*) FROM productgraph.events e WHERE e.project_id = 'shared' AND e.timestamp >= '2020-01-01'$$);
SELECT * FROM pg_temp.scans(format('SELECT count(*) FROM productgraph.events e WHERE %s', question_scope('shared', '2020-01-01', '2030-01-01')));
SELECT * FROM pg_temp.scans($$SELECT * FROM productgraph.sessions s WHERE s.project_id = 'shared' AND s.session_id = 'session-1'$$);
RESET ROLE;
RESET enable_seqscan;
