-- maintain(), and rows that come before their partition.
SET search_path = productgraph, public;
SELECT create_organization('maintenance', 'Maintenance') AS org \gset
SELECT create_project(:'org', 'upkeep', settings => '{"open_ingest": true}');
SELECT ingest(jsonb_agg(jsonb_build_object('event_id', 'upkeep' || t, 'project_id', 'upkeep', 'session.id', 's', 'event.type', 'custom',
  'event.timestamp', t || '-05T00:00:00Z'))) FROM unnest('{2001-02,2001-03,1999-01}'::text[]) t;
SELECT tableoid::regclass, count(*) FROM events WHERE project_id = 'upkeep' GROUP BY 1;
-- The week of a time, from Monday in UTC; rows move in.
SELECT create_partition('2001-02-05 23:00:00+00'), create_partition('2001-02-11 23:59:59+00') AS again;
SELECT tableoid::regclass, event_id FROM events WHERE project_id = 'upkeep' ORDER BY timestamp;
SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'events_20010205';
SELECT relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'events_20010205';
-- Ids are recognised until they are forgotten.
UPDATE event_keys SET received_at = now() - interval '31 days' WHERE org_id = :'org';
SELECT task, done > 0 AS something FROM maintain() ORDER BY 1;
SELECT count(*) FROM event_keys WHERE org_id = :'org';
SELECT task, done FROM maintain() ORDER BY 1;
SELECT done BETWEEN 3 AND 5 AS four_more_weeks FROM maintain(ahead => '8 weeks') WHERE task = 'partitions created';
-- Keys are looked through part by part; a run goes on where the last one ended.
INSERT INTO event_keys SELECT :'org', gen_random_uuid(), now() - make_interval(days => 31 * (i / 5000)) FROM generate_series(0, 19999) i;
SELECT pg_relation_size('event_keys') / current_setting('block_size')::int > 100 AS pages;
CREATE TEMP TABLE looks AS SELECT 1 AS run, f.* FROM forget_event_keys('2001-01-01', 0, 2) f;
INSERT INTO looks SELECT 2, f.* FROM looks l, forget_event_keys('2001-01-01', l.next_page, 2) f;
SELECT l.run, l.forgotten, l.next_page > 0 AS goes_on, l.next_page < 2 * (SELECT next_page FROM looks WHERE run = 1) + 2 AS a_part FROM looks l ORDER BY run;
-- A day of hourly runs sees all of it.
DO $$
DECLARE
  total bigint := 0;
  run record;
BEGIN
  SELECT 0 AS forgotten, pg_relation_size('event_keys') / current_setting('block_size')::int / 2 AS next_page INTO run;
  FOR hour IN 1 .. 24 LOOP
    SELECT * INTO run FROM productgraph.forget_event_keys(now() - interval '30 days', run.next_page, 2);
    total := total + run.forgotten;
  END LOOP;
  RAISE NOTICE '% forgotten', total;
END
$$;
SELECT count(*), min(received_at) > now() - interval '1 hour' AS fresh FROM event_keys WHERE org_id = :'org';
SELECT task, done FROM maintain() WHERE task ~ 'keys';
SELECT max(position) > 0 AS noted FROM maintenance_runs WHERE task = 'event keys forgotten';
SELECT DISTINCT position IS NULL AS without FROM maintenance_runs WHERE task NOT IN ('event keys forgotten', 'events packed');
SELECT maintenance_position('event keys forgotten') = max(position) AS goes_on, maintenance_position('unknown') FROM maintenance_runs WHERE task = 'event keys forgotten';
DELETE FROM event_keys WHERE org_id = :'org';
-- By its owner, who is no superuser.
CREATE ROLE regress_pg_keeper;
GRANT productgraph_owner TO regress_pg_keeper;
SET ROLE regress_pg_keeper;
SELECT create_partition('2001-03-05');
RESET ROLE;
SELECT tableoid::regclass, event_id FROM events WHERE project_id = 'upkeep' ORDER BY timestamp;
SELECT relrowsecurity, pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'events_20010305';
DROP ROLE regress_pg_keeper;
-- Columns that are generated, were dropped, or have an identity: rows move in, and are packed.
BEGIN;
ALTER TABLE events ADD COLUMN gone text DEFAULT 'x', ADD COLUMN day date GENERATED ALWAYS AS ((received_at AT TIME ZONE 'UTC')::date) STORED;
ALTER TABLE events DROP COLUMN gone;
ALTER TABLE events ADD COLUMN number bigint NOT NULL DEFAULT 7;
ALTER TABLE events ALTER COLUMN number DROP DEFAULT;
-- Since PostgreSQL 17 partitions have it, too.
SELECT current_setting('server_version_num')::int >= 170000 AS inherits_identity \gset
\if :inherits_identity
ALTER TABLE events ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY;
\else
ALTER TABLE ONLY events ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY;
\endif
SELECT ingest(jsonb_agg(jsonb_build_object('event_id', 'column' || n, 'project_id', 'upkeep', 'session.id', 's', 'event.type', 'custom',
  'event.timestamp', '2001-04-0' || n || 'T00:00:00Z'))) FROM generate_series(2, 4) n;
