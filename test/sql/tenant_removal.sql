-- Maintenance leaves each row with its organization (T15), and deleting an organization leaves none of its rows (T19).
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT id AS a FROM organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM organizations WHERE slug = 'tenant-b' \gset
SELECT public.fingerprint(:'a') AS before_a, public.fingerprint(:'b') AS before_b \gset
-- Rows of both move from the default partition to the week's, as the owner, whatever organization is chosen.
SET ROLE regress_tenant_service;
SELECT set_current_org(:'a');
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp) VALUES (:'a', now(), 'old', 'shared', 'old', 'custom', '2003-01-01');
SELECT set_current_org(:'b');
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp) VALUES (:'b', now(), 'old', 'shared', 'old', 'custom', '2003-01-01');
RESET ROLE;
GRANT productgraph_owner TO regress_tenant_nobody;
SET ROLE regress_tenant_nobody;
SELECT create_partition('2003-01-01');
SELECT task FROM maintain() ORDER BY 1;
-- The owner writes no row of an organization that is not chosen. It reads none of what happened, but events while it packs them.
SELECT count(*) FROM events; SELECT count(*) FROM sessions; UPDATE projects SET name = 'x'; DELETE FROM organizations; DELETE FROM organization_members;
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp) VALUES (:'b', now(), 'new', 'shared', 'old', 'custom', now());
RESET ROLE;
REVOKE productgraph_owner FROM regress_tenant_nobody;
DELETE FROM events WHERE event_id = 'old' RETURNING tableoid::regclass, org_id = :'a' AS of_a;
SELECT public.fingerprint(:'a') = :'before_a' AS same_a, public.fingerprint(:'b') = :'before_b' AS same_b;

-- Only a service role deletes.
SET ROLE regress_tenant_a; SELECT drop_organization(:'a'); DELETE FROM organizations;
SET ROLE regress_tenant_ingest; SELECT drop_organization(:'a');
SET ROLE regress_tenant_service;
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT drop_organization(:'b'); ROLLBACK;
SELECT clear_current_org();
SELECT drop_organization(:'b'), drop_organization(:'b') AS again;
SELECT current_org_id() IS NULL AS none_chosen;
RESET ROLE;
-- Every table, by the catalog: those with the organization's id in any column, partitions one by one.
CREATE FUNCTION pg_temp.rows_of(org uuid, OUT relation regclass, OUT rows bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  FOR relation IN SELECT oid FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace AND relkind IN ('r', 'm') ORDER BY relname COLLATE "C" LOOP
    EXECUTE format('SELECT count(*) FROM %s t WHERE to_jsonb(t)::text ~ $1::text OR to_jsonb(t)::text ~ ''canary-b''', relation) INTO rows USING org;
    CONTINUE WHEN rows = 0;
    RETURN NEXT;
  END LOOP;
END $$;
SELECT * FROM pg_temp.rows_of(:'b');
SELECT count(*) >= 11 AS rows_of_a_are_found FROM pg_temp.rows_of(:'a');
SELECT public.fingerprint(:'a') = :'before_a' AS same_a;
-- Its members have lost it, and its keys are unknown.
SET ROLE regress_tenant_b; SELECT set_current_org(:'b'); RESET ROLE;
-- A plain DELETE is no different.
SET ROLE regress_tenant_service;
SELECT set_current_org(:'a');
DELETE FROM organizations WHERE slug = 'tenant-a';
RESET ROLE;
SELECT * FROM pg_temp.rows_of(:'a');
DROP ROLE regress_tenant_a, regress_tenant_b, regress_tenant_service, regress_tenant_ingest, regress_tenant_nobody;
DROP FUNCTION public.attempt(text), public.plan_of(text), public.fingerprint(uuid);
