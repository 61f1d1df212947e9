-- Ingestion reads nothing, and writes into the project of the key only, whatever the body says.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT id AS a FROM organizations WHERE slug = 'tenant-a' \gset
SELECT id AS b FROM organizations WHERE slug = 'tenant-b' \gset
SELECT create_api_key(:'a', 'shared', 'test') AS key_a \gset
SELECT create_api_key(:'a', NULL, 'test') AS key_all_a \gset
SELECT create_api_key(:'a', 'shared', 'test', '{query}') AS key_query \gset
SELECT create_api_key(:'a', 'shared', 'test', expires_at => now() - interval '1 second') AS key_expired \gset
SELECT public.fingerprint(:'b') AS before_b \gset
-- What may be called beyond what everybody may.
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'productgraph'::regnamespace
  AND has_function_privilege('regress_tenant_ingest', p.oid, 'EXECUTE') AND NOT has_function_privilege('regress_tenant_nobody', p.oid, 'EXECUTE')
ORDER BY p.oid::regprocedure::text COLLATE "C";
SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'productgraph'::regnamespace
  AND has_table_privilege('regress_tenant_ingest', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER');

SET SESSION AUTHORIZATION regress_tenant_ingest;
CREATE FUNCTION pg_temp.event(more jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT jsonb_build_array('{"event_id":"tenant","project_id":"shared","session.id":"tenant","event.type":"custom","event.timestamp":"2026-01-01T00:00:00Z"}' || more)::text
$$;
-- Bodies that name the other organization, its id, its name, its project; each with a key of A.
SELECT ingest(pg_temp.event(jsonb_build_object('event_id', 't1', 'org_id', :'b', 'org.id', :'b', 'organization', :'b', 'tenant', :'b', 'org.name', 'canary-b')), :'key_a') ->> 'accepted' AS accepted;
SELECT ingest(pg_temp.event(jsonb_build_object('event_id', 't2', 'metadata', jsonb_build_object('org_id', :'b'), 'client_org_id', :'b', 'project_id', 'shared', 'project.id', 'of-b')), :'key_a') ->> 'accepted' AS accepted;
SELECT ingest(replace(pg_temp.event('{"event_id":"t3"}'), '{', '{"org_id":"' || :'b' || '","project_id":"of-b",'), :'key_a');
SELECT ingest(jsonb_build_object('org_id', :'b', 'project_id', 'of-b', 'events', pg_temp.event('{"event_id":"t4"}')::jsonb)::text, :'key_a') ->> 'accepted' AS accepted;
-- The id of an event that B has is new to A.
SELECT ingest(pg_temp.event('{"event_id":"only-b","session.id":"session-1"}'), :'key_a');
-- A foreign project is like one that does not exist, with any key and with none.
SELECT p AS project, public.attempt(format('SELECT productgraph.ingest(%L, %L)', pg_temp.event(jsonb_build_object('event_id', 't5', 'project_id', p)), k.key)) FROM unnest('{of-b,of-nobody}'::text[]) p, (VALUES (:'key_a'), (:'key_all_a')) k(key);
SELECT public.attempt(format('SELECT productgraph.ingest(%L)', pg_temp.event(jsonb_build_object('event_id', 't6', 'project_id', p)))) FROM unnest('{shared,of-nobody}'::text[]) p;
-- A key of A for one project does not open another one of A; those that are expired, for reading, or made up open none.
SELECT public.attempt(format('SELECT productgraph.ingest(%L, %L)', pg_temp.event('{"event_id":"t7","project_id":"of-a"}'), :'key_a'));
SELECT public.attempt(format('SELECT productgraph.ingest(%L, %L)', pg_temp.event('{"event_id":"t8"}'), key)) FROM unnest(ARRAY[:'key_query', :'key_expired', 'pgk_', '', :'key_a' || ' ', upper(:'key_a'), ''' OR true --']) key;
-- Requests that share a transaction share nothing else.
SELECT request, status, accepted, rejected FROM ingest_requests(
  ARRAY[pg_temp.event('{"event_id":"t9"}'), pg_temp.event('{"event_id":"t9","project_id":"of-b","user.id":"hello"}'), pg_temp.event('{"event_id":"t9","project_id":"of-b","org.id":"x"}')]::bytea[],
  ARRAY[sha256(:'key_a'), NULL, sha256(:'key_a')], ARRAY['json', 'json', 'json'], ARRAY['1', '2', '3']);
-- Reading: nothing that an ingest role may call returns a row of anybody.
SELECT count(*) FROM events;
SELECT set_current_org(:'a');
SELECT * FROM funnel('shared', '{page.view}');
SELECT * FROM session_timeline('shared', 'session-1');
SELECT create_journey('shared', 'j', '{page.view}');
-- Nor does it become anybody.
SET ROLE productgraph_owner;
SET productgraph.current_org = :'b';

-- When storing fails and the error is caught, the role and the organization are what they were.
RESET SESSION AUTHORIZATION;
ALTER TABLE events ADD CONSTRAINT tenant_breaks CHECK (page_path <> 'breaks') NOT VALID;
SET SESSION AUTHORIZATION regress_tenant_ingest;
DO $$
BEGIN
  PERFORM productgraph.ingest('[{"event_id":"breaks","project_id":"of-b","session.id":"breaks","event.type":"custom","event.timestamp":"2026-01-01T00:00:00Z","page.path":"breaks"}]');
EXCEPTION WHEN check_violation THEN
  RAISE NOTICE 'caught as %, in organization %: %', current_user, productgraph.current_org_id(), SQLERRM;
END $$;
SELECT current_user = session_user AS same_user, current_org_id() IS NULL AS none_chosen, current_setting('search_path') AS search_path;
SELECT count(*) FROM events;
RESET SESSION AUTHORIZATION;
ALTER TABLE events DROP CONSTRAINT tenant_breaks;
-- Names before ours do not reach ingestion, which acts as the owner of the tables.
RESET SESSION AUTHORIZATION;
CREATE SCHEMA tenant_evil AUTHORIZATION regress_tenant_ingest;
SET SESSION AUTHORIZATION regress_tenant_ingest;
GRANT USAGE ON SCHEMA tenant_evil TO PUBLIC;
DO $$
DECLARE
  f record;
BEGIN
  -- What the statements of ingestion call, under the same names.
  FOR f IN SELECT DISTINCT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, format_type(p.prorettype, NULL) AS result FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.proname IN ('now', 'sha256', 'count', 'uuid_eq', 'jsonb_object_field_text', 'int4eq', 'texteq', 'interval', 'bool')
      AND pg_get_function_identity_arguments(p.oid) !~ 'internal|"any"'
  LOOP
    EXECUTE format('CREATE FUNCTION tenant_evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION $x$called by %%$x$, current_user; END''', f.proname, f.arguments, f.result);
  END LOOP;
END $$;
CREATE FUNCTION tenant_evil.call(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'operator called by %', current_user; END $$;
CREATE OPERATOR tenant_evil.= (FUNCTION = tenant_evil.call, LEFTARG = anyelement, RIGHTARG = anyelement);
CREATE OPERATOR tenant_evil.>= (FUNCTION = tenant_evil.call, LEFTARG = anyelement, RIGHTARG = anyelement);
CREATE TEMP TABLE api_keys AS SELECT 1 AS x; CREATE TEMP TABLE ingested_events AS SELECT 1 AS x; CREATE TEMP TABLE new_events AS SELECT 1 AS x;
SET search_path = tenant_evil, pg_temp, pg_catalog;
SELECT productgraph.ingest(pg_temp.event('{"event_id":"t10"}'), :'key_a');
RESET search_path;
RESET SESSION AUTHORIZATION;
SET search_path = productgraph, public;
SET client_min_messages = warning;
DROP SCHEMA tenant_evil CASCADE;
RESET client_min_messages;

-- What came of all that: rows of A, and none of B but the one sent to its open project.
SELECT event_id, project_id, client_org_id = :'b' AS claims_b, attributes ->> 'org_id' = :'b' AS keeps_claim, session_id FROM events
WHERE org_id = :'a' AND (session_id = 'tenant' OR event_id = 'only-b') ORDER BY event_id;
DELETE FROM events WHERE org_id = :'b' AND user_id = 'hello' RETURNING project_id;
DELETE FROM sessions WHERE org_id = :'b' AND session_id = 'tenant' RETURNING project_id;
DELETE FROM event_keys WHERE org_id = :'b' AND received_at = (SELECT max(received_at) FROM event_keys WHERE org_id = :'b') RETURNING true AS gone;
SELECT public.fingerprint(:'b') = :'before_b' AS same_b;
DELETE FROM events WHERE org_id = :'a' AND (session_id = 'tenant' OR event_id = 'only-b');
