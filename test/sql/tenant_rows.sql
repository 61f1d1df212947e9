-- Reading and writing rows of one's own organization and of another (T1, T3, T4, T7, T13), as a service role, which may write, and
-- as an analyst, who may not.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT id AS a FROM organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM organizations WHERE slug = 'tenant-b' \gset
-- Roles may have a schema of their own.
CREATE SCHEMA tenant_scratch; GRANT ALL ON SCHEMA tenant_scratch TO PUBLIC;
SELECT public.fingerprint(:'a') AS before_a, public.fingerprint(:'b') AS before_b \gset
CREATE TABLE public.statements (number int GENERATED ALWAYS AS IDENTITY, what text, statement text);
GRANT SELECT ON public.statements TO PUBLIC;
-- %1$L is the own organization, %2$L the other one.
INSERT INTO public.statements (what, statement) VALUES
  ('read all', 'SELECT FROM sessions'),
  ('read own', 'SELECT FROM sessions WHERE org_id = %1$L'),
  ('read other', 'SELECT FROM sessions WHERE org_id = %2$L'),
  ('read other by join', 'SELECT FROM sessions s JOIN organizations o ON o.id = s.org_id WHERE o.id = %2$L'),
  ('read other by key', 'SELECT FROM sessions WHERE (org_id, project_id, session_id) = (%2$L, ''shared'', ''session-1'')'),
  ('insert own', 'INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (%1$L, ''shared'', ''new'', 1, now())'),
  ('insert other', 'INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (%2$L, ''shared'', ''new'', 1, now())'),
  ('insert other event', 'INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp) VALUES (%2$L, now(), ''x'', ''shared'', ''x'', ''custom'', now())'),
  ('insert into other partition', 'INSERT INTO events_default (org_id, received_at, event_id, project_id, session_id, event_type, timestamp) VALUES (%2$L, now(), ''x'', ''shared'', ''x'', ''custom'', ''1990-01-01'')'),
  ('insert key of other', 'INSERT INTO api_keys (org_id, label, prefix, key_hash) VALUES (%2$L, ''x'', ''x'', sha256(''x''))'),
  ('insert member of other', 'INSERT INTO organization_members VALUES (%2$L, ''regress_tenant_a'')'),
  ('insert project of other', 'INSERT INTO projects (org_id, id, name) VALUES (%2$L, ''mine'', ''mine'')'),
  ('insert selected others', 'INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) SELECT org_id, project_id, session_id, 9, now() FROM sessions WHERE org_id = %2$L'),
  ('update all', 'UPDATE sessions SET user_id = ''x'''),
  ('update other', 'UPDATE sessions SET user_id = ''x'' WHERE org_id = %2$L'),
  ('give away', 'UPDATE sessions SET org_id = %2$L WHERE session_id = ''session-1'''),
  ('give away an event', 'UPDATE events SET org_id = %2$L'),
  ('give away through a partition', 'UPDATE events_default SET org_id = %2$L'),
  ('take', 'UPDATE sessions SET org_id = %1$L, session_id = ''taken'' WHERE org_id = %2$L'),
  ('delete other', 'DELETE FROM sessions WHERE org_id = %2$L'),
  ('delete other by using', 'DELETE FROM sessions s USING projects p WHERE p.org_id = s.org_id AND s.org_id <> %1$L'),
  ('merge: update other', 'MERGE INTO sessions s USING (SELECT 1) x ON s.org_id = %2$L WHEN MATCHED THEN UPDATE SET user_id = ''x'''),
  ('merge: delete all', 'MERGE INTO snapshots s USING (SELECT 1) x ON true WHEN MATCHED THEN DELETE'),
  ('merge: insert other', 'MERGE INTO snapshots s USING (SELECT 1) x ON s.sequence = -1 WHEN NOT MATCHED THEN INSERT (org_id, project_id, session_id, sequence, captured_at) VALUES (%2$L, ''shared'', ''m'', 1, now())'),
  ('merge: insert own', 'MERGE INTO snapshots s USING (SELECT 1) x ON s.sequence = -1 WHEN NOT MATCHED THEN INSERT (org_id, project_id, session_id, sequence, captured_at) VALUES (%1$L, ''shared'', ''m'', 1, now())'),
  ('on conflict of other', 'INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (%2$L, ''shared'', ''session-1'', 1, now()) ON CONFLICT DO NOTHING'),
  ('on conflict of other, update', 'INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (%2$L, ''shared'', ''session-1'', 1, now()) ON CONFLICT (org_id, project_id, session_id, sequence) DO UPDATE SET url = ''x'''),
  ('on conflict: give away', 'INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at) VALUES (%1$L, ''shared'', ''session-1'', 1, now()) ON CONFLICT (org_id, project_id, session_id, sequence) DO UPDATE SET org_id = %2$L'),
  ('lock others', 'SELECT FROM sessions WHERE org_id = %2$L FOR UPDATE'),
  ('reference other', 'INSERT INTO journeys (org_id, project_id, id, name, steps) VALUES (%1$L, ''of-b'', ''j'', ''j'', ''[]'')'),
  ('truncate', 'TRUNCATE sessions'), ('truncate a partition', 'TRUNCATE events_default'),
  ('copy in', 'COPY sessions FROM ''/dev/null'''), ('copy out', 'COPY (SELECT * FROM sessions) TO PROGRAM ''cat'''),
  ('policy', 'CREATE POLICY open ON sessions USING (true)'), ('disable', 'ALTER TABLE sessions DISABLE ROW LEVEL SECURITY'),
  ('no force', 'ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY'), ('owner', 'ALTER TABLE sessions OWNER TO CURRENT_USER'),
  ('inherit', 'CREATE TABLE tenant_scratch.child () INHERITS (productgraph.sessions)'), ('trigger', 'CREATE TRIGGER t AFTER INSERT ON sessions EXECUTE FUNCTION suppress_redundant_updates_trigger()'),
  ('rule', 'CREATE RULE r AS ON SELECT TO sessions DO INSTEAD SELECT 1'), ('references', 'CREATE TABLE tenant_scratch.refers (id uuid REFERENCES productgraph.organizations)'),
  ('statistics', 'CREATE STATISTICS s ON org_id, user_id FROM productgraph.sessions'), ('grant', 'GRANT SELECT ON events_default TO PUBLIC'),
  ('create in the schema', 'CREATE TABLE productgraph.mine (id int)'), ('become the owner', 'SET ROLE productgraph_owner'), ('become a service', 'GRANT productgraph_service TO CURRENT_USER');
