-- drop_project(): no row of it stays, none of another goes.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT create_organization('dropping-a', 'Dropping A') AS a \gset
SELECT create_organization('dropping-b', 'Dropping B') AS b \gset
CREATE ROLE regress_drop_service LOGIN IN ROLE productgraph_service;
CREATE ROLE regress_drop_analyst LOGIN IN ROLE productgraph_analyst;
SELECT add_member('regress_drop_analyst', :'a');
CREATE FUNCTION pg_temp.fill(org uuid, project text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  key text := productgraph.create_api_key(org, project, 'fill');
BEGIN
  PERFORM productgraph.set_current_org(org, true);
  PERFORM productgraph.create_journey(project, 'j', '["page.view"]', 'J');
  INSERT INTO productgraph.snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (org, project, 's', 1, now());
  INSERT INTO productgraph.packed_projects VALUES (org, project);
  INSERT INTO productgraph.ingestion_issues (org_id, project_id, noticed_at, field, code, message) VALUES (org, project, now(), 'f', 'c', 'm');
  RETURN productgraph.ingest((SELECT jsonb_agg(jsonb_build_object('event_id', n::text, 'project_id', project, 'session.id', 's' || n % 3, 'event.type', 'custom',
    'event.timestamp', CASE WHEN n < 5 THEN timestamptz '1990-01-01' ELSE now() END)) FROM generate_series(1, 10) n)::text, key) ->> 'accepted';
END $$;
-- Rows by table, those of projects and event keys by their project as it was when they were made.
CREATE FUNCTION pg_temp.rows_of(org uuid, project text, OUT relation name, OUT rows bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  FOREACH relation IN ARRAY productgraph.tenant_tables() LOOP
    CONTINUE WHEN relation IN ('organizations', 'organization_members');
    EXECUTE format('SELECT count(*) FROM productgraph.%I t WHERE t.org_id = $1 AND %s', relation,
      CASE relation WHEN 'projects' THEN 't.id = $2' WHEN 'event_keys' THEN 't.key IN (SELECT productgraph.event_key($2, n::text) FROM generate_series(1, 10) n)' ELSE 't.project_id = $2' END) INTO rows USING org, project;
    RETURN NEXT;
  END LOOP;
END $$;
SELECT create_project(org, project), pg_temp.fill(org, project) FROM unnest(ARRAY[:'a', :'b']::uuid[]) org, unnest('{one,two}'::text[]) project;
SELECT packed >= 24 AS packed FROM pack_events();
SELECT relation, CASE WHEN relation = 'segments' THEN least(rows, 1) ELSE rows END AS rows FROM pg_temp.rows_of(:'a', 'one');
SET ROLE regress_drop_analyst;
SELECT set_current_org(:'a');
SELECT drop_project('one');
SELECT remove_project_events(:'a', 'one');
DELETE FROM projects;
SET ROLE regress_drop_service;
SELECT clear_current_org();
SELECT drop_project('one');
SELECT set_current_org(:'a');
SELECT drop_project('none');
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT drop_project('one'); ROLLBACK;
SELECT drop_project('one');
SELECT drop_project('one');
SELECT current_org_id() = :'a' AS same_org;
RESET ROLE;
SELECT * FROM pg_temp.rows_of(:'a', 'one') WHERE rows > 0;
SELECT o.slug, p AS project, array_agg(DISTINCT rows) AS rows FROM organizations o, unnest('{one,two}'::text[]) p, pg_temp.rows_of(o.id, p) WHERE slug LIKE 'dropping-%' GROUP BY 1, 2 ORDER BY 1, 2;
-- The same again is a project of its own: its events are no repeats.
SELECT clear_current_org();
SELECT create_project(:'a', 'one');
SELECT pg_temp.fill(:'a', 'one'), (SELECT count(*) FROM events WHERE org_id = :'a' AND project_id = 'one') AS events_before;
SELECT count(*) AS events FROM events WHERE org_id = :'a' AND project_id = 'one';
-- A plain DELETE is no different.
SELECT packed >= 6 AS packed FROM pack_events();
DELETE FROM projects WHERE org_id = :'a';
SELECT count(*) AS left FROM unnest('{one,two}'::text[]) p, pg_temp.rows_of(:'a', p) WHERE rows > 0;
SELECT count(*) FILTER (WHERE rows > 0) AS tables_of_b FROM unnest('{one,two}'::text[]) p, pg_temp.rows_of(:'b', p);
SELECT drop_organization(:'a'), drop_organization(:'b');
DROP ROLE regress_drop_service, regress_drop_analyst;
