-- API keys: rotation, expiry, scopes and when they were last used.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT create_organization('api-keys', 'API keys') AS org \gset
SELECT create_organization('other-keys', 'Other keys') AS other \gset
SELECT create_project(:'org', 'keyed');
SELECT create_api_key(:'org', 'keyed', 'first', scopes => '{ingest,query}') AS first \gset
SELECT set_current_org(:'org') \g /dev/null
CREATE FUNCTION pg_temp.try(id text, key text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT productgraph.ingest(jsonb_build_array(jsonb_build_object('event_id', id, 'project_id', 'keyed', 'session.id', 's1',
    'event.type', 'page.view', 'event.timestamp', '2026-03-01T12:00:00Z')), key) -> 'accepted'
$$;
SELECT id AS first_id FROM api_keys WHERE label = 'first' \gset

-- A new key, and the old one for as long as was asked.
SELECT rotate_api_key(:'org', :'first_id', now() + interval '1 hour', now() + interval '90 days') AS second \gset
SELECT :'second' ~ '^pgk_[0-9a-f]{64}$' AND :'second' <> :'first' AS another_key;
SELECT label, project_id, scopes, round(extract(epoch FROM expires_at - now()) / 3600) AS hours
FROM api_keys WHERE org_id = :'org' ORDER BY created_at, expires_at;
SELECT pg_temp.try('r1', :'first') AS old, pg_temp.try('r2', :'second') AS new;
-- By default for a day more, but never longer than it would have been.
SELECT rotate_api_key(:'org', :'first_id') IS NOT NULL AS third;
SELECT expires_at - now() < interval '1 hour' AS shortened FROM api_keys WHERE id = :'first_id';
SELECT rotate_api_key(:'org', :'first_id', NULL) IS NOT NULL AS as_it_was;
SELECT expires_at - now() > interval '59 minutes' AS unchanged FROM api_keys WHERE id = :'first_id';
-- Not at all any more.
SELECT rotate_api_key(:'org', :'first_id', now()) AS fourth \gset
SELECT pg_temp.try('r3', :'first');
SELECT pg_temp.try('r3', :'fourth');
-- What is not valid cannot be rotated, nor what belongs to others, nor what is not there.
SELECT rotate_api_key(:'org', :'first_id');
SELECT id AS fourth_id FROM api_keys WHERE key_hash = sha256(:'fourth'::bytea) \gset
SELECT rotate_api_key(:'other', :'fourth_id');
SELECT revoke_api_key(:'org', :'fourth_id');
SELECT rotate_api_key(:'org', :'fourth_id');
SELECT rotate_api_key(:'org', gen_random_uuid());
SELECT current_org_id() = :'org' AS organization_as_before;
-- No key is kept anywhere.
SELECT count(*) FROM api_keys k WHERE k::text LIKE '%' || :'second' || '%';

-- Scopes: known but not allowed is told apart from unknown.
SELECT create_api_key(:'org', 'keyed', 'reader', scopes => '{query}') AS reader \gset
SELECT create_api_key(:'org', 'keyed', 'nothing', scopes => '{}') AS nothing \gset
SELECT create_api_key(:'org', 'keyed', 'odd', scopes => '{admin}');
SELECT status, response FROM ingest_requests(ARRAY['[]', '[]', '[]']::bytea[],
  ARRAY[sha256(:'reader'::bytea), sha256(:'nothing'::bytea), sha256('pgk_unknown')], ARRAY['json', 'json', 'json'], ARRAY['a', 'b', 'c']);
-- The hash opens nothing where the key is expected.
SELECT pg_temp.try('h1', encode(sha256(:'second'::bytea), 'escape'));
SELECT status FROM ingest_requests(ARRAY['[]']::bytea[], ARRAY[:'second'::bytea], ARRAY['json'], ARRAY['a']);

-- Last use: at most twice a minute, unknown keys and nulls change nothing, other organizations are reached.
SELECT count(last_used_at) FROM api_keys;
SELECT create_api_key(:'other', NULL, 'elsewhere') AS elsewhere \gset
SELECT note_key_uses(ARRAY[sha256(:'second'::bytea), sha256(:'elsewhere'::bytea), sha256('pgk_unknown'), NULL]) AS noted;
SELECT note_key_uses(ARRAY[sha256(:'second'::bytea), sha256(:'elsewhere'::bytea)]) AS too_soon;
SELECT count(last_used_at), bool_and(last_used_at = now() OR last_used_at > now() - interval '1 minute') FROM api_keys;
UPDATE api_keys SET last_used_at = now() - interval '31 seconds' WHERE last_used_at IS NOT NULL;
SELECT note_key_uses(ARRAY[sha256(:'second'::bytea)]) AS noted_again;
SELECT note_key_uses('{}') AS none, note_key_uses(NULL) IS NULL AS of_null, current_org_id() = :'org' AS organization_as_before;
-- Who may.
CREATE ROLE key_server IN ROLE productgraph_ingest;
SET ROLE key_server;
SELECT note_key_uses(ARRAY[sha256(:'second'::bytea)]) AS noted;
SELECT count(*) FROM api_keys;
SELECT rotate_api_key(:'org', :'fourth_id');
RESET ROLE;
DROP ROLE key_server;
SELECT clear_current_org();