-- Each statement by itself, undone.
CREATE FUNCTION public.attempt_all(a uuid, b uuid, OUT what text, OUT outcome text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  s record;
BEGIN
  FOR s IN SELECT * FROM public.statements ORDER BY number LOOP
    what := s.what;
    BEGIN
      outcome := public.attempt(format(s.statement, a, b));
      RAISE 'undo' USING ERRCODE = 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN NULL;
    END;
    RETURN NEXT;
  END LOOP;
END $$;
-- Logged in as it, so that SET ROLE reaches no further than it could.
SET SESSION AUTHORIZATION regress_tenant_service;
-- Without an organization: no rows, and nothing to be written.
SELECT what, outcome FROM public.attempt_all(:'a', :'b') WHERE outcome <> '0 rows';
SELECT set_current_org(:'a');
SELECT * FROM public.attempt_all(:'a', :'b');
SET SESSION AUTHORIZATION regress_tenant_a;
SELECT clear_current_org();
SELECT what, outcome FROM public.attempt_all(:'a', :'b') WHERE outcome !~ '^42501';
SELECT set_current_org(:'a');
SELECT what, outcome FROM public.attempt_all(:'a', :'b') WHERE outcome !~ '^42501';
-- RETURNING and COPY TO give one's own rows only.
RESET SESSION AUTHORIZATION;
SET ROLE regress_tenant_service;
SELECT set_current_org(:'a');
BEGIN;
SELECT count(*), count(DISTINCT org_id) AS organizations FROM sessions;
WITH gone AS (DELETE FROM snapshots RETURNING *) SELECT page_path FROM gone;
WITH changed AS (UPDATE organization_members SET added_at = now() RETURNING *) SELECT role FROM changed;
ROLLBACK;
COPY (SELECT DISTINCT page_path FROM events) TO STDOUT;
COPY snapshots (page_path) TO STDOUT;
COPY (SELECT label FROM api_keys) TO STDOUT;
\copy sessions from '/dev/null'
-- Turning row-level security off is an error, not a way round; ours keep it on.
SET row_security = off;
SELECT count(*) FROM sessions;
SELECT count(*) FROM events_default;
SELECT set_current_org(:'b'); SELECT set_current_org(:'a');
SELECT (ingest('[]') ->> 'accepted')::int AS accepted;
SET ROLE regress_tenant_a;
SELECT count(*) FROM events;
SELECT * FROM funnel('shared', '{page.view}');
RESET row_security;
-- The same event and session ids in both, and neither learns of the other.
SELECT set_current_org(:'a');
SELECT count(*), count(DISTINCT page_path) AS paths FROM events WHERE event_id = 'event-1';
SELECT count(*), min(entry_page) AS entry, sum(events) AS events FROM sessions WHERE session_id = 'session-1';
SET ROLE regress_tenant_service;
SELECT set_current_org(:'b');
SELECT count(*), count(DISTINCT page_path) AS paths FROM events WHERE event_id = 'event-1';
RESET ROLE;
-- After all of this, nothing has changed.
SELECT public.fingerprint(:'a') = :'before_a' AS same_a, public.fingerprint(:'b') = :'before_b' AS same_b;
DROP FUNCTION public.attempt_all(uuid, uuid);
DROP TABLE public.statements;
DROP SCHEMA tenant_scratch;
