-- Dropping the extension says what depends on it; the rows stay, and it can come back.
\set VERBOSITY terse
SELECT count(*) AS events FROM productgraph.events \gset
SELECT count(*) AS projects FROM productgraph.projects \gset
SELECT :events > 900 AS enough;
DROP EXTENSION productgraph;
SET client_min_messages = warning;
DROP EXTENSION productgraph CASCADE;
SELECT (SELECT count(*) FROM productgraph.events) = :events AND (SELECT count(*) FROM productgraph.projects) = :projects AS all_there;
-- Without policies nobody but a superuser sees anything.
CREATE ROLE regress_pg_reader;
GRANT productgraph_analyst TO regress_pg_reader;
SET ROLE regress_pg_reader;
SELECT count(*) FROM productgraph.events;
RESET ROLE;
DROP ROLE regress_pg_reader;
CREATE EXTENSION productgraph;
SELECT productgraph.setup();
SELECT count(*) AS unguarded FROM pg_class c
WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'maintenance_runs'
  AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant');
SELECT (SELECT count(*) FROM productgraph.events) = :events AS all_there;
SELECT id FROM productgraph.organizations WHERE slug = 'maintenance' \gset
SELECT productgraph.create_project(:'id', 'after', settings => '{"wrong": 1}');
SELECT productgraph.create_project(:'id', 'after');
