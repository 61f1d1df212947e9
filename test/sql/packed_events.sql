-- Packing: segments hold what the rows say, in their order, and nothing is ever in both or in neither.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT create_organization('packing', 'Packing') AS org \gset
SELECT create_organization('packing-other', 'Packing') AS other \gset
SELECT create_project(:'org', 'packed', settings => '{"open_ingest": true, "allow_other_types": true}');
SELECT set_current_org(:'org');
SELECT create_partitions('2003-06-02', '2003-06-20') AS weeks;

-- Events number a to b: 7 actors, some of them UUIDs, some without a user; equal times, with and without a sequence.
CREATE FUNCTION pg_temp.play(a int, b int, start timestamptz DEFAULT '2003-06-03', project text DEFAULT 'packed') RETURNS bigint LANGUAGE sql AS $$
  SELECT (ingest(jsonb_agg(jsonb_build_object('event_id', md5(i::text), 'project_id', project, 'session.id', 's' || i / 3 % 11,
    'event.type', (ARRAY['page.view', 'ui.click', 'sign_up'])[1 + i % 3], 'event.timestamp', start + i / 4 * interval '1 second',
    'page.path', '/' || i % 5, 'api.status_code', CASE WHEN i % 6 = 0 THEN 200 + i % 4 END)
    || CASE WHEN i % 7 < 3 THEN jsonb_build_object('user.id', CASE WHEN i % 7 = 0 THEN md5((i % 7)::text)::uuid::text ELSE 'u' || i % 7 END)
            WHEN i % 7 < 5 THEN jsonb_build_object('user.anonymous_id', 'a' || i % 7) ELSE '{}' END
    || CASE WHEN i % 8 < 6 THEN jsonb_build_object('event.sequence', i % 3) ELSE '{}' END)) ->> 'accepted')::bigint
  FROM generate_series(a, b) i $$;
-- How the segments of a project differ from the rows that they stand for: nothing, or so many events.
CREATE FUNCTION pg_temp.compare(project text, OUT packed bigint, OUT unpacked bigint, OUT different bigint) LANGUAGE sql AS $$
  WITH packed AS (
    SELECT s.week, e.actor, e.timestamp, k.event_type, k.page_path, k.api_status_code, e.session,
      row_number() OVER (PARTITION BY s.week, e.actor ORDER BY e.timestamp, s.generation, e.place) AS n
    FROM segments s CROSS JOIN segment_events(s.content, s.sessions) e JOIN kinds k USING (org_id, project_id, kind) WHERE s.project_id = $1
  ), rows AS (
    SELECT w.week, coalesce(user_id, user_anonymous_id, session_id) AS actor, e.timestamp, event_type, page_path, api_status_code, session_id,
      row_number() OVER (PARTITION BY w.week, coalesce(user_id, user_anonymous_id, session_id) ORDER BY e.timestamp, event_sequence, event_id) AS n
    FROM events e JOIN readable_weeks(current_org_id(), $1, '-infinity', 'infinity') w
      ON e.timestamp >= w.week AND e.timestamp < w.week + interval '7 days' AND e.received_at < w.packed_until
    WHERE e.project_id = $1
  )
  SELECT (SELECT count(*) FROM packed), (SELECT count(*) FROM events e WHERE e.project_id = $1) - (SELECT count(*) FROM rows),
    (SELECT count(*) FROM packed p FULL JOIN rows r USING (week, actor, n)
     WHERE (p.timestamp, p.event_type, p.page_path, p.api_status_code) IS DISTINCT FROM (r.timestamp, r.event_type, r.page_path, r.api_status_code))
    + (SELECT count(DISTINCT (p.session, r.session_id)) - count(DISTINCT r.session_id) FROM packed p JOIN rows r USING (week, actor, n)) $$;

