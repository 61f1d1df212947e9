-- Every object of the store, as its catalog has it (T5, T6).
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT id AS a FROM organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM organizations WHERE slug = 'tenant-b' \gset
-- A partition made later is guarded like the rest.
SELECT create_partition('2002-02-05');
SELECT c.oid::regclass AS unguarded FROM pg_class c
WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'maintenance_runs'
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND pg_get_userbyid(c.relowner) = 'productgraph_owner'
    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'
      AND p.polcmd = '*' AND p.polpermissive AND p.polroles = '{0}'
      AND pg_get_expr(p.polqual, c.oid) ~ '^\((org_)?id = \( SELECT (productgraph\.)?current_org_id\(\) AS current_org_id\)\)$'));
-- Tables of the store that tenant_tables() does not know would be forgotten by removal.
SELECT c.relname AS unknown FROM pg_class c WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition AND c.relname <> ALL (tenant_tables()) AND c.relname <> 'maintenance_runs';
-- Every other policy, for whom it is. Those for the owner let ingestion look up whose a key is, and maintain() work.
SELECT polrelid::regclass AS table, polname, polcmd, ARRAY(SELECT r::regrole FROM unnest(polroles) r) AS roles, pg_get_expr(polqual, polrelid) AS using
FROM pg_policy WHERE polname <> 'tenant' AND polrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace) ORDER BY 1, 2;
-- Views without security_invoker, materialized views, foreign tables.
SELECT oid::regclass FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace
  AND (relkind IN ('m', 'f') OR relkind = 'v' AND NOT coalesce(reloptions @> '{security_invoker=true}', false));
-- Functions with their owner's rights, marked as leaking nothing, or replacing what others see.
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'productgraph'::regnamespace AND (prosecdef OR proleakproof);
-- Privileges beyond reading and writing rows, and any for everybody or on partitions and sequences.
SELECT c.oid::regclass, a.grantee::regrole, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'productgraph'::regnamespace AND a.grantee <> c.relowner
  AND (a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') OR a.grantee = 0 OR c.relispartition OR c.relkind = 'S' OR a.is_grantable);
SELECT c.oid::regclass, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE c.relnamespace = 'productgraph'::regnamespace AND attacl IS NOT NULL ORDER BY 2;
SELECT grantee::regrole, privilege_type FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'productgraph' AND grantee <> nspowner ORDER BY 1, 2;
-- The roles of the store can neither log in nor step over anything.
SELECT rolname FROM pg_roles WHERE rolname ~ '^productgraph_' AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolreplication);
SELECT roleid::regrole, member::regrole FROM pg_auth_members WHERE member::regrole::text ~ '^productgraph_';

-- Whatever can be read holds no row of another organization: tables, partitions, sequences, TOAST.
SET SESSION AUTHORIZATION regress_tenant_a;
SELECT productgraph.set_current_org(:'a');
CREATE FUNCTION pg_temp.readable(OUT relation text, OUT own bigint, OUT other bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  FOR relation IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 't') AND (n.nspname = 'productgraph' OR c.relname ~ '^pg_toast_[0-9]+$') ORDER BY c.relname COLLATE "C"
  LOOP
    BEGIN
      EXECUTE format('SELECT count(*) FILTER (WHERE t::text ~ ''canary-a''), count(*) FILTER (WHERE t::text ~ ''canary-b'') FROM (SELECT * FROM %s) t', relation) INTO own, other;
      RETURN NEXT;
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
  END LOOP;
END $$;
SELECT * FROM pg_temp.readable();
-- A service role finds the keys, too.
SET SESSION AUTHORIZATION regress_tenant_service;
SELECT productgraph.set_current_org(:'a');
SELECT relation, own, other FROM pg_temp.readable() WHERE relation ~ 'key|organizations|default';
-- An ingest role and one with no role at all: nothing.
SET SESSION AUTHORIZATION regress_tenant_ingest; SELECT count(*) FROM pg_temp.readable();
SET SESSION AUTHORIZATION regress_tenant_nobody; SELECT count(*) FROM pg_temp.readable();
RESET SESSION AUTHORIZATION;
SELECT productgraph.clear_current_org();
-- The partition is readable to whoever is granted it, under the same policy.
SET search_path = productgraph, public;
GRANT SELECT ON events_default, events_20020204 TO regress_tenant_a;
SET ROLE regress_tenant_a;
SELECT count(*) FROM events_20020204;
SELECT set_current_org(:'a');
SELECT count(*), min(page_path), max(page_path) FROM events_20020204;
RESET ROLE;
REVOKE SELECT ON events_default, events_20020204 FROM regress_tenant_a;
