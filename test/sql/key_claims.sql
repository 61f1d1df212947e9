-- Keys of many events are claimed together, also when some are repeats, and with whatever stands on their table.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT create_organization('claims', 'Claims') AS org \gset
SELECT create_project(:'org', 'claims', settings => '{"open_ingest": true}'), create_project(:'org', 'claims2', settings => '{"open_ingest": true}');
CREATE FUNCTION pg_temp.claim(first int, last int, project text DEFAULT 'claims') RETURNS text LANGUAGE sql AS $$
  SELECT (productgraph.ingest(jsonb_agg(jsonb_build_object('event_id', format('017f22e2-79b0-7000-8000-%s', lpad(i::text, 12, '0')),
    'project_id', project, 'session.id', 's', 'event.type', 'custom', 'event.timestamp', 1700000000000) ORDER BY -i)) - 'errors')::text
  FROM generate_series(first, last) i
$$;
SELECT pg_temp.claim(1, 300);
-- Fewer than are worth it, all of them known, some of them known, too few new ones.
SELECT pg_temp.claim(301, 303), pg_temp.claim(1, 300), pg_temp.claim(250, 600), pg_temp.claim(1, 604);
-- The same ids in another project, and in the same batch twice.
SELECT pg_temp.claim(1, 300, 'claims2');
SELECT ingest(jsonb_agg(jsonb_build_object('event_id', 'twice' || i % 20, 'project_id', 'claims', 'session.id', 's', 'event.type', 'custom',
  'event.timestamp', 1700000000000))) - 'errors' AS twice FROM generate_series(1, 40) i;
SELECT project_id, count(*), count(DISTINCT event_id) FROM events WHERE project_id ~ '^claims' GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM event_keys WHERE org_id = :'org';
-- A key begins with the seconds of such an id.
SELECT DISTINCT left(key::text, 8) AS seconds, ('x' || left(key::text, 8))::bit(32)::bigint = 1645557742 AS of_the_id
FROM event_keys WHERE org_id = :'org' AND left(key::text, 8) = '621537ee';
-- Keys that were rolled back are new again; a vacuum in between or not.
BEGIN;
SELECT pg_temp.claim(1001, 1100);
ROLLBACK;
SELECT pg_temp.claim(1001, 1050);
VACUUM event_keys;
SELECT pg_temp.claim(1001, 1100);
-- An index of somebody else has the new keys, and a unique one its say; a trigger is served.
CREATE INDEX claims_by_time ON event_keys (received_at);
CREATE INDEX claims_brin ON event_keys USING brin (received_at) WITH (pages_per_range = 1);
SELECT pg_temp.claim(2001, 2100);
SET enable_seqscan = off; SET enable_bitmapscan = off;
SELECT count(*) FROM event_keys WHERE received_at = (SELECT max(received_at) FROM event_keys);
RESET enable_seqscan; RESET enable_bitmapscan;
DROP INDEX claims_by_time, claims_brin;
SELECT now() AS begun \gset
CREATE UNIQUE INDEX claims_once ON event_keys (org_id, received_at) WHERE received_at > :'begun';
SELECT pg_temp.claim(3001, 3100);
DROP INDEX claims_once;
CREATE FUNCTION public.note_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'claimed'; RETURN NULL; END $$;
CREATE TRIGGER note_claim AFTER INSERT ON event_keys EXECUTE FUNCTION public.note_claim();
SELECT pg_temp.claim(4001, 4100);
DROP TRIGGER note_claim ON event_keys;
DROP FUNCTION public.note_claim();
-- An error leaves nothing claimed, and the transaction as it was.
CREATE FUNCTION public.refuse(uuid) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
SELECT now() AS begun \gset
CREATE INDEX claims_refused ON event_keys (key) WHERE received_at > :'begun' AND public.refuse(key);
BEGIN;
DO $$
BEGIN
  PERFORM pg_temp.claim(5001, 5100);
EXCEPTION WHEN raise_exception THEN
  RAISE NOTICE '%, as %', SQLERRM, current_user;
END
$$;
DROP INDEX productgraph.claims_refused;
SELECT pg_temp.claim(5001, 5100);
COMMIT;
DROP FUNCTION public.refuse(uuid);
SELECT count(*) = (SELECT count(*) FROM events WHERE project_id ~ '^claims') AS a_key_an_event FROM event_keys WHERE org_id = :'org';