SELECT pg_temp.play(1, 400), pg_temp.play(401, 800, '2003-06-10'), pg_temp.play(801, 810, '1999-01-01');
SELECT * FROM pg_temp.compare('packed');
SELECT packed > 0 AS packed FROM pack_events();
SELECT * FROM pg_temp.compare('packed');
SELECT week, shard_bits, generation, is_ambiguous, packed_until > now() AS until_now FROM packed_weeks WHERE project_id = 'packed' ORDER BY 1;
SELECT week, generation, shard, events, actors, first_time, last_time FROM segments WHERE project_id = 'packed' ORDER BY 1, 2, 3;
SELECT kind, event_type, page_path, api_status_code FROM kinds WHERE project_id = 'packed' ORDER BY 1 LIMIT 3;
-- What is new is read as rows, until it is packed; generations are merged when they are of a size.
SELECT pg_temp.play(2000, 2099, '2003-06-04');
SELECT * FROM pg_temp.compare('packed');
SELECT * FROM pack_events();
SELECT * FROM pg_temp.compare('packed');
SELECT pg_temp.play(2100, 2300, '2003-06-04');
SELECT * FROM pack_events();
SELECT * FROM pg_temp.compare('packed');
SELECT week, count(DISTINCT generation) AS generations FROM segments WHERE project_id = 'packed' GROUP BY 1 ORDER BY 1;
SELECT * FROM pack_events();
-- Merging cannot know the order of events of one time that came at different times; from the rows it can be had.
SELECT pg_temp.play(1, 400) AS repeats, pg_temp.play(3000, 3399, '2003-06-02 23:47:30'::timestamptz);
SELECT * FROM pack_events();
SELECT week, is_ambiguous FROM packed_weeks WHERE project_id = 'packed' ORDER BY 1;
SELECT order_quiet_weeks(begin_packing(), 1000) AS soon, order_quiet_weeks(begin_packing(), 1000, '0') AS later;
SELECT week, is_ambiguous FROM packed_weeks WHERE project_id = 'packed' ORDER BY 1;
SELECT * FROM pg_temp.compare('packed');
-- At most so many, but for the week it is at.
SELECT pg_temp.play(4000, 4010, '2003-06-05'), pg_temp.play(4011, 4021, '2003-06-12');
SELECT * FROM pack_events(1);
SELECT * FROM pg_temp.compare('packed');
SELECT * FROM pack_events();
SELECT * FROM pg_temp.compare('packed');

-- In shards, as many events would be; segments of fewer shards are split when they are merged.
SELECT pg_temp.play(5000, 5600, '2003-06-17');
SELECT packed FROM pack_week(:'org', 'packed', '2003-06-16', 601, begin_packing());
SELECT pg_temp.play(5601, 5700, '2003-06-17');
SELECT * FROM pack_week(:'org', 'packed', '2003-06-16', 1500000, begin_packing());
SELECT generation, shard_bits, count(*), sum(events) FROM segments WHERE project_id = 'packed' AND week = '2003-06-16' GROUP BY 1, 2 ORDER BY 1;
SELECT pg_temp.play(5701, 6100, '2003-06-17');
SELECT packed FROM pack_events();
SELECT shard_bits, sum(events) FROM segments WHERE project_id = 'packed' AND week = '2003-06-16' GROUP BY 1;
SELECT * FROM pg_temp.compare('packed');
-- In several passes over the rows, as more events would need than fit into memory.
SELECT unpack_week(:'org', 'packed', '2003-06-16');
SELECT packed FROM pack_week(:'org', 'packed', '2003-06-16', 50000000, begin_packing());
SELECT shard_bits, count(DISTINCT generation), sum(events) FROM segments WHERE project_id = 'packed' AND week = '2003-06-16' GROUP BY 1;
SELECT * FROM pg_temp.compare('packed');

-- Rows that change make their week be read as rows.
DELETE FROM events WHERE project_id = 'packed' AND event_id = md5('1');
SELECT * FROM pg_temp.compare('packed');
SELECT packed FROM pack_events();
SELECT * FROM pg_temp.compare('packed');
UPDATE events SET timestamp = timestamp + interval '7 days' WHERE project_id = 'packed' AND event_id = md5('2');
SELECT * FROM pg_temp.compare('packed');
SELECT packed FROM pack_events();
UPDATE events_20030602 SET page_path = '/changed' WHERE project_id = 'packed' AND event_id = md5('3');
SELECT * FROM pg_temp.compare('packed');
SELECT packed FROM pack_events();
SELECT * FROM pg_temp.compare('packed');
BEGIN;
TRUNCATE events_20030609;
SELECT * FROM pg_temp.compare('packed');
ROLLBACK;
BEGIN;
TRUNCATE events;
SELECT packed FROM pg_temp.compare('packed');
ROLLBACK;
SELECT * FROM pg_temp.compare('packed');

-- A service role's rows are received now. It reads what is packed, and writes none of it.
CREATE ROLE regress_packing_service LOGIN IN ROLE productgraph_service;
CREATE ROLE regress_packing_analyst LOGIN IN ROLE productgraph_analyst;
SELECT add_member('regress_packing_analyst', :'other');
SET ROLE regress_packing_service;
INSERT INTO events (org_id, event_id, project_id, session_id, event_type, timestamp)
  VALUES (:'org', 'direct', 'packed', 's', 'page.view', '2003-06-03') RETURNING received_at >= now() AS received_now;
