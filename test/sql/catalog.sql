-- The catalog holds what the conventions ask of every object.
-- Public objects without a comment.
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'productgraph'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL;
-- Functions that run with their owner's rights, and functions in SQL or PL/pgSQL without a pinned search_path
-- (bodies parsed at creation need none, and procedures that commit can have none).
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'productgraph'::regnamespace AND p.prosecdef;
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'productgraph'::regnamespace AND l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL AND p.prokind <> 'p'
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false);
-- Volatility and parallel safety, as thought about.
\pset format unaligned
SELECT p.oid::regprocedure AS function, p.provolatile AS volatile, p.proparallel AS parallel, p.proisstrict AS strict
FROM pg_proc p WHERE p.pronamespace = 'productgraph'::regnamespace
ORDER BY p.oid::regprocedure::text COLLATE "C";
\pset format aligned
-- Functions that not everybody may call.
SELECT p.oid::regprocedure AS guarded FROM pg_proc p
WHERE p.pronamespace = 'productgraph'::regnamespace
  AND NOT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
ORDER BY p.oid::regprocedure::text COLLATE "C";
-- Every table of the store but that of maintain(), partitions included, is under row-level security, forced, with a policy.
SELECT c.oid::regclass AS unguarded FROM pg_class c
WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'maintenance_runs'
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity
           AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'));
-- Tenant tables have org_id, never null, first in every unique key but that of organizations and of key hashes.
SELECT c.oid::regclass AS no_org FROM pg_class c
WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT IN ('organizations', 'maintenance_runs')
  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND a.attnotnull);
SELECT i.indexrelid::regclass AS index FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname <> 'org_id' AND i.indisunique
ORDER BY 1;
-- What the roles may do with the tables.
SELECT c.relname, r.rolname, string_agg(privilege_type, ' ' ORDER BY privilege_type) AS privileges
FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p')
  AND r.rolname IN ('productgraph_service', 'productgraph_ingest', 'productgraph_analyst')
GROUP BY 1, 2 ORDER BY 1, 2;
