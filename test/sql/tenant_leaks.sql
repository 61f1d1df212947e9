-- What an analyst with every freedom of SQL can make the server say about rows that it cannot see (T8, T17): functions that
-- talk, operators that planners call, statistics, error texts, and names that stand before ours.
\set VERBOSITY terse
SELECT id AS a FROM productgraph.organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM productgraph.organizations WHERE slug = 'tenant-b' \gset
CREATE SCHEMA tenant_evil; GRANT USAGE ON SCHEMA tenant_evil TO PUBLIC; GRANT ALL ON SCHEMA tenant_evil TO regress_tenant_a;
SET SESSION AUTHORIZATION regress_tenant_a;
SELECT productgraph.set_current_org(:'a');

-- A function that costs nothing, so that it would be called first, and tells all.
CREATE TEMP TABLE heard (what text);
CREATE FUNCTION tenant_evil.spy(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000000001 AS $$
BEGIN INSERT INTO pg_temp.heard VALUES (what); RETURN true; END $$;
SELECT count(*) FROM productgraph.events e WHERE tenant_evil.spy(e.page_path);
SELECT count(*) FROM productgraph.sessions e WHERE tenant_evil.spy(e.user_id);
SELECT count(*) FROM productgraph.projects e WHERE tenant_evil.spy(e.name);
SELECT count(*) FROM productgraph.organizations e WHERE tenant_evil.spy(e.name);
SELECT count(*) FROM productgraph.organizations o JOIN productgraph.events e ON tenant_evil.spy(o.name) AND tenant_evil.spy(e.page_path);
SELECT count(*) > 1000 AS talked, count(*) FILTER (WHERE what ~ 'canary-b') AS of_b FROM heard;
-- Errors that would quote a value: a cast, a division, a regular expression.
SELECT count(*) FROM productgraph.events WHERE CASE WHEN page_path ~ '-b' THEN page_path::int ELSE 1 END = 1;
SELECT count(*) FROM productgraph.events WHERE 1 / (CASE WHEN page_path ~ '-b' THEN 0 ELSE 1 END) = 1;
SELECT count(*) FROM productgraph.events WHERE 'x' ~ (CASE WHEN page_path ~ '-b' THEN '(' ELSE 'x' END);
-- Marking a function as leaking nothing is not for everybody.
ALTER FUNCTION tenant_evil.spy(text) LEAKPROOF;
-- Estimation calls an operator with values from the statistics of all tenants, if it may.
CREATE FUNCTION tenant_evil.spy_less(x text, y text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RAISE WARNING 'heard %', x; RETURN x < y; END $$;
CREATE OPERATOR tenant_evil.<<< (FUNCTION = tenant_evil.spy_less, LEFTARG = text, RIGHTARG = text, RESTRICT = scalarltsel);
CREATE OPERATOR tenant_evil.=== (FUNCTION = tenant_evil.spy_less, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel);
SELECT public.plan_of($$SELECT FROM productgraph.sessions WHERE user_id OPERATOR(tenant_evil.<<<) 'x'$$) ~ '<<<' AS planned;
SELECT public.plan_of($$SELECT FROM productgraph.projects WHERE name OPERATOR(tenant_evil.===) 'x'$$) ~ '===' AS planned;
-- Statistics, and what else counts or quotes rows.
SELECT count(*) FROM pg_stats WHERE schemaname = 'productgraph';
SELECT count(*) FROM pg_stats_ext WHERE schemaname = 'productgraph';
SELECT count(*) FROM pg_statistic;
SELECT count(*) FROM pg_stat_activity WHERE query ~ 'canary-b';
RESET SESSION AUTHORIZATION;
SELECT count(*) > 0 AS there_are_statistics, bool_or(most_common_vals::text ~ 'canary-b') AS with_canaries FROM pg_stats WHERE schemaname = 'productgraph';

-- Names that stand before ours. Each of these would open the store, were it ever called.
SET SESSION AUTHORIZATION regress_tenant_a;
CREATE FUNCTION tenant_evil.yes(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'operator of an analyst called by %', current_user; RETURN true; END $$;
CREATE OPERATOR tenant_evil.= (FUNCTION = tenant_evil.yes, LEFTARG = uuid, RIGHTARG = uuid);
CREATE FUNCTION tenant_evil.pg_has_role(oid, regrole, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION tenant_evil.current_org_id() RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM productgraph.organizations WHERE slug = 'tenant-b' $$;
CREATE TABLE tenant_evil.organization_members AS SELECT :'b'::uuid AS org_id, 'regress_tenant_a'::regrole AS role;
CREATE TEMP TABLE organization_members AS SELECT :'b'::uuid AS org_id, 'regress_tenant_a'::regrole AS role;
CREATE TEMP TABLE projects AS SELECT :'b'::uuid AS org_id, 'shared' AS id;
CREATE TEMP TABLE events (LIKE productgraph.events);
SET search_path = pg_temp, tenant_evil, productgraph, pg_catalog;
SELECT set_current_org(:'b');
SELECT DISTINCT page_path FROM productgraph.events;
SELECT actors FROM funnel('shared', '{page.view}');
SELECT count(*) FROM live('shared');
SELECT count(*) FROM session_timeline('shared', 'session-1') WHERE page_path ~ 'canary-b';
CREATE CAST (uuid AS integer) WITH INOUT;
CREATE SCHEMA tenant_mine;
RESET search_path;

-- Views run with the policies of their owner, under the organization of whoever reads them.
CREATE VIEW tenant_evil.of_a AS SELECT DISTINCT page_path FROM productgraph.events;
GRANT SELECT ON tenant_evil.of_a TO regress_tenant_b;
SET SESSION AUTHORIZATION regress_tenant_b;
SELECT * FROM tenant_evil.of_a;
SELECT productgraph.set_current_org(:'b');
SELECT * FROM tenant_evil.of_a;

-- Error texts and details, as complete as they come.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET SESSION AUTHORIZATION regress_tenant_service;
SELECT productgraph.set_current_org(:'a');
INSERT INTO productgraph.projects (org_id, id, name) VALUES (:'b', 'shared', 'x');
INSERT INTO productgraph.snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (:'b', 'shared', 'session-1', 1, now());
UPDATE productgraph.projects SET org_id = :'b' WHERE id = 'shared';
-- An analyst learns nothing from being refused: a foreign organization is like one that does not exist.
SET SESSION AUTHORIZATION regress_tenant_a;
SELECT productgraph.set_current_org(:'a');
SELECT productgraph.set_current_org(:'b');
SELECT productgraph.set_current_org('00000000-0000-0000-0000-000000000000');
SELECT productgraph.project_org('of-b');
SELECT productgraph.project_org('of-nobody');
SELECT * FROM productgraph.journey_report('of-b', 'journey');
\set VERBOSITY terse
RESET SESSION AUTHORIZATION;
-- A default that is looser than PostgreSQL's changes nothing for our schema.
GRANT CREATE ON SCHEMA public TO regress_tenant_a;
SET ROLE regress_tenant_a;
CREATE FUNCTION public.current_org_id() RETURNS uuid LANGUAGE sql AS $$ SELECT gen_random_uuid() $$;
CREATE FUNCTION public.set_current_org(uuid, boolean) RETURNS void LANGUAGE sql AS 'SELECT';
SELECT productgraph.set_current_org(:'a'); SELECT count(*), min(page_path), max(page_path) FROM productgraph.events;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM regress_tenant_a;
DROP FUNCTION public.current_org_id(), public.set_current_org(uuid, boolean);
SET client_min_messages = warning;
DROP SCHEMA tenant_evil CASCADE;