SELECT create_partition('2001-04-02');
SELECT tableoid::regclass, event_id, day = (received_at AT TIME ZONE 'UTC')::date AS day FROM events WHERE timestamp BETWEEN '2001-04-02Z' AND '2001-04-09Z' ORDER BY 2;
SELECT ingest('[{"event_id": "column5", "project_id": "upkeep", "session.id": "s", "event.type": "custom", "event.timestamp": "2001-04-05T00:00:00Z"}]');
SELECT done FROM maintain() WHERE task IN ('events packed', 'tasks failed');
SELECT set_current_org(:'org');
SET LOCAL productgraph.explain = on;
SELECT actors FROM funnel('upkeep', '{custom}', actor => 'session', since => '2001-04-02Z', until => '2001-04-09Z');
SELECT clear_current_org();
ROLLBACK;
-- The tablespace of events is that of new weeks.
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_pg_slow LOCATION '';
BEGIN;
ALTER TABLE events SET TABLESPACE regress_pg_slow;
SELECT create_partition('2001-05-07');
SELECT spcname FROM pg_class c JOIN pg_tablespace s ON s.oid = c.reltablespace WHERE relname = 'events_20010507';
ROLLBACK;
DROP TABLESPACE regress_pg_slow;
\set SHOW_CONTEXT never
-- What has no name of a week, and more weeks than anybody means.
SELECT create_partition('0044-03-15 BC');
SELECT create_partition('20000-01-01');
SELECT create_partition('infinity');
SELECT create_partition(NULL);
SELECT create_partitions('-infinity', '2001-01-01');
SELECT create_partitions('2001-01-01', 'infinity');
SELECT create_partitions('1970-01-01', '2001-01-01');
SELECT create_partitions('0044-03-15 BC', '0044-03-15 BC');
SELECT create_partitions(NULL, NULL), create_partitions(now(), now() - interval '1 week');
BEGIN;
SELECT create_partition('0001-01-01Z'), create_partition('9999-12-31Z');
SELECT week AT TIME ZONE 'UTC', partition FROM event_weeks() WHERE week < '1000-01-01' OR week > '9000-01-01' ORDER BY 1;
ROLLBACK;
-- A week that is detached is told apart from one that is there; the others are made.
BEGIN;
ALTER TABLE events DETACH PARTITION events_20010305;
SELECT ingest('[{"event_id": "detached", "project_id": "upkeep", "session.id": "s", "event.type": "custom", "event.timestamp": "2001-03-06T00:00:00Z"}]');
SAVEPOINT before;
SELECT create_partition('2001-03-05');
ROLLBACK TO before;
SELECT create_partitions('2001-03-05Z', '2001-03-12Z');
WITH moved AS (DELETE FROM events_default WHERE timestamp >= '2001-03-05Z' AND timestamp < '2001-03-12Z' RETURNING *)
  INSERT INTO events_20010305 SELECT * FROM moved;
ALTER TABLE events ATTACH PARTITION events_20010305 FOR VALUES FROM ('2001-03-05Z') TO ('2001-03-12Z');
SELECT create_partition('2001-03-05'), is_attached('events_20010305');
ROLLBACK TO before;
ALTER TABLE events_20010305 RENAME TO march;
SELECT create_partition('2001-03-05');
SELECT tableoid::regclass, event_id FROM events WHERE event_id = 'detached';
ROLLBACK;
-- maintain() refuses what would do harm, before it does anything.
SELECT maintain(deduplicate_for => '-1 day');
SELECT maintain(deduplicate_for => '1 month -31 days');
SELECT maintain(deduplicate_for => NULL);
SELECT maintain(ahead => '-1 week');
SELECT maintain(ahead => '1000 years');
SELECT maintain(ahead => NULL);
SELECT maintain(pack_most => -1);
SELECT maintain(pack_most => NULL);
CALL run_maintenance(pack_most => -1);
SELECT task, done FROM maintain('0', '1 hour', 0) WHERE task = 'tasks failed';
