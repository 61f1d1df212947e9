-- The demo database's contents; may be run again at any time.
SET client_min_messages = warning;
SELECT NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'productgraph') AS is_new \gset
\if :is_new
  CREATE EXTENSION productgraph;
\else
  -- It warns that setup() comes next.
  SET client_min_messages = error;
  ALTER EXTENSION productgraph UPDATE;
  SET client_min_messages = warning;
\endif
SELECT productgraph.setup() \g /dev/null
SELECT format('ALTER DATABASE %I SET search_path = "$user", public, productgraph', current_database()) \gexec

SELECT format('CREATE ROLE %I LOGIN IN ROLE %I', login, granted)
  FROM (VALUES ('sidecar', 'productgraph_ingest'), ('analyst', 'productgraph_analyst'),
               ('app', 'productgraph_service')) AS roles (login, granted)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) \gexec

SELECT NOT EXISTS (SELECT FROM productgraph.organizations WHERE slug = 'demo') AS is_new \gset
\if :is_new
  SELECT productgraph.create_organization('demo', 'Demo Organization') AS org_id \gset
  SELECT productgraph.create_project(:'org_id', 'proj_demo', 'Demo shop',
                                     settings => '{"open_ingest": true}') \g /dev/null
  SELECT productgraph.add_member('analyst', :'org_id') \g /dev/null
\endif
