-- store_status(): what it notices, and who may ask.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
-- The rows, of tables those that do not depend on the day; the server of a test may have its own settings.
SELECT topic, subject FROM store_status() WHERE subject !~ '^events_[0-9]' AND subject !~ ' of [a-z]+$';
SELECT DISTINCT status FROM store_status() WHERE topic IN ('version', 'table', 'events') OR subject = 'maintain()';
SELECT count(*) FROM store_status() WHERE (status = 'ok') <> (hint IS NULL) OR value IS NULL OR details IS NULL;
-- Figures that are those of the catalog.
SELECT count(*) > 10 AS all_there, bool_and((details ->> 'table_bytes')::bigint = pg_table_size(('productgraph.' || subject)::regclass)
  AND (details ->> 'index_bytes')::bigint = pg_indexes_size(('productgraph.' || subject)::regclass)) AS right_sizes FROM store_status() WHERE topic = 'table';
ANALYZE events_default, event_keys;
SELECT (SELECT (details ->> 'rows')::bigint FROM store_status() WHERE topic = 'events' AND subject = 'event_keys') >= (SELECT count(*) FROM event_keys) AS keys,
  (SELECT details ->> 'oldest' FROM store_status() WHERE topic = 'events' AND subject = 'event_keys')::timestamptz = (SELECT min(received_at) FROM event_keys) AS oldest_key;
SELECT value = format('SQL %s, library %s', extversion, library_version()) AS versions FROM store_status(), pg_extension WHERE subject = extname;
-- What maintain() did last.
BEGIN;
SELECT task FROM maintain(ahead => '20 weeks') WHERE done > 0;
SELECT details -> 'done' ? 'partitions created' AS told, (details ->> 'run_at')::timestamptz = now() AS now, details ->> 'role' = current_user AS by
FROM store_status() WHERE subject = 'maintain()';
SELECT (details ->> 'made_until')::timestamptz > now() + interval '19 weeks' AS further FROM store_status() WHERE subject = 'partitions ahead';
ROLLBACK;

-- Each warning and problem.
BEGIN;
UPDATE maintenance_runs SET run_at = run_at - interval '2 days';
SELECT status, hint FROM store_status() WHERE subject = 'maintain()';
UPDATE maintenance_runs SET run_at = run_at - interval '6 days';
SELECT status FROM store_status() WHERE subject = 'maintain()';
UPDATE maintenance_runs SET run_at = run_at - interval '90 days';
SELECT record_maintenance('test', 1);
SELECT task, done FROM maintenance_runs;
DELETE FROM maintenance_runs;
SELECT status, value FROM store_status() WHERE subject = 'maintain()';
INSERT INTO event_keys (org_id, key, received_at) VALUES (gen_random_uuid(), gen_random_uuid(), '2001-01-01');
SELECT status, hint FROM store_status() WHERE topic = 'events' AND subject = 'event_keys';
-- Of packing and of what keeps segments right.
DELETE FROM event_keys WHERE received_at = '2001-01-01';
SELECT record_maintenance('tasks left unfinished', 0), record_maintenance('events packed', 0, events_inserted() - 5);
SELECT subject, status, value ~ 'about [5-9] came' AS few FROM store_status() WHERE topic IN ('maintenance', 'packing') ORDER BY 1;
UPDATE maintenance_runs SET position = position - 30000000 WHERE task = 'events packed';
SELECT status, hint FROM store_status() WHERE subject = 'events not packed';
UPDATE maintenance_runs SET position = NULL, run_at = now() - interval '2 days' WHERE task = 'events packed';
SELECT status, (details ->> 'events')::bigint = events_inserted() AS all_of_them FROM store_status() WHERE subject = 'events not packed';
UPDATE maintenance_runs SET done = 2 WHERE task = 'tasks left unfinished';
SELECT record_maintenance_error('events packed', 'no room');
SELECT subject, status, value ~ '^1 in 7 days, latest at .*: events packed: no room$' AS error, hint FROM store_status() WHERE subject IN ('errors', 'unfinished');
INSERT INTO packed_projects SELECT gen_random_uuid(), 'project ' || n, true FROM generate_series(1, 12) n;
SELECT status, value, hint FROM store_status() WHERE subject = 'projects with too many kinds';
ALTER TABLE events DISABLE TRIGGER unpack_deleted;
ALTER TABLE projects DISABLE TRIGGER remove_rows;
DROP POLICY receipt ON events;
DROP POLICY lookup ON api_keys;
DROP POLICY tenant ON sessions;
SELECT status, value, hint FROM store_status() WHERE subject = 'guards';
SELECT setup();
SELECT status, value FROM store_status() WHERE subject = 'guards';
ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY;
SELECT subject, status, hint FROM store_status() WHERE topic = 'table' AND status <> 'ok';
ALTER ROLE productgraph_ingest SET synchronous_commit = off;
SET LOCAL synchronous_commit = local;
SET LOCAL default_transaction_isolation = serializable;
SELECT subject, status, value FROM store_status() WHERE subject ~ 'synchronous_commit|isolation' ORDER BY 1;
DO $$
DECLARE
  week regclass;
