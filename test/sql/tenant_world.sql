-- Two organizations for the tests named tenant_*: each has a row with its canary in every table, the same event and session
-- ids, a member of its own, and a role that may choose both.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET client_min_messages = warning;
CREATE ROLE regress_tenant_a LOGIN IN ROLE productgraph_analyst;
CREATE ROLE regress_tenant_b LOGIN IN ROLE productgraph_analyst;
CREATE ROLE regress_tenant_service LOGIN IN ROLE productgraph_service;
CREATE ROLE regress_tenant_ingest LOGIN IN ROLE productgraph_ingest;
CREATE ROLE regress_tenant_nobody LOGIN;

CREATE PROCEDURE public.fill_tenant(letter text) LANGUAGE plpgsql SET search_path = productgraph, pg_catalog AS $$
DECLARE
  org uuid := create_organization('tenant-' || letter, 'canary-' || letter);
  canary text := 'canary-' || letter;
  key text;
BEGIN
  PERFORM set_current_org(org, true);
  PERFORM create_project(org, 'shared', canary), create_project(org, 'of-' || letter, settings => '{"open_ingest": true}');
  PERFORM add_member(('regress_tenant_' || letter)::regrole, org);
  key := create_api_key(org, 'shared', canary);
  -- Lately and long ago: in partitions of weeks, and in events_default.
  PERFORM ingest(jsonb_agg(jsonb_build_object('event_id', 'event-' || n, 'project_id', 'shared', 'session.id', 'session-' || n % 50,
      'user.id', canary || '-' || n % 20, 'event.type', (ARRAY['page.view', 'ui.click', 'state.change'])[1 + n % 3],
      'event.timestamp', CASE WHEN n % 100 = 0 THEN timestamptz '2002-02-05' ELSE now() - n * interval '1 minute' END,
      'event.sequence', n, 'page.path', '/' || canary, 'ui.state.key', canary, 'ui.state.after', canary,
      'metadata', jsonb_build_object('secret', canary, 'long', repeat(canary, 500)))),
    key) FROM generate_series(1, 500) n;
  PERFORM create_journey('shared', 'journey', '["page.view"]', canary);
  INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at, page_path, content)
    VALUES (org, 'shared', 'session-1', 1, now(), canary, canary::bytea);
  INSERT INTO ingestion_issues (org_id, project_id, noticed_at, field, code, message) VALUES (org, 'shared', now(), 'x', 'x', canary);
END $$;
CALL public.fill_tenant('a');
CALL public.fill_tenant('b');
SELECT packed > 0 AS packed FROM pack_events();
INSERT INTO packed_projects SELECT id, 'canary-' || right(slug, 1) FROM organizations WHERE slug LIKE 'tenant-%';
DROP PROCEDURE public.fill_tenant;

-- What comes of a statement: how many rows, or the SQLSTATE, with the message where it is the same in all versions.
CREATE FUNCTION public.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  rows bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS rows = ROW_COUNT;
  RETURN rows || ' rows';
EXCEPTION WHEN others THEN
  RETURN SQLSTATE || CASE WHEN SQLERRM ~ 'row-level security|current organization|API key|denied for (table|function)' THEN ' ' || SQLERRM ELSE '' END;
END $$;
-- How a statement is planned.
CREATE FUNCTION public.plan_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  line text;
  plan text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
    plan := plan || line || E'\n';
  END LOOP;
  RETURN plan;
END $$;
-- Every row of an organization. What is packed follows the rows, so it is only looked for.
CREATE FUNCTION public.fingerprint(org uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  relation name;
  found text;
  sum text := '';
BEGIN
  FOREACH relation IN ARRAY productgraph.tenant_tables() LOOP
    EXECUTE format('SELECT %s FROM productgraph.%I t WHERE %I = $1',
      CASE WHEN relation = ANY (productgraph.packed_tables()) THEN 'max(''packed'')' ELSE 'md5(string_agg(t::text, '''' ORDER BY t::text COLLATE "C"))' END,
      relation, CASE relation WHEN 'organizations' THEN 'id' ELSE 'org_id' END) INTO found USING org;
    sum := sum || coalesce(found, relation || ' is empty') || E'\n';
  END LOOP;
  RETURN sum;
END $$;

SELECT o.slug, (SELECT count(*) FROM events e WHERE e.org_id = o.id) AS events, (SELECT count(*) FROM sessions s WHERE s.org_id = o.id) AS sessions
FROM organizations o WHERE slug LIKE 'tenant-%' ORDER BY 1;
-- No table is without a canary to find, so that finding none means something.
SELECT public.fingerprint(id) ~ 'empty' AS something_empty FROM organizations WHERE slug LIKE 'tenant-%';
ANALYZE productgraph.events, productgraph.sessions, productgraph.projects;
