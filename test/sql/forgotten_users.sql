-- forget_user() and export_user(): what is a person's, that nothing of it stays, and that nothing else goes.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
-- Sessions computed anew are as ingestion left them: ties, gaps and all.
SELECT org_id AS merging FROM projects WHERE id = 'merging 1' \gset
CREATE TEMP TABLE sessions_before AS SELECT * FROM sessions WHERE project_id = 'merging 1';
UPDATE sessions SET events = 0, entry_page = 'wrong', exit_at = NULL, user_id = 'wrong' WHERE project_id = 'merging 1';
SELECT (SELECT count(*) FROM sessions_before) > 20 AS some, rebuild_sessions(:'merging', 'merging 1', ARRAY(SELECT session_id FROM sessions_before)) = ROW(0::bigint, (SELECT count(*) FROM sessions_before)) AS all_rebuilt;
SELECT count(*) AS different FROM ((TABLE sessions_before EXCEPT SELECT * FROM sessions WHERE project_id = 'merging 1')
  UNION ALL (SELECT * FROM sessions WHERE project_id = 'merging 1' EXCEPT TABLE sessions_before)) d;

SELECT create_organization('forgetful', 'Forgetful') AS a \gset
SELECT create_organization('mindful', 'Mindful') AS b \gset
CREATE ROLE regress_forget_service LOGIN IN ROLE productgraph_service;
CREATE ROLE regress_forget_analyst LOGIN IN ROLE productgraph_analyst;
CREATE ROLE regress_forget_other LOGIN IN ROLE productgraph_analyst;
SELECT add_member('regress_forget_analyst', :'a'), add_member('regress_forget_other', :'b');
-- The same in two organizations, and in two projects of each.
CREATE TEMP TABLE story (id text, session text, fields jsonb);
INSERT INTO story VALUES
  ('before', 's1', '{"user.anonymous_id": "device-7", "page.path": "/"}'), ('login', 's1', '{"user.id": "ann", "user.anonymous_id": "device-7", "page.path": "/in"}'),
  ('after', 's1', '{"page.path": "/cart"}'), ('visitor', 's2', '{"user.anonymous_id": "device-7"}'), ('shared', 's3', '{"user.id": "ann", "page.path": "/ann", "metadata": {"cart": null}, "colour": "red"}'),
  ('nobody', 's3', '{"page.path": "/nobody"}'), ('bob', 's3', '{"user.id": "bob", "user.anonymous_id": "device-7", "page.path": "/bob"}'),
  ('bob alone', 's4', '{"user.id": "bob", "user.anonymous_id": "device-8"}'), ('stranger', 's5', '{"user.anonymous_id": "device-9"}'),
  ('annette', 's6', '{"user.id": "annette"}'), ('of ann', 's6', '{"page.path": "/users/ann"}');
CREATE FUNCTION pg_temp.tell(org uuid, project text, ids text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  key text := productgraph.create_api_key(org, project, 'story');
BEGIN
  RETURN productgraph.ingest((SELECT jsonb_agg(jsonb_build_object('event_id', ids || id, 'project_id', project, 'session.id', session, 'event.type', 'page.view',
    'event.timestamp', '2026-03-01T12:00:00Z'::timestamptz + n * interval '1 minute') || fields) FROM (SELECT *, row_number() OVER () n FROM story) s)::text, key);
END $$;
SELECT create_project(org, project), pg_temp.tell(org, project, '') -> 'accepted' FROM unnest(ARRAY[:'a', :'b']::uuid[]) WITH ORDINALITY o(org, n), unnest('{shop,blog}'::text[]) project ORDER BY n, project;
INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at, page_path) SELECT org, 'shop', session, 1, '2026-03-01T12:00:30Z', '/x'
  FROM unnest(ARRAY[:'a', :'b']::uuid[]) org, unnest('{s1,s2,s3,s4,s5}'::text[]) session;
INSERT INTO ingestion_issues (org_id, project_id, noticed_at, event_id, field, code, message, sample) SELECT org, 'shop', '2026-03-02', id, 'f', 'c', message, sample
  FROM unnest(ARRAY[:'a', :'b']::uuid[]) org, (VALUES ('i1', 'm', '{"user.id":"ann","session.id":"s9"}'), ('i2', 'm', '{"user.id":"annette"}'), ('i3', 'm', '{"session.id":"s2"}'), ('i4', 'unknown user "ann"', NULL),
    ('i5', 'm', '{"user.anonymous_id":"device-7"}'), ('i8', 'm', '{"metadata":"{\"by\":\"ann\"}"}'), ('i6', 'm', 'ann is in no JSON'), ('i7', 'm', '{"user.id":"bob"}')) v(id, message, sample);
