-- ingestion_issues: samples of what was rejected or changed.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT create_organization('issues', 'Issues') AS org \gset
SELECT create_project(:'org', 'noisy', settings => '{"open_ingest": true}');
SELECT create_project(:'org', 'calm', settings => '{"open_ingest": true}');
SELECT create_api_key(:'org', 'calm', 'of one project') AS key \gset
SELECT create_api_key(:'org', NULL, 'of all') AS org_key \gset
SELECT set_current_org(:'org');
CREATE FUNCTION pg_temp.event(id text, project text, extra jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('event_id', id, 'project_id', project, 'session.id', 's1', 'event.type', 'page.view',
    'event.timestamp', '2026-03-01T12:00:00Z') || extra
$$;
CREATE FUNCTION pg_temp.send(VARIADIC events jsonb[]) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s accepted, %s rejected', i ->> 'accepted', i ->> 'rejected') FROM productgraph.ingest(to_jsonb(events)) i
$$;

DELETE FROM ingestion_issues;

-- Good events leave nothing.
SELECT pg_temp.send(pg_temp.event('good', 'calm'));
SELECT count(*) FROM ingestion_issues;

-- Bad ones leave why, and what they looked like; those that were changed, too.
SELECT pg_temp.send(pg_temp.event('i1', 'noisy', '{"event.timestamp":"noon"}'), pg_temp.event('i2', 'noisy', '{"event.type":"pgae.view"}'),
  pg_temp.event('i3', 'noisy', '{"user.id":["ann"],"event.sequence":1e30}'),
  pg_temp.event('i4', 'noisy', jsonb_build_object('event.name', repeat('n', 300), 'page.title', repeat('t', 300))),
  pg_temp.event('i5', 'noisy', '{"page.title":"card 4111 1111 1111 1111"}'), pg_temp.event('i6', 'noisy'));
SELECT event_id, rejected, field, code, message, sample FROM ingestion_issues ORDER BY id;
SELECT bool_and(sample::jsonb ->> 'project_id' = project_id) AS is_json FROM ingestion_issues;

-- What would have been redacted is not shown where it was rejected before that: in values of the wrong type, ids that
-- are too long, names of unknown fields, and beyond what is kept of a text.
DELETE FROM ingestion_issues;
SELECT set_redaction('noisy', patterns => '{card,token,email}', hash_fields => '{user.id}', mask_fields => '{page.path}');
SELECT pg_temp.send(
  pg_temp.event('r1', 'noisy', '{"event.timestamp":"4111111111111111","user.id":"ann","page.path":"/ann","event.name":{"a":"4111111111111111"}}'),
  pg_temp.event('r2-4111111111111111-' || repeat('x', 255), 'noisy', jsonb_build_object('user.id', repeat('u', 256))),
  pg_temp.event('r3', 'noisy', '{"mail ann@example.org":1e400}'),
  pg_temp.event('r4', 'noisy', jsonb_build_object('event.type', 'ann@example.org', 'error.message', repeat('4', 92) || ' 4111111111111111')),
  pg_temp.event('r5', 'noisy', '{"event.timestamp":"4111 1111 1111 1111","ui.state.after":"{\"mail\":\"ann@example.org\"","api.path":17}'));
SELECT field, code, left(event_id, 30) AS event_id, message, sample FROM ingestion_issues ORDER BY id;
SELECT count(*) FROM ingestion_issues i WHERE i::text ~ '4111|ann|uuuu';

-- Whose project is not known: nothing of the event, and only where the key is for one project.
DELETE FROM ingestion_issues;
SELECT status FROM ingest_requests(
  ARRAY['[{"event_id":"u1"}]', '[{"event_id":"u2","project_id":"4111111111111111"}]', '{"events":', '[{"event_id":"u3"}]', '[{"event_id":"u4","project_id":"none"}]']::bytea[],
  ARRAY[sha256(:'key'), sha256(:'key'), sha256(:'key'), sha256(:'org_key'), NULL], array_fill('json'::text, '{5}'), array_fill('id'::text, '{5}'));
SELECT project_id, event_id, field, code, message, sample FROM ingestion_issues ORDER BY id;

-- 10 a minute of each code, in whatever pieces they come; other codes and projects have their own.
DELETE FROM ingestion_issues;
\c -
SET search_path = productgraph, public;
SELECT set_current_org(:'org');
CREATE FUNCTION pg_temp.bad(project text, ids text, extra jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT productgraph.ingest(jsonb_agg(jsonb_build_object('event_id', ids || n, 'project_id', project, 'session.id', 's1',
    'event.type', 'page.view', 'event.timestamp', '2026-03-01T12:00:00Z') || extra)) - 'errors' FROM generate_series(1, 500) n
$$;
BEGIN;
SELECT pg_temp.bad('noisy', 'many', '{"event.timestamp":"never"}');
SELECT pg_temp.bad('noisy', 'more', '{"event.timestamp":"never"}');
SELECT pg_temp.bad('noisy', 'other', '{"api.status_code":1e10}');
SELECT pg_temp.bad('calm', 'quiet', '{"event.timestamp":"never"}');
SELECT project_id, code, count(*) FROM ingestion_issues GROUP BY 1, 2 ORDER BY 1, 2;
COMMIT;
-- A session that has not written any asks the table.
\c -
SET search_path = productgraph, public;
SELECT set_current_org(:'org');
UPDATE ingestion_issues SET noticed_at = now() + interval '1 minute';
SELECT jsonb_array_length(ingest('[{"event_id":"fresh","project_id":"noisy","event.timestamp":"never","session.id":"s","event.type":"custom"}]') -> 'errors') AS errors;
SELECT count(*) FROM ingestion_issues WHERE event_id = 'fresh';

-- The newest 1,000 of a project stay.
INSERT INTO ingestion_issues (org_id, project_id, noticed_at, field, code, message)
  SELECT :'org', 'noisy', now() - interval '1 day', 'f', 'old', 'm' FROM generate_series(1, 1500);
INSERT INTO ingestion_issues (org_id, project_id, noticed_at, field, code, message) VALUES (:'org', 'calm', now() - interval '1 day', 'f', 'old', 'm');
SELECT jsonb_array_length(ingest('[{"event_id":"newest","project_id":"noisy","event.timestamp":"2026-01-01T00:00:00Z","session.id":"s","event.type":3}]') -> 'errors') AS errors;
SELECT project_id, count(*), bool_or(event_id = 'newest') AS has_newest FROM ingestion_issues WHERE project_id = 'noisy' GROUP BY 1;

-- When they cannot be written, good events are stored all the same, in the same statement.
ALTER TABLE ingestion_issues ADD CONSTRAINT broken CHECK (noticed_at IS NULL) NOT VALID;
\c -
SET search_path = productgraph, public;
SELECT set_current_org(:'org');
SELECT ingest('[{"event_id":"b1","project_id":"noisy","event.timestamp":"2026-01-01T00:00:00Z","session.id":"s","event.type":"custom"},{"event_id":"b2","project_id":"noisy"}]') - 'errors' AS beside;
SELECT count(*) FROM events WHERE event_id IN ('b1', 'b2');
SELECT current_org_id() = :'org' AS same_org, current_setting('lock_timeout');
ALTER TABLE ingestion_issues DROP CONSTRAINT broken;

-- For analysts of the organization, summed up.
DELETE FROM ingestion_issues;
INSERT INTO ingestion_issues (org_id, project_id, noticed_at, event_id, field, code, message, rejected, sample) VALUES
  (:'org', 'noisy', '2026-01-01', 'e1', 'event_id', 'required', 'first', true, NULL), (:'org', 'noisy', '2026-01-02', 'e2', 'event_id', 'required', 'second', true, '{}'),
  (:'org', 'noisy', '2026-01-03', 'e3', 'page.title', 'truncated', 'third', false, '{}');
CREATE ROLE regress_issues LOGIN IN ROLE productgraph_analyst;
CREATE ROLE regress_issues_other LOGIN IN ROLE productgraph_analyst;
SELECT add_member('regress_issues', :'org');
SET timezone = 'UTC';
SET ROLE regress_issues;
SELECT set_current_org(:'org');
SELECT * FROM ingestion_issue_summary('noisy');
SELECT code FROM ingestion_issue_summary('noisy', since => '2026-01-02 12:00');
SELECT * FROM ingestion_issue_summary('unknown');
DELETE FROM ingestion_issues;
SET ROLE regress_issues_other;
SELECT count(*) FROM ingestion_issues;
SELECT * FROM ingestion_issue_summary('noisy');
RESET ROLE;
SELECT clear_current_org();
SELECT drop_organization(:'org');
DROP ROLE regress_issues, regress_issues_other;
