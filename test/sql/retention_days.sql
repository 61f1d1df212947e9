-- How long projects keep what they were sent: settings, rows, whole weeks.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT create_organization('keeping-a', 'Keeping A') AS a \gset
SELECT create_organization('keeping-b', 'Keeping B') AS b \gset
SELECT create_project(:'a', 'wrong', settings => jsonb_build_object('retention_days', v::jsonb)) FROM unnest('{0}'::text[]) v;
SELECT create_project(:'a', 'wrong', settings => '{"retention_days": 36501}');
SELECT create_project(:'a', 'wrong', settings => '{"retention_days": 1.5}');
SELECT create_project(:'a', 'wrong', settings => '{"retention_days": "30"}');
SELECT create_project(:'a', 'brief', settings => '{"retention_days": 40.0}'), create_project(:'a', 'forever', settings => '{"retention_days": null}'),
  create_project(:'b', 'brief', settings => '{"retention_days": 60}'), create_project(:'b', 'century', settings => '{"retention_days": 36500}'), create_project(:'b', 'unsaid');
SELECT o.slug, p.id, round(extract(epoch FROM now() - retention_cutoff(p.settings)) / 86400) AS days FROM projects p JOIN organizations o ON o.id = p.org_id
WHERE o.slug LIKE 'keeping-%' ORDER BY 1, 2;
-- What projects do not say is said by whoever calls maintain().
SET productgraph.retention_days = 36501;
SET productgraph.retention_days = 7;
SELECT p.id, round(extract(epoch FROM now() - retention_cutoff(p.settings)) / 86400) AS days FROM projects p WHERE p.org_id = :'b' ORDER BY 1;
RESET productgraph.retention_days;