SELECT count(*) AS annotated FROM (VALUES ('a+b', 'a+b', true), ('xa+b', 'a+b', false), ('aab', 'a+b', false), ('"ünal"', 'ünal', true), ('{"u":"ann"}', 'ann', true), ('joann', 'ann', false), ('a_b', 'b', true)) v(t, w, yes)
  WHERE mentions(t, w) <> yes;

-- An analyst exports what it can see, in order of time.
SET ROLE regress_forget_analyst;
SELECT * FROM export_user('shop', 'ann');
SELECT set_current_org(:'a');
SELECT held ->> 'table' AS "table", coalesce(held ->> 'event_id', held ->> 'session_id') AS id, coalesce(held ->> 'timestamp', held ->> 'started_at', held ->> 'captured_at', held ->> 'noticed_at') AS at FROM export_user('shop', 'ann') held;
SELECT held - 'received_at' - 'org_id' AS event FROM export_user('shop', 'ann') held WHERE held ->> 'event_id' IN ('login', 'shared');
SELECT count(*) FROM export_user('shop', 'nobody');
SELECT * FROM export_user('none', 'ann');
SELECT * FROM export_user('shop', NULL);
SELECT * FROM forget_user('shop', 'ann');
SELECT rebuild_sessions(:'a', 'shop', '{}');
SET ROLE regress_forget_other;
SELECT set_current_org(:'a');
SELECT * FROM export_user('shop', 'ann');
SELECT set_current_org(:'b');
SELECT count(*) AS of_b, count(*) FILTER (WHERE held ->> 'org_id' <> :'b' AND held ? 'org_id') AS other FROM export_user('shop', 'ann') held;
RESET ROLE;