INSERT INTO events (org_id, event_id, project_id, session_id, event_type, timestamp, received_at)
  VALUES (:'org', 'backdated', 'packed', 's', 'page.view', '2003-06-03', now() - interval '1 hour');
DELETE FROM segments;
UPDATE packed_weeks SET packed_until = now();
SELECT pack_events();
DELETE FROM events WHERE event_id = 'direct';
SELECT count(DISTINCT week) FROM segments WHERE project_id = 'packed';
SET ROLE regress_packing_analyst;
SELECT set_current_org(:'other');
SELECT (SELECT count(*) FROM segments), (SELECT count(*) FROM kinds), (SELECT count(*) FROM packed_weeks);
RESET ROLE;
SELECT set_current_org(:'org');
-- In one transaction: what was written before is packed, what comes later is not.
BEGIN;
SELECT pg_temp.play(7000, 7010, '2003-06-06');
SELECT packed FROM pack_events();
SELECT * FROM pg_temp.compare('packed');
SELECT pg_temp.play(7011, 7020, '2003-06-06');
SELECT * FROM pg_temp.compare('packed');
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pack_events();
ROLLBACK;

-- A segment that is damaged is named, and made anew.
SELECT packed FROM pack_events();
UPDATE segments SET content = set_byte(content, 60, get_byte(content, 60) # 1) WHERE project_id = 'packed' AND week = '2003-06-09';
SELECT count(*) FROM segments s CROSS JOIN segment_events(s.content, s.sessions) WHERE s.project_id = 'packed';
SELECT pg_temp.play(8000, 8800, '2003-06-11');
\set VERBOSITY default
SELECT packed FROM pack_events();
\set VERBOSITY terse
SELECT rebuild_segments('packed', '2003-06-10', '2003-06-11');
SELECT * FROM pg_temp.compare('packed');

-- Too many kinds: nothing of the project is packed, until it gets another try.
SELECT create_project(:'org', 'varied', settings => '{"open_ingest": true}');
INSERT INTO events (org_id, event_id, project_id, session_id, event_type, timestamp, page_path, received_at)
  SELECT :'org', i, 'varied', 's', 'page.view', timestamptz '2003-06-03' + i * interval '1 second', '/' || i, now()
  FROM generate_series(1, 65536) i;
SELECT packed FROM pack_events();
INSERT INTO events (org_id, event_id, project_id, session_id, event_type, timestamp, page_path, received_at)
  SELECT :'org', 'last', 'varied', 's', 'page.view', timestamptz '2003-06-10', '/one more', receipt_floor();
SELECT packed FROM pack_events();
SELECT (SELECT count(*) FROM kinds WHERE project_id = 'varied') AS kinds, too_many_kinds FROM packed_projects WHERE project_id = 'varied';
SELECT count(*) FROM readable_weeks(:'org', 'varied', '2003-06-01', '2003-06-30');
SELECT packed FROM pack_events();
DELETE FROM events WHERE project_id = 'varied' AND event_id > '3';
SELECT rebuild_segments('varied');
SELECT sum(events) FROM segments WHERE project_id = 'varied';
SELECT count(*) FROM packed_projects WHERE project_id = 'varied';

-- A week whose partition is gone is not read, and forgotten.
SELECT count(*) FROM readable_weeks(:'org', 'packed', '2003-06-01', '2003-06-30');
BEGIN;
DROP TABLE events_20030616;
SELECT count(*) FROM readable_weeks(:'org', 'packed', '2003-06-01', '2003-06-30');
SELECT create_partition('2003-06-16');
SELECT count(*) FROM segments WHERE project_id = 'packed' AND week = '2003-06-16';
ROLLBACK;
SELECT drop_organization(:'org');
SELECT (SELECT count(*) FROM segments s WHERE s.org_id = :'org') + (SELECT count(*) FROM kinds k WHERE k.org_id = :'org')
  + (SELECT count(*) FROM packed_weeks p WHERE p.org_id = :'org') + (SELECT count(*) FROM packed_projects p WHERE p.org_id = :'org') AS left_over;
SELECT clear_current_org();
SELECT drop_organization(:'other');
DROP ROLE regress_packing_service, regress_packing_analyst;
DROP TABLE events_20030602, events_20030609, events_20030616;
