-- The setting behind the current organization has one way in (T12). What is there before the library is loaded is tested in
-- test/t/013_forged_before_load.pl.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT id AS a FROM organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM organizations WHERE slug = 'tenant-b' \gset
-- Neither an analyst, nor a service role, nor a superuser.
CREATE TABLE public.ways (number int, way text);
INSERT INTO public.ways VALUES
  (1, 'SET productgraph.current_org = %L'), (2, 'SET SESSION productgraph.current_org TO %L'), (3, 'SET LOCAL productgraph.current_org = %L'),
  (4, 'SELECT set_config(''productgraph.current_org'', %L, false)'), (5, 'SELECT set_config(''productgraph.current_org'', %L, true)'),
  (6, 'SELECT set_config(''ProductGraph.Current_Org'', %L, false)'), (7, 'UPDATE pg_settings SET setting = %L WHERE name = ''productgraph.current_org'''),
  (8, 'CREATE FUNCTION pg_temp.forge() RETURNS uuid LANGUAGE sql SET productgraph.current_org = %L AS ''SELECT productgraph.current_org_id()'''),
  (9, 'ALTER ROLE CURRENT_USER SET productgraph.current_org = %L'), (10, 'ALTER ROLE ALL SET productgraph.current_org = %L'),
  (11, 'ALTER DATABASE regression SET productgraph.current_org = %L'), (12, 'ALTER ROLE CURRENT_USER IN DATABASE regression SET productgraph.current_org = %L'),
  (13, 'ALTER SYSTEM SET productgraph.current_org = %L'), (14, 'ALTER FUNCTION productgraph.project_org(text) SET productgraph.current_org = %L'),
  (15, 'SET productgraph.current_organization = %L');
GRANT SELECT ON public.ways TO PUBLIC;
-- Both a plain id and what the setting keeps inside.
CREATE FUNCTION public.forge(b text) RETURNS TABLE (number int, outcome text, organization uuid) LANGUAGE sql AS $$
  SELECT w.number, public.attempt(format(w.way, v.value)), productgraph.current_org_id() FROM public.ways w, (VALUES (1, b), (2, b || ' 10 10'), (3, b || ' 0 0')) v(n, value)
  ORDER BY w.number, v.n
$$;
SET ROLE regress_tenant_a;
SELECT outcome, array_agg(DISTINCT number) AS ways, count(organization) AS set FROM public.forge(:'b') GROUP BY 1 ORDER BY 2, 1;
SET ROLE regress_tenant_service;
SELECT outcome, array_agg(DISTINCT number) AS ways, count(organization) AS set FROM public.forge(:'b') GROUP BY 1 ORDER BY 2, 1;
RESET ROLE;
SELECT outcome, array_agg(DISTINCT number) AS ways, count(organization) AS set FROM public.forge(:'b') GROUP BY 1 ORDER BY 2, 1;
-- ALTER SYSTEM is refused outside of functions too.
ALTER SYSTEM SET productgraph.current_org = 'x';
-- Within a choice that is allowed, none of them changes it.
SET ROLE regress_tenant_a;
SELECT set_current_org(:'a');
SELECT count(*) > 40 AS tried, count(*) FILTER (WHERE organization = :'a') = count(*) AS unchanged FROM public.forge(:'b');
-- A function that keeps the value of its creation cannot bring it back.
CREATE FUNCTION pg_temp.from_current() RETURNS uuid LANGUAGE sql SET productgraph.current_org FROM CURRENT AS 'SELECT productgraph.current_org_id()';
-- What everybody may read of it is the id.
SELECT current_setting('productgraph.current_org') = :'a' AS shown, setting = :'a' AS listed, context, source FROM pg_settings WHERE name = 'productgraph.current_org';
SHOW productgraph.no_such_setting;

-- Parallel workers see what their leader sees, chosen for the session or the transaction, and cannot choose themselves.
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
-- Its name depends on the version of PostgreSQL.
SELECT count(set_config(name, 'on', false)) AS forced FROM pg_settings WHERE name IN ('debug_parallel_query', 'force_parallel_mode');
SELECT public.plan_of('SELECT count(*) FROM productgraph.events e WHERE productgraph.current_org_id() IS NOT NULL') ~ 'Workers Planned' AS parallel;
SELECT count(current_org_id()) = count(*) AS known, min(e.page_path), max(e.page_path) FROM events e WHERE current_org_id() = :'a';
BEGIN; SELECT clear_current_org(true);
SELECT count(*) FROM events;
SELECT set_current_org(:'a', true);
SELECT count(*), min(e.page_path), max(e.page_path) FROM events e WHERE current_org_id() = :'a'; COMMIT;
SET ROLE regress_tenant_b;
SELECT count(*), count(current_org_id()) FROM events;
SELECT count(*) FROM pg_class WHERE current_org_id() IS NOT NULL;
RESET ROLE;
CREATE FUNCTION public.choose() RETURNS boolean LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN PERFORM productgraph.clear_current_org(); RETURN true; END';
SET ROLE regress_tenant_a;
SELECT count(*) FROM pg_class WHERE public.choose();
SELECT current_org_id() = :'a' AS unchanged;
RESET ROLE;
RESET ALL;
DROP FUNCTION public.choose(), public.forge(text);
DROP TABLE public.ways;
