-- storage_report(): near what is there, and each project for its own organization.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT create_organization('large', 'Large') AS a \gset
SELECT create_organization('small', 'Small') AS b \gset
CREATE ROLE regress_bytes_a LOGIN IN ROLE productgraph_analyst;
CREATE ROLE regress_bytes_keeper LOGIN IN ROLE productgraph_owner;
SELECT add_member('regress_bytes_a', :'a');
SELECT create_project(:'a', 'bytes'), create_project(:'a', 'empty'), create_project(:'b', 'bytes');
SELECT create_api_key(:'a', 'bytes', 'all') AS key_a \gset
SELECT create_api_key(:'b', 'bytes', 'all') AS key_b \gset
-- Partitions of their own, so that their size is that of the project.
SELECT create_partition('1987-01-05');
SELECT sum((ingest((SELECT jsonb_agg(jsonb_build_object('event_id', 'e' || b * 1000 + n, 'project_id', 'bytes', 'session.id', 's' || (b * 1000 + n) / 20, 'event.type', 'page.view', 'user.id', 'user ' || n,
    'event.timestamp', timestamptz '1987-01-06Z' + (b * 1000 + n) * interval '20 seconds', 'page.path', '/some/page/' || n % 7, 'metadata', jsonb_build_object('n', n)))
  FROM generate_series(0, 999) n)::text, :'key_a') ->> 'accepted')::integer) AS accepted FROM generate_series(0, 19) b;
SELECT ingest('[{"event_id": "1", "project_id": "bytes", "session.id": "s", "event.type": "custom", "event.timestamp": "1987-02-06T00:00:00Z"}]', :'key_b') -> 'accepted' AS accepted;
SELECT packed >= 20000 AS packed FROM pack_events();
SELECT set_current_org(:'a');
SELECT project_id, events, sessions, segment_events, segment_bytes::float8 / (SELECT sum(length(content) + length(g.sessions)) FROM segments g WHERE g.project_id = r.project_id) BETWEEN 1 AND 1.1 AS near_segments, snapshot_bytes,
  event_bytes::float8 / pg_relation_size('events_19870105') BETWEEN 0.85 AND 1.15 AS near_rows, index_bytes::float8 / pg_indexes_size('events_19870105') BETWEEN 0.85 AND 1.3 AS near_index,
  abs(bytes_per_event - (event_bytes + index_bytes + segment_bytes + session_bytes) / 20000.0) < 0.1 AS sums FROM storage_report() r;
SELECT organization, project_id FROM storage_report('bytes');
SELECT * FROM storage_report('none');
SELECT clear_current_org();
-- Whoever runs the store: all of it, and nothing is chosen afterwards.
SELECT count(*) = (SELECT count(*) FROM projects) AS all_of_them FROM storage_report();
CREATE FUNCTION pg_temp.told() RETURNS TABLE (organization text, project_id text, events bigint) LANGUAGE sql AS $$
  SELECT organization, project_id, events FROM productgraph.storage_report() WHERE organization IN ('large', 'small')
$$;
SELECT * FROM pg_temp.told();
SET ROLE regress_bytes_keeper;
SELECT * FROM pg_temp.told();
SELECT current_org_id() IS NULL AS none_chosen, count(*) FROM sessions;
-- An analyst: its own.
SET ROLE regress_bytes_a;
SELECT * FROM pg_temp.told();
SELECT set_current_org(:'a');
SELECT * FROM pg_temp.told();
SELECT events FROM storage_of_project(:'b', 'bytes');
RESET ROLE;
SELECT clear_current_org();
SELECT drop_organization(:'a'), drop_organization(:'b');
DROP TABLE events_19870105;
DROP ROLE regress_bytes_a, regress_bytes_keeper;
