-- The current organization through transactions, roles and what resets a session (T10), and who may choose it.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT id AS a FROM organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM organizations WHERE slug = 'tenant-b' \gset
-- Which organization the session is in, and whose events it sees.
CREATE FUNCTION public.see() RETURNS text LANGUAGE sql AS $$
  SELECT format('%s: %s', coalesce((SELECT o.slug FROM productgraph.organizations o WHERE o.id = productgraph.current_org_id()), 'none'),
    coalesce((SELECT string_agg(DISTINCT e.page_path, ' ') FROM productgraph.events e), 'nothing'))
$$;

-- Without an organization there are no rows, in any form of it being absent (T1).
SET ROLE regress_tenant_a;
SELECT public.see();
SELECT clear_current_org(); SELECT public.see();
-- Its text is taken as any uuid, in whatever case; what is no uuid is refused (T2).
SELECT set_current_org('');
SELECT set_current_org('not-a-uuid');
SELECT set_current_org(upper(:'a')::uuid); SELECT public.see();
SELECT set_current_org(('{' || :'a' || '}')::uuid); SELECT public.see();
-- What was chosen before a refusal stays.
SELECT set_current_org(:'b');
SELECT public.see();

-- Which ones there are to choose, whatever is chosen now.
SELECT slug, name, id = :'a' AS is_a FROM my_organizations();
SET ROLE regress_tenant_service; SELECT slug FROM my_organizations() WHERE slug LIKE 'tenant-%';
SET ROLE regress_tenant_ingest; SELECT slug FROM my_organizations();
RESET ROLE; SELECT slug FROM my_organizations() WHERE slug LIKE 'tenant-%';
SET ROLE regress_tenant_a;

-- Transactions.
SELECT clear_current_org();
BEGIN; SELECT set_current_org(:'a', true); SELECT public.see(); COMMIT;
SELECT public.see() AS after_commit;
BEGIN; SELECT set_current_org(:'a'); ROLLBACK;
SELECT public.see() AS after_rollback;
BEGIN; SELECT set_current_org(:'a'); COMMIT;
SELECT public.see() AS kept;
BEGIN; SELECT clear_current_org(true); SELECT public.see() AS cleared; SAVEPOINT s; SELECT set_current_org(:'a', true);
ROLLBACK TO s; SELECT public.see() AS after_savepoint; COMMIT;
SELECT public.see() AS back;
SELECT set_current_org(:'a', true); SELECT public.see() AS of_its_own_transaction;
-- Errors and timeouts, of the statement that chooses and of a later one.
SELECT clear_current_org();
BEGIN; SELECT set_current_org(:'a', true); SELECT 1 / 0; COMMIT;
SELECT public.see() AS after_error;
SET test.a = :'a';
DO $$ BEGIN PERFORM productgraph.set_current_org(current_setting('test.a')::uuid); RAISE 'x'; EXCEPTION WHEN raise_exception THEN NULL; END $$;
SELECT public.see() AS after_caught_error;
SET statement_timeout = '200ms';
BEGIN; SELECT set_current_org(:'a', true); SELECT pg_sleep(5); ROLLBACK;
RESET statement_timeout;
SELECT public.see() AS after_timeout;
-- What resets a session.
SELECT set_current_org(:'a'); RESET ALL; SELECT public.see() AS after_reset_all;
SELECT productgraph.set_current_org(:'a'); RESET productgraph.current_org; SELECT public.see() AS after_reset;
SELECT productgraph.set_current_org(:'a'); SET productgraph.current_org TO DEFAULT; SELECT public.see() AS after_default;
SELECT productgraph.set_current_org(:'a'); DISCARD ALL;
SET search_path = productgraph, public; SET ROLE regress_tenant_a; SELECT public.see() AS after_discard_all;