BEGIN
  FOR week IN SELECT inhrelid FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
    WHERE inhparent = 'productgraph.events'::regclass AND c.relname > 'events_' || to_char(now() - interval '7 days', 'YYYYMMDD') AND c.relname ~ '[0-9]$'
  LOOP
    EXECUTE format('ALTER TABLE productgraph.events DETACH PARTITION %s; DROP TABLE %1$s', week);
  END LOOP;
END $$;
SELECT status, hint FROM store_status() WHERE subject = 'partitions ahead';
ROLLBACK;
-- Partitions that are detached, or gone, and the advice followed.
BEGIN;
SELECT ingest(jsonb_build_array(jsonb_build_object('event_id', 'now', 'project_id', 'upkeep', 'session.id', 's', 'event.type', 'custom',
  'event.timestamp', now()))) -> 'accepted' AS accepted;
SELECT partition AS this_week, to_char(week, 'YYYY-MM-DD') AS monday FROM event_weeks() WHERE now() >= week AND now() < week + interval '7 days' \gset
ALTER TABLE events DETACH PARTITION :this_week;
SELECT status, value LIKE '%; detached: ' || :'this_week' AS named, replace(hint, :'monday', 'MONDAY') AS hint
FROM store_status() WHERE subject = 'partitions ahead';
ALTER TABLE :this_week RENAME TO kept;
SELECT done FROM maintain() WHERE task IN ('partitions created', 'tasks failed');
SELECT status, hint FROM store_status() WHERE subject = 'partitions ahead';
ALTER TABLE events DETACH PARTITION events_default;
SELECT status, value, hint FROM store_status() WHERE subject = 'events_default' AND topic = 'events';
\set VERBOSITY default
SELECT setup();
\set VERBOSITY terse
ALTER TABLE events ATTACH PARTITION events_default DEFAULT;
SELECT status FROM store_status() WHERE subject = 'events_default' AND topic = 'events';
ALTER TABLE events_default RENAME TO others;
SELECT status, value, hint FROM store_status() WHERE subject = 'events_default' AND topic = 'events';
ALTER TABLE events DETACH PARTITION others;
SELECT status, value, hint FROM store_status() WHERE subject = 'events_default' AND topic = 'events';
SELECT create_partition('2001-06-04');
SELECT setup();
SELECT status, hint FROM store_status() WHERE subject = 'events_default' AND topic = 'events';
ROLLBACK;

-- Service roles and the owner may ask, whatever organization they chose; nobody else, not even for a part of it.
SET ROLE productgraph_service;
SELECT count(*) > 20 AS rows, count(*) FILTER (WHERE subject = 'maintain()' AND value ~ 'last run') AS run FROM store_status();
SELECT value FROM store_status() WHERE subject IN ('weeks read as rows', 'projects with too many kinds');
SELECT value ~ 'oldest about unknown' AS no_keys_read FROM store_status() WHERE topic = 'events' AND subject = 'event_keys';
SELECT record_maintenance('x', 1);
SET ROLE productgraph_owner;
SELECT count(*) > 20 AS rows, count(*) FILTER (WHERE topic = 'events' AND subject = 'event_keys' AND value !~ 'unknown') AS keys FROM store_status();
SET ROLE productgraph_analyst;
SELECT * FROM store_status();
SELECT * FROM status_of_tables();
SELECT * FROM maintenance_runs;
SET ROLE productgraph_ingest;
SELECT * FROM store_status();
RESET ROLE;