-- Three weeks, and times that have none; no other test is in them. Events of now, too.
SELECT create_partition('1985-01-07'), create_partition('1985-02-04'), create_partition('1985-03-04');
CREATE FUNCTION pg_temp.fill(org uuid, project text, VARIADIC times timestamptz[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  key text := productgraph.create_api_key(org, project, 'fill');
BEGIN
  RETURN productgraph.ingest((SELECT jsonb_agg(jsonb_build_object('event_id', t, 'project_id', project, 'session.id', 's ' || t, 'event.type', 'custom', 'event.timestamp', t, 'user.id', t))
    FROM unnest(times) t)::text, key) ->> 'accepted';
END $$;
SELECT pg_temp.fill(:'a', 'brief', '1985-01-08', '1985-01-09', '1985-02-05', '1985-03-05', '1984-06-01', '1986-06-01', now() - interval '39 days', now()),
  pg_temp.fill(:'a', 'forever', '1985-03-06', '1984-06-02', now()),
  pg_temp.fill(:'b', 'brief', '1985-01-10', '1986-06-02', now() - interval '59 days', now() - interval '61 days'),
  pg_temp.fill(:'b', 'century', '1985-02-06'), pg_temp.fill(:'b', 'unsaid', '1986-06-03');
INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (:'a', 'brief', 's', 1, now() - interval '41 days'), (:'a', 'brief', 's', 2, now()), (:'a', 'forever', 's', 1, '1985-01-08');
INSERT INTO ingestion_issues (org_id, project_id, noticed_at, field, code, message) SELECT org, 'brief', now() - interval '45 days', 'f', 'c', 'm' FROM unnest(ARRAY[:'a', :'b']::uuid[]) org;
SELECT partition FROM expired_weeks() WHERE week < '1986-01-01';
-- What is packed of those weeks, and what segments and rows answer: how many there are of each project.
CREATE FUNCTION pg_temp.packed(OUT week date, OUT slug text, OUT project text, OUT events numeric) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT g.week::date, o.slug, g.project_id, sum(g.events) FROM productgraph.segments g JOIN productgraph.organizations o ON o.id = g.org_id
  WHERE o.slug LIKE 'keeping-%' AND g.week BETWEEN '1985-01-01' AND '1985-12-31' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
$$;
CREATE FUNCTION pg_temp.asked(OUT slug text, OUT project text, OUT of_segments bigint, OUT of_rows bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  org uuid;
BEGIN
  FOR org, slug, project IN SELECT o.id, o.slug, p.id FROM productgraph.projects p JOIN productgraph.organizations o ON o.id = p.org_id WHERE o.slug LIKE 'keeping-%' ORDER BY 2, 3 LOOP
    PERFORM productgraph.set_current_org(org, true), set_config('productgraph.use_segments', 'on', true);
    of_segments := (SELECT actors FROM productgraph.funnel(project, '["custom"]'));
    PERFORM set_config('productgraph.use_segments', 'off', true);
    of_rows := (SELECT actors FROM productgraph.funnel(project, '["custom"]'));
    RETURN NEXT;
  END LOOP;
END $$;
SELECT packed >= 10 AS packed FROM pack_events();
SELECT * FROM pg_temp.packed();
SELECT * FROM pg_temp.asked();

-- By the owner, in pieces; each row of another project stays (T15).
CREATE ROLE regress_keeper LOGIN IN ROLE productgraph_owner;
SET ROLE regress_keeper;
SELECT delete_expired_rows(0);
SELECT delete_expired_rows(2), delete_expired_rows(2), delete_expired_rows(2);
SELECT delete_expired_rows() > 0 AS more, delete_expired_rows() AS nothing_left;
-- What it did, without having chosen an organization itself.
SELECT current_org_id() IS NULL AS none_chosen, count(*) FROM sessions;
SELECT set_current_org(:'a');
RESET ROLE;
-- Weeks that lost rows are not packed any more, for that project; answers are those of rows.
SELECT * FROM pg_temp.packed();
SELECT * FROM pg_temp.asked();
SELECT o.slug, project_id, count(*), min(timestamp) < '1990-01-01' AS old, count(*) FILTER (WHERE events.tableoid = 'events_default'::regclass) > 0 AS in_default
FROM events JOIN organizations o ON o.id = org_id WHERE slug LIKE 'keeping-%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT o.slug, project_id, count(*), bool_and(session_id = 's ' || ended_at::text) AS theirs FROM sessions JOIN organizations o ON o.id = org_id WHERE slug LIKE 'keeping-%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT project_id, sequence FROM snapshots WHERE org_id IN (:'a', :'b') ORDER BY 1, 2;
SELECT org_id = :'b' AS of_b, count(*) FROM ingestion_issues WHERE org_id IN (:'a', :'b') GROUP BY 1;

-- The week that nobody wants is left for last, and goes as a whole; what depends on it keeps it, and does not keep maintain() from the rest.
SELECT tableoid::regclass, count(*) FROM events WHERE timestamp BETWEEN '1985-01-01' AND '1985-12-31' GROUP BY 1 ORDER BY 1;
CREATE VIEW public.old_week AS SELECT * FROM events_19850107;
SELECT done FROM maintain() WHERE task = 'expired rows deleted';
DROP VIEW public.old_week;
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM maintain(); ROLLBACK;
SET ROLE regress_keeper;
SELECT task, done FROM maintain() WHERE task ~ 'expired';
SELECT task, done FROM maintain() WHERE task ~ 'expired';
RESET ROLE;
SELECT partition FROM event_weeks() WHERE week BETWEEN '1985-01-01' AND '1985-12-31' ORDER BY 1;
-- Its segments are gone, and the other weeks are packed again.
SELECT * FROM pg_temp.packed();
SELECT * FROM pg_temp.asked();
SELECT count(*) AS known_of_it FROM packed_weeks WHERE week = '1985-01-07Z';
-- Events that come for it later are kept until the next time, elsewhere.
SELECT pg_temp.fill(:'a', 'brief', '1985-01-11');
SELECT tableoid::regclass FROM events WHERE org_id = :'a' AND project_id = 'brief' AND event_id ~ '^1985';
SELECT done FROM maintain() WHERE task = 'expired rows deleted';

-- The store's default, for whoever says nothing; undone here, as it is for all tests.
BEGIN;
SET LOCAL productgraph.retention_days = 1;
SELECT delete_expired_rows(100000000) > 0 AS some;
SELECT o.slug, project_id, min(timestamp)::date < '1990-01-01' AS old FROM events JOIN organizations o ON o.id = org_id WHERE slug LIKE 'keeping-%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM events e JOIN projects p ON (p.org_id, p.id) = (e.org_id, e.project_id) WHERE NOT p.settings ? 'retention_days' AND e.timestamp < now() - interval '1 day'
  AND NOT EXISTS (SELECT FROM expired_weeks() w WHERE e.timestamp >= w.week AND e.timestamp < w.week + interval '168 hours');
ROLLBACK;

-- For nobody else.
SET ROLE productgraph_service; SELECT delete_expired_rows(); SELECT drop_expired_weeks(); SELECT enter_org_to_maintain(:'a');
SET ROLE productgraph_analyst; SELECT delete_expired_rows(); SELECT drop_expired_weeks(); SELECT enter_org_to_maintain(:'a');
RESET ROLE;
GRANT EXECUTE ON FUNCTION enter_org_to_maintain(uuid) TO productgraph_service;
SET ROLE productgraph_service; SELECT enter_org_to_maintain(:'a');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION enter_org_to_maintain(uuid) FROM productgraph_service;
SELECT drop_organization(:'a'), drop_organization(:'b');
DROP TABLE events_19850204, events_19850304;
DROP ROLE regress_keeper;