-- Another role does not inherit the choice: it holds for roles that could have made it.
SET ROLE regress_tenant_a; SELECT set_current_org(:'a');
SET ROLE regress_tenant_b; SELECT public.see() AS of_another_analyst, current_org_id() IS NULL AS none;
SELECT count(*) FROM events; SELECT count(*) FROM sessions; SELECT count(*) FROM organizations;
SET ROLE regress_tenant_service; SELECT public.see() AS of_a_service;
SET ROLE regress_tenant_nobody; SELECT current_org_id() IS NULL AS of_nobody; SELECT count(*) FROM events;
SET ROLE regress_tenant_a; SELECT public.see() AS back;
-- Nor from a service or a superuser that chose before.
SET ROLE regress_tenant_service; SELECT set_current_org(:'b');
SET ROLE regress_tenant_a; SELECT public.see() AS of_a;
SET ROLE regress_tenant_b; SELECT public.see() AS of_b;
RESET ROLE; SELECT set_current_org(:'b');
SET ROLE regress_tenant_a; SELECT public.see() AS of_a;
SET SESSION AUTHORIZATION regress_tenant_a; SELECT public.see() AS of_a;
RESET SESSION AUTHORIZATION;
-- Within one transaction, too.
BEGIN; SELECT set_current_org(:'b', true); SELECT count(*) > 0 AS bs FROM events WHERE page_path = '/canary-b';
SET LOCAL ROLE regress_tenant_a; SELECT public.see() AS of_a; RESET ROLE; COMMIT;

-- A function with the rights of a service may choose for its caller, who keeps the choice.
SET ROLE regress_tenant_service;
CREATE FUNCTION pg_temp.log_in(org uuid) RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT productgraph.set_current_org(org)';
SET ROLE regress_tenant_b; SELECT pg_temp.log_in(:'a'); SELECT public.see();
SET ROLE regress_tenant_nobody; SELECT current_org_id() IS NULL AS of_nobody;
RESET ROLE;

-- A member that is removed loses what it had chosen, from its next transaction on.
SET ROLE regress_tenant_service; SELECT add_member('regress_tenant_a', :'b');
SET ROLE regress_tenant_a; SELECT set_current_org(:'b'); SELECT public.see();
BEGIN; SELECT public.see() AS before;
SET ROLE regress_tenant_service; SELECT remove_member('regress_tenant_a', :'b');
COMMIT;
SET ROLE regress_tenant_a; SELECT public.see() AS after;
-- Likewise a role that is no service any more.
RESET ROLE; GRANT productgraph_service TO regress_tenant_a;
SET ROLE regress_tenant_a; SELECT set_current_org(:'b'); SELECT public.see();
RESET ROLE; REVOKE productgraph_service FROM regress_tenant_a;
SET ROLE regress_tenant_a; SELECT public.see() AS after;
-- Members by way of a role that was added.
RESET ROLE;
CREATE ROLE regress_tenant_team; GRANT regress_tenant_team TO regress_tenant_nobody; GRANT productgraph_analyst TO regress_tenant_nobody;
SELECT add_member('regress_tenant_team', :'b');
SET ROLE regress_tenant_nobody; SELECT set_current_org(:'b'); SELECT public.see();
RESET ROLE; REVOKE regress_tenant_team FROM regress_tenant_nobody;
SET ROLE regress_tenant_nobody; SELECT public.see() AS after; SELECT set_current_org(:'b');
RESET ROLE; REVOKE productgraph_analyst FROM regress_tenant_nobody; DROP ROLE regress_tenant_team;
-- The entry of a role that was dropped is forgotten, before another role can get its number.
SELECT count(*) AS orphans FROM organization_members m WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = m.role);
SELECT task, done FROM maintain() WHERE task ~ 'members';
SELECT count(*) AS orphans FROM organization_members m WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = m.role);
-- Only a service role manages members.
SET ROLE regress_tenant_a; SELECT add_member('regress_tenant_a', :'b'); SELECT remove_member('regress_tenant_a', :'a');
SET ROLE regress_tenant_ingest; SELECT add_member('regress_tenant_ingest', :'b');
SET ROLE regress_tenant_a; INSERT INTO organization_members VALUES (:'b', 'regress_tenant_a'); UPDATE organization_members SET org_id = :'b';
RESET ROLE;
DROP FUNCTION public.see();
