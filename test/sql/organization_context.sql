-- The current organization: who may choose it, and what it lets a session see.
\set VERBOSITY terse
SET search_path = productgraph, public;
CREATE ROLE regress_pg_analyst LOGIN;
CREATE ROLE regress_pg_service LOGIN;
CREATE ROLE regress_pg_ingest LOGIN;
GRANT productgraph_analyst TO regress_pg_analyst;
GRANT productgraph_service TO regress_pg_service;
GRANT productgraph_ingest TO regress_pg_ingest;

-- A service role makes organizations and what belongs to them.
SET ROLE regress_pg_service;
SELECT create_organization('context-a', 'A') AS org_a \gset
SELECT create_organization('context-b', 'B') AS org_b \gset
SELECT create_organization('context-a', 'taken');
SELECT create_organization('Not a slug', 'x');
SELECT create_project(:'org_a', 'context_project', settings => '{"open_ingest": true}');
SELECT create_project(:'org_b', 'context_project');
SELECT create_project(:'org_b', 'context_project');
SELECT create_project(:'org_b', 'context_project_2', settings => '{"open_ingst": true}');
SELECT create_project(:'org_b', 'context_project_2', settings => '{"open_ingest": 1}');
SELECT create_project('00000000-0000-0000-0000-000000000000', 'nowhere');
SELECT create_api_key(:'org_b', 'context_project', 'b') AS key_b \gset
SELECT create_api_key(:'org_b', 'no_such_project', 'x');
SELECT :'key_b' ~ '^pgk_[0-9a-f]{64}$' AS key_looks_right;
SELECT current_org_id();
SELECT add_member('regress_pg_analyst', :'org_a');

SELECT ingest('[{"event_id":"same","project_id":"context_project","session.id":"same","event.type":"page.view",
  "event.timestamp":"2026-01-01T00:00:00Z","page.path":"/a"}]');
SELECT ingest('[{"event_id":"same","project_id":"context_project","session.id":"same","event.type":"page.view",
  "event.timestamp":"2026-01-01T00:00:00Z","page.path":"/b"}]', :'key_b');

-- Who owns the tables is told what making one takes.
RESET ROLE;
CREATE ROLE regress_pg_owner IN ROLE productgraph_owner;
GRANT EXECUTE ON FUNCTION create_organization(text, text) TO regress_pg_owner;
SET ROLE regress_pg_owner;
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT create_organization('context-c', 'C');
\set VERBOSITY terse
\set SHOW_CONTEXT errors
RESET ROLE;
REVOKE EXECUTE ON FUNCTION create_organization(text, text) FROM regress_pg_owner;
DROP ROLE regress_pg_owner;

-- An analyst sees the organization it is a member of, once it is chosen, and nothing else.
SET ROLE regress_pg_analyst;
SELECT count(*) FROM events;
SELECT set_current_org(:'org_a'); SELECT page_path FROM events;
SELECT page_path FROM events_default;
SELECT entry_page, events FROM sessions;
SELECT slug FROM organizations;
SELECT id FROM projects;
SELECT role FROM organization_members;
SELECT count(*) FROM api_keys;
SELECT count(*) FROM event_keys;
DELETE FROM events;
INSERT INTO sessions (org_id, project_id, session_id) VALUES (:'org_a', 'x', 'x');
SELECT set_current_org(:'org_b');
SELECT set_current_org('00000000-0000-0000-0000-000000000000');
SELECT current_org_id() = :'org_a' AS unchanged;
SELECT create_organization('x', 'x');
SELECT ingest('[]');
SELECT maintain();

-- A service role may choose any, and sees the chosen one only.
SET ROLE regress_pg_service;
SELECT set_current_org(:'org_b');
SELECT page_path FROM events;
SELECT id FROM projects;
UPDATE projects SET org_id = :'org_a';
SELECT count(*) FROM organizations WHERE slug LIKE 'context-%';
SELECT set_current_org(NULL);
SELECT set_current_org('00000000-0000-0000-0000-000000000000');
SELECT clear_current_org();
SELECT current_org_id(), (SELECT count(*) FROM events) AS events;

-- An ingest role may ingest, and read nothing.
SET ROLE regress_pg_ingest;
SELECT ingest('[]', :'key_b');
SELECT * FROM events;
SELECT set_current_org(:'org_a');

-- No other way leads to the setting.
SET productgraph.current_org = '00000000-0000-0000-0000-000000000000';
SET productgraph.current_org = '';
SELECT set_config('productgraph.current_org', '00000000-0000-0000-0000-000000000000', false);
RESET ROLE;
CREATE FUNCTION pg_temp.forge() RETURNS uuid LANGUAGE sql SET productgraph.current_org = 'x'
  AS 'SELECT productgraph.current_org_id()';
ALTER ROLE regress_pg_analyst SET productgraph.current_org = 'x';
ALTER DATABASE regression SET productgraph.current_org = 'x';
SET productgraph.no_such_setting = 1;

-- Scope: the transaction with is_local, rolled back with savepoints, gone after DISCARD and RESET.
SELECT set_current_org(:'org_a');
BEGIN;
SELECT set_current_org(:'org_b', true);
SAVEPOINT before;
SELECT clear_current_org(true);
SELECT current_org_id() IS NULL AS cleared;
ROLLBACK TO before;
SELECT current_org_id() = :'org_b' AS back_to_b;
COMMIT;
SELECT current_org_id() = :'org_a' AS back_to_a;
BEGIN;
SELECT set_current_org(:'org_b');
ROLLBACK;
SELECT current_org_id() = :'org_a' AS still_a;
DISCARD ALL;
SELECT productgraph.current_org_id() IS NULL AS discarded;
SET search_path = productgraph, public;
SELECT set_current_org(:'org_a');
RESET productgraph.current_org;
SELECT current_org_id() IS NULL AS reset;

-- Revoking.
SET ROLE regress_pg_service;
SELECT set_current_org(:'org_b');
SELECT revoke_api_key(:'org_b', id), revoke_api_key(:'org_b', id) AS again FROM api_keys WHERE label = 'b';
SELECT ingest('[]', :'key_b');
SELECT remove_member('regress_pg_analyst', :'org_a'), remove_member('regress_pg_analyst', :'org_a') AS again;
SET ROLE regress_pg_analyst;
SELECT set_current_org(:'org_a');
RESET ROLE;

DELETE FROM organizations WHERE slug LIKE 'context-%';
DELETE FROM events WHERE project_id = 'context_project';
DELETE FROM event_keys;
DELETE FROM sessions;
DROP ROLE regress_pg_analyst, regress_pg_service, regress_pg_ingest;
