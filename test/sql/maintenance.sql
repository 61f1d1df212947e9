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
-- By its owner, who is no superuser.
CREATE ROLE regress_pg_keeper;
GRANT productgraph_owner TO regress_pg_keeper;
SET ROLE regress_pg_keeper;
SELECT create_partition('2001-03-05');
RESET ROLE;
SELECT tableoid::regclass, event_id FROM events WHERE project_id = 'upkeep' ORDER BY timestamp;
SELECT relrowsecurity, pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'events_20010305';
DROP ROLE regress_pg_keeper;
