-- A database's contents: the extension, the store, a login role for each kind of user, and a first organization with a
-- project. The variables organization, organization_name, project, project_name and project_settings say which; without
-- organization there is none. May be run again at any time: updates the extension, and changes nothing else that is there.
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
               ('app', 'productgraph_service'), ('keeper', 'productgraph_owner')) AS roles (login, granted)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) \gexec

\if :{?organization}
  SELECT NOT EXISTS (SELECT FROM productgraph.organizations WHERE slug = :'organization') AS is_new \gset
  \if :is_new
    SELECT productgraph.create_organization(:'organization', :'organization_name') AS org_id \gset
    SELECT productgraph.create_project(:'org_id', :'project', :'project_name', settings => :'project_settings') \g /dev/null
    SELECT productgraph.add_member('analyst', :'org_id') \g /dev/null
  \endif
\endif