-- A service role forgets, in the organization it has chosen.
SELECT clear_current_org();
CREATE FUNCTION pg_temp.print(org uuid, other_than text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  relation name;
  found text;
  sum text := '';
BEGIN
  FOREACH relation IN ARRAY productgraph.tenant_tables() LOOP
    EXECUTE format('SELECT md5(string_agg(to_jsonb(t)::text, '''' ORDER BY to_jsonb(t)::text COLLATE "C")) FROM productgraph.%I t
      WHERE to_jsonb(t) ->> %L = $1::text AND to_jsonb(t) ->> ''project_id'' IS DISTINCT FROM $2', relation, CASE relation WHEN 'organizations' THEN 'id' ELSE 'org_id' END) INTO found USING org, other_than;
    sum := sum || coalesce(found, '');
  END LOOP;
  RETURN sum;
END $$;
SELECT pg_temp.print(:'b', '') AS print_b, pg_temp.print(:'a', 'shop') AS print_a \gset
SET ROLE regress_forget_service;
SELECT * FROM forget_user('shop', 'ann');
SELECT set_current_org(:'a');
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM forget_user('shop', 'ann'); ROLLBACK;
SELECT * FROM forget_user('none', 'ann');
SELECT * FROM forget_user('shop', NULL);
SELECT * FROM forget_user('shop', 'ann');
SELECT * FROM forget_user('shop', 'ann');
SELECT count(*) FROM export_user('shop', 'ann');
RESET ROLE;
SELECT event_id, session_id, user_id FROM events WHERE org_id = :'a' AND project_id = 'shop' ORDER BY timestamp;
SELECT session_id, user_id, user_anonymous_id, events, entry_page, started_at FROM sessions WHERE org_id = :'a' AND project_id = 'shop' ORDER BY 1;
SELECT session_id FROM snapshots WHERE org_id = :'a' ORDER BY 1;
SELECT event_id FROM ingestion_issues WHERE org_id = :'a' ORDER BY 1;
SELECT pg_temp.print(:'b', '') = :'print_b' AS b_is_same, pg_temp.print(:'a', 'shop') = :'print_a' AS other_projects_are_same;
-- A retry brings nothing back; what comes later is kept.
SELECT pg_temp.tell(:'a', 'shop', '') - 'errors' AS told;
SELECT (SELECT count(*) FROM events WHERE org_id = :'a' AND project_id = 'shop' AND user_id = 'ann') AS events;
SELECT pg_temp.tell(:'a', 'shop', 'again ') - 'errors' AS told;
SELECT (SELECT count(*) FROM events WHERE org_id = :'a' AND project_id = 'shop' AND user_id = 'ann') AS events;

-- Under the hash of the id; for an analyst, who cannot compute it, by the hash.
SELECT create_project(:'a', 'hashed');
SELECT set_current_org(:'a');
SELECT set_redaction('hashed', patterns => '{email}', hash_fields => '{user.id}');
SELECT pg_temp.tell(:'a', 'hashed', '') -> 'accepted' AS accepted;
SELECT redacted_hash('hashed', 'ann') AS hash \gset
SELECT count(*) FROM events WHERE org_id = :'a' AND project_id = 'hashed' AND user_id = :'hash';
SET ROLE regress_forget_analyst;
SELECT set_current_org(:'a');
SELECT (SELECT count(*) FROM export_user('hashed', 'ann')) AS by_id, (SELECT count(*) FROM export_user('hashed', :'hash')) AS by_hash;
SET ROLE regress_forget_service;
SELECT set_current_org(:'a');
SELECT count(*) FROM export_user('hashed', 'ann');
SELECT * FROM forget_user('hashed', 'ann');
SELECT count(*) FROM export_user('hashed', :'hash');
RESET ROLE;
SELECT clear_current_org();
-- Packed: segments forget a person with the rows, whole weeks at a time, and stay as good as rows. Weeks of others stay packed.
SELECT create_project(:'a', 'packed'), create_api_key(:'a', 'packed', 'packed') AS key \gset
SELECT ingest((SELECT jsonb_agg(jsonb_build_object('event_id', week || who || n, 'project_id', 'packed', 'session.id', 's' || n % 2 || who, 'event.type', CASE n % 2 WHEN 0 THEN 'page.view' ELSE 'ui.click' END,
    'event.timestamp', date_trunc('week', now()) + interval '3 days' - week * interval '168 hours' + n * interval '1 second') || CASE who WHEN 'visitor' THEN '{"user.anonymous_id": "device-of-casimir"}' ELSE jsonb_build_object('user.id', who, 'user.anonymous_id', 'device-of-' || who) END)
  FROM generate_series(1, 4) week, unnest('{casimir,dorothea,visitor}'::text[]) who, generate_series(1, 10) n WHERE week <> 3 OR who = 'dorothea')::text, :'key') -> 'accepted' AS accepted;
CREATE FUNCTION pg_temp.holds(name text, OUT weeks bigint, OUT with_name bigint) LANGUAGE sql AS $$
  SELECT count(DISTINCT g.week), count(*) FILTER (WHERE position(convert_to(name, 'UTF8') IN g.content) + position(convert_to(name, 'UTF8') IN g.sessions) > 0)
  FROM productgraph.segments g WHERE g.project_id = 'packed'
$$;
CREATE FUNCTION pg_temp.asked(org uuid, steps text, OUT of_segments text, OUT of_rows text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM productgraph.set_current_org(org, true), set_config('productgraph.use_segments', 'on', true);
  of_segments := (SELECT string_agg(actors || ' ' || conversion_from_start, ', ' ORDER BY step) FROM productgraph.funnel('packed', steps::productgraph.steps));
  PERFORM set_config('productgraph.use_segments', 'off', true);
  of_rows := (SELECT string_agg(actors || ' ' || conversion_from_start, ', ' ORDER BY step) FROM productgraph.funnel('packed', steps::productgraph.steps));
END $$;
SELECT done >= 100 AS packed FROM maintain() WHERE task = 'events packed';
SELECT * FROM pg_temp.holds('casimir');
SELECT * FROM pg_temp.asked(:'a', '["page.view", "ui.click"]');
SET ROLE regress_forget_service;
SELECT set_current_org(:'a');
SELECT * FROM forget_user('packed', 'casimir');
RESET ROLE;
SELECT clear_current_org();
SELECT * FROM pg_temp.holds('casimir');
SELECT * FROM pg_temp.asked(:'a', '["page.view", "ui.click"]');
SELECT done >= 30 AS packed FROM maintain() WHERE task = 'events packed';
SELECT * FROM pg_temp.holds('casimir');
SELECT with_name AS of_dorothea FROM pg_temp.holds('dorothea');
SELECT * FROM pg_temp.asked(:'a', '["page.view", "ui.click"]');
SELECT drop_organization(:'a'), drop_organization(:'b');
DROP ROLE regress_forget_service, regress_forget_analyst, regress_forget_other;
