-- ingest() and ingest_requests().
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT create_organization('ingestion', 'Ingestion') AS org \gset
SELECT create_organization('other', 'Other') AS other \gset
SELECT create_project(:'org', 'open', settings => '{"open_ingest": true}');
SELECT create_project(:'org', 'closed');
SELECT create_project(:'org', 'strange', settings => '{"allow_other_types": true, "accept_past": "1 day", "accept_future": "0"}');
SELECT create_project(:'other', 'elsewhere');
SELECT create_api_key(:'org', 'closed', 'closed') AS key \gset
SELECT create_api_key(:'org', NULL, 'all of it') AS org_key \gset
SELECT create_api_key(:'org', 'closed', 'reader', scopes => '{query}') AS query_key \gset
SELECT create_api_key(:'org', 'closed', 'gone', expires_at => now() - interval '1 second') AS expired_key \gset
-- Only the hash is kept.
SELECT count(*) FROM api_keys k WHERE k::text LIKE '%' || :'key' || '%';
SELECT count(*) FROM api_keys WHERE key_hash = sha256(:'key'::bytea) AND prefix = left(:'key', 12);

CREATE FUNCTION pg_temp.event(id text, project text, extra jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('event_id', id, 'project_id', project, 'session.id', 's1', 'event.type', 'page.view',
    'event.timestamp', '2026-03-01T12:00:00Z') || extra
$$;

-- Keys and projects.
SELECT ingest(jsonb_build_array(pg_temp.event('k1', 'open')));
SELECT ingest(jsonb_build_array(pg_temp.event('k2', 'closed')));
SELECT ingest(jsonb_build_array(pg_temp.event('k2', 'no_such_project')));
SELECT ingest(jsonb_build_array(pg_temp.event('k2', 'closed')), :'key');
SELECT ingest(jsonb_build_array(pg_temp.event('k3', 'open')), :'key');
SELECT ingest(jsonb_build_array(pg_temp.event('k3', 'elsewhere')), :'org_key');
SELECT ingest(jsonb_build_array(pg_temp.event('k3', 'open'), pg_temp.event('k4', 'closed')), :'org_key');
SELECT ingest(jsonb_build_array(pg_temp.event('k5', 'closed')), :'query_key');
SELECT ingest(jsonb_build_array(pg_temp.event('k5', 'closed')), :'expired_key');
SELECT ingest(jsonb_build_array(pg_temp.event('k5', 'closed')), 'wrong');
-- A mixture: what is allowed is stored, the rest is told.
SELECT jsonb_pretty(ingest(jsonb_build_array(pg_temp.event('k6', 'open'), pg_temp.event('k6', 'closed'), pg_temp.event('k7', 'elsewhere'))));
-- The tenant is never what the body says.
SELECT ingest(jsonb_build_array(pg_temp.event('k8', 'open', jsonb_build_object('org.id', :'other', 'org_id', :'other'))));
SELECT org_id = :'org' AS ours, client_org_id = :'other' AS as_given, attributes ? 'org_id' AS kept_as_attribute
FROM events WHERE event_id = 'k8';

-- Bad requests.
SELECT ingest('{');
SELECT ingest('');
SELECT ingest('null');
SELECT ingest('{"event":[]}');
SELECT ingest('{"events":{}}');
SELECT ingest('[] []');
SELECT ingest(NULL) IS NULL AS null_body;
SELECT ingest('{"events":null}');
SELECT ingest((SELECT jsonb_agg(1) FROM generate_series(1, 1001)));
SELECT jsonb_array_length(ingest((SELECT jsonb_agg(1) FROM generate_series(1, 1000))) -> 'errors');
SELECT ingest(repeat(' ', 10 * 1024 * 1024) || '[]');
SELECT ingest(jsonb_build_array(pg_temp.event('large', 'open', jsonb_build_object('error.stack', repeat('x', 102400)))));

-- Repeats: within a batch, and of what is stored, whatever else the event says.
SELECT ingest(jsonb_build_array(pg_temp.event('d1', 'open'), pg_temp.event('d1', 'open'), pg_temp.event('d2', 'open')));
SELECT ingest(jsonb_build_array(pg_temp.event('d1', 'open', '{"event.timestamp":"2026-05-05T00:00:00Z"}'), pg_temp.event('d3', 'open')));
SELECT event_id, timestamp = '2026-03-01 12:00:00+00' AS first_one FROM events WHERE event_id ~ '^d' ORDER BY 1;

-- What a project allows.
SELECT ingest(jsonb_build_array(
  pg_temp.event('t1', 'strange', jsonb_build_object('event.type', 'door.opened', 'event.timestamp', now())),
  pg_temp.event('t2', 'strange', jsonb_build_object('event.timestamp', now() - interval '25 hours')),
  pg_temp.event('t3', 'strange', jsonb_build_object('event.timestamp', now() + interval '1 hour'))), :'org_key') -> 'errors' AS strange;
SELECT ingest(jsonb_build_array(pg_temp.event('t4', 'open', jsonb_build_object('event.timestamp', now() + interval '2 days'))))
  #> '{errors,0,error}' AS future;
SELECT event_type FROM events WHERE event_id ~ '^t';

-- What is stored of all the fields.
SELECT ingest($${"events":[{"event_id":"all","product_id":"open","session.id":"s2","event.type":"custom","event.name":"page_leave",
 "event.timestamp":"2026-03-01T13:00:00.1234567+01:00","user.id":"u","user.anonymous_id":"a","org.name":"ACME","event.sequence":9007199254740993,
 "page.path":"/x","page.title":"Ünïcode 🎉 \ud83d","ui.scroll.position":12.5,"ui.state.before":{"a":[1,2]},"ui.state.after":"{}",
 "gen_ai.journey.id":"j","gen_ai.journey.step.id":"st","api.status_code":200,"api.duration_ms":0.25,"performance.cls":1e-3,
 "error.message":"a\u0000b","user.unknown":{"deep":[true,null,1e3]},"metadata":{"n":18446744073709551616,"k\u0000":1},"ui.action":"","ui.viewport":null}]}$$) -> 'warnings' AS warnings;
SELECT event_type, event_name, timestamp AT TIME ZONE 'UTC' AS utc, event_sequence, page_title, ui_scroll_position, ui_state_before, ui_state_after,
  journey_id, journey_step_id, api_status_code, api_duration_ms, performance_cls, error_message, attributes, metadata,
  ui_action IS NULL AND ui_viewport IS NULL AS empty_is_null
FROM events WHERE event_id = 'all' \gx

-- Many requests in one transaction: each has its own fate.
SELECT request, status, response, accepted, rejected, duplicates FROM ingest_requests(
  ARRAY['[]', '{', jsonb_build_array(pg_temp.event('m1', 'open'))::text, jsonb_build_array(pg_temp.event('m1', 'open'))::text,
        jsonb_build_array(pg_temp.event('m2', 'closed'))::text, '[]', pg_temp.event('m3', 'open')::text || E'\nnot json\n\n' || pg_temp.event('m4', 'open')]::bytea[],
  ARRAY[NULL, NULL, NULL, NULL, NULL, 'wrong', NULL]::bytea[],
  ARRAY['json', 'json', 'json', 'json', 'json', 'json', 'ndjson'],
  ARRAY['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7']);
SELECT event_id FROM events WHERE event_id ~ '^m' ORDER BY 1;
SELECT * FROM ingest_requests(ARRAY['[]']::bytea[], ARRAY[]::bytea[], ARRAY['json'], ARRAY['r']);
SELECT * FROM ingest_requests(ARRAY['[]']::bytea[], ARRAY[NULL]::bytea[], ARRAY['xml'], ARRAY['r']);
SELECT * FROM ingest_requests(ARRAY[NULL]::bytea[], ARRAY[NULL]::bytea[], ARRAY['json'], ARRAY['r']);
SELECT * FROM ingest_requests(ARRAY[]::bytea[], ARRAY[]::bytea[], ARRAY[]::text[], ARRAY[]::text[]);

-- Sessions, whatever the order of arrival.
SELECT ingest(jsonb_build_array(
  pg_temp.event('s3', 'open', '{"session.id":"late","event.timestamp":"2026-03-02T12:03:00Z","page.path":"/3","gen_ai.journey.id":"buy","gen_ai.journey.step.id":"pay"}'),
  pg_temp.event('s4', 'open', '{"session.id":"late","event.timestamp":"2026-03-02T12:04:00Z","event.type":"error"}')));
SELECT ingest(jsonb_build_array(
  pg_temp.event('s1', 'open', '{"session.id":"late","event.timestamp":"2026-03-02T12:01:00Z","page.path":"/1","user.id":"u1","gen_ai.journey.id":"buy","gen_ai.journey.step.id":"cart"}'),
  pg_temp.event('s5', 'open', '{"session.id":"late","event.timestamp":"2026-03-02T12:05:00Z","event.type":"journey.conversion"}'),
  pg_temp.event('s3', 'open', '{"session.id":"late"}')));
SELECT started_at AT TIME ZONE 'UTC' AS started, duration, user_id, events, pages, errors, entry_page, exit_page, journey_id, journey_step_id,
  converted_at AT TIME ZONE 'UTC' AS converted FROM sessions WHERE session_id = 'late' \gx

-- Text is UTF-8 whatever the client's encoding, which stays as it was.
SET client_encoding = 'LATIN1';
SELECT (ingest(jsonb_build_array(pg_temp.event('u1', 'open', '{"page.title":"caf\u00e9 \u20ac","metadata":{"k":"\u00e9"},"x":"\u20ac"}')))) ->> 'accepted' AS accepted;
SHOW client_encoding;
RESET client_encoding;
SELECT page_title, length(page_title), octet_length(page_title), metadata, attributes FROM events WHERE event_id = 'u1';
-- Columns, constraints and triggers of one's own are served; a trigger may ingest in turn.
ALTER TABLE events ADD COLUMN own text DEFAULT 'of my own', ADD CONSTRAINT own_rule CHECK (page_title <> 'forbidden');
CREATE FUNCTION public.echo_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF new.event_id = 'v1' THEN
    PERFORM productgraph.ingest(jsonb_build_array(jsonb_build_object('event_id', 'v1 again', 'project_id', new.project_id, 'session.id', new.session_id,
      'event.type', 'custom', 'event.timestamp', '2026-03-02T12:00:00Z')));
  END IF;
  new.own := upper(new.own);
  RETURN new;
END $$;
CREATE TRIGGER echo_event BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION public.echo_event();
SELECT ingest(jsonb_build_array(pg_temp.event('v1', 'open'), pg_temp.event('v2', 'open'), pg_temp.event('v3', 'open'))) ->> 'accepted' AS accepted;
SELECT event_id, own FROM events WHERE event_id ~ '^v' ORDER BY 1;
SELECT ingest(jsonb_build_array(pg_temp.event('w1', 'open'), pg_temp.event('w2', 'open', '{"page.title":"forbidden"}')));
SELECT count(*) FROM events WHERE event_id ~ '^w';
SELECT ingest(jsonb_build_array(pg_temp.event('w1', 'open'))) ->> 'duplicates' AS duplicates;
DROP TRIGGER echo_event ON events;
DROP FUNCTION public.echo_event();
ALTER TABLE events DROP COLUMN own, DROP CONSTRAINT own_rule;

-- Leaves the caller's organization and settings as they were.
SELECT set_current_org(:'other');
SELECT ingest(jsonb_build_array(pg_temp.event('c1', 'open')));
SELECT current_org_id() = :'other' AS unchanged, current_setting('search_path') AS search_path;

-- Twenty thousand errors leave no growth: memory of the session afterwards is that of before.
CREATE FUNCTION pg_temp.fail(times int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..times LOOP
    BEGIN PERFORM productgraph.ingest('{"events":[{"event_id":"x"'); EXCEPTION WHEN others THEN NULL; END;
  END LOOP;
END $$;
SELECT pg_temp.fail(1000);
SELECT sum(total_bytes) AS before FROM pg_backend_memory_contexts WHERE name <> 'CacheMemoryContext' \gset
SELECT pg_temp.fail(20000);
SELECT sum(total_bytes) - :before < 1024 * 1024 AS no_growth FROM pg_backend_memory_contexts WHERE name <> 'CacheMemoryContext';
SELECT clear_current_org();
