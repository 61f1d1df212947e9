-- Redaction: redact(), set_redaction(), and what of it reaches the store.
\set VERBOSITY terse
SET search_path = productgraph, public;

-- On any text.
SELECT redact('card 4111 1111 1111 1111, /login?user=ann&password=hunter2');
SELECT redact('ann@example.com paid with 4111111111111111', '{email}'), redact('4111111111111112'), redact(NULL) IS NULL AS null;
SELECT redact('x', '{emial}');
SELECT redact('x', '{NULL}');
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT redact('x', '{phone}');
\set VERBOSITY terse

SELECT create_organization('redactions', 'Redactions') AS org \gset
SELECT create_organization('redactions-2', 'Redactions 2') AS org2 \gset
SELECT create_project(:'org', 'shop', settings => '{"open_ingest": true}');
SELECT create_project(:'org', 'plain', settings => '{"open_ingest": true}');
SELECT create_project(:'org2', 'shop2');
SELECT set_current_org(:'org');
CREATE FUNCTION pg_temp.event(id text, project text, extra jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_array(jsonb_build_object('event_id', id, 'project_id', project, 'session.id', 's1', 'event.type', 'page.view',
    'event.timestamp', '2026-03-01T12:00:00Z') || extra)
$$;

-- Projects begin with card numbers and tokens.
SELECT * FROM redaction('shop');
SELECT jsonb_pretty(ingest(pg_temp.event('r1', 'shop', '{"page.url": "/pay?card=4111111111111111&email=ann@example.com",
  "metadata": {"n": [{"note": "4111-1111-1111-1111", "password": "hunter2", "total": 12.50}]}, "api_secret": "abcdef",
  "error.message": "Authorization: Bearer a1b2c3d4e5f6g7h8", "user.id": "ann@example.com"}')));
SELECT page_url, metadata, attributes, error_message, user_id FROM events WHERE project_id = 'shop' AND event_id = 'r1' \gx

-- From the next statement on; a list that is not given stays as it is.
SELECT set_redaction('shop', '{email}', drop_fields => '{page.referrer,metadata.phone,*.dob,user.phone}',
  hash_fields => '{user.id,metadata.account}', mask_fields => '{ui.element.text}');
SELECT set_redaction('shop', patterns => '{card,email,token}');
SELECT * FROM redaction('shop') \gx
SELECT ingest(pg_temp.event('r2', 'shop', '{"user.id": "ann", "page.referrer": "https://x.org", "ui.element.text": "Ann Smith",
  "metadata": {"phone": "1", "a": {"dob": 1, "mail": "ann@example.com"}, "account": "ann"}, "user.phone": "2", "session.id": "ann@example.com"}'));
SELECT user_id = redacted_hash('shop', 'ann') AS hashed, metadata ->> 'account' = user_id AS joins, metadata #- '{account}' AS metadata,
  session_id = redacted_hash('shop', 'ann@example.com') AS session, page_referrer IS NULL AS dropped, ui_element_text, attributes
FROM events WHERE project_id = 'shop' AND event_id = 'r2' \gx
SELECT user_id ~ '^h_[0-9a-f]{32}$' AS hashed, events FROM sessions WHERE session_id ~ '^h_';
-- The secret is the project's: elsewhere the same value is another hash.
SELECT redacted_hash('shop', 'ann') = redacted_hash('plain', 'ann') AS comparable, redacted_hash('shop', NULL) IS NULL AS null;

-- Identity is not touched by settings, and an event id is never kept in the clear once it matches.
SELECT set_redaction('plain', '{}');
SELECT ingest(pg_temp.event('same', 'plain', '{"user.id": "ann@example.com"}'));
SELECT ingest(pg_temp.event('4111111111111111', 'plain'));
SELECT set_redaction('plain', '{card,email,token}', hash_fields => '{user.id}');
SELECT ingest(pg_temp.event('same', 'plain', '{"user.id": "ann@example.com"}'));
SELECT ingest(pg_temp.event('4000000000000002', 'plain', '{"page.title": "4111111111111111"}')) -> 'warnings' AS warnings;
SELECT ingest(pg_temp.event('4000000000000002', 'plain')) -> 'duplicates' AS duplicates;
SELECT count(*) FROM events WHERE event_id = redacted_hash('plain', '4000000000000002');
-- Nothing at all: as it was sent.
SELECT set_redaction('plain', '{}', '{}', '{}', '{}');
SELECT ingest(pg_temp.event('r3', 'plain', '{"page.title": "4111111111111111", "user.id": "ann@example.com"}'));
SELECT page_title, user_id FROM events WHERE project_id = 'plain' AND event_id = 'r3';
-- Without a row nothing is redacted; setting something makes one.
DELETE FROM redactions WHERE project_id = 'shop';
SELECT ingest(pg_temp.event('r4', 'shop', '{"page.title": "4111111111111111"}'));
SELECT set_redaction('shop', patterns => '{}', drop_fields => '{}', hash_fields => '{event.name}', mask_fields => '{}');

-- Errors tell what is possible.
\set VERBOSITY default
SELECT set_redaction('shop', '{phone}');
SELECT set_redaction('shop', drop_fields => '{session.id}');
SELECT set_redaction('shop', mask_fields => '{api.status_code}');
SELECT set_redaction('shop', hash_fields => '{api.method}');
SELECT set_redaction('shop', drop_fields => '{a,user.id}', hash_fields => '{user.id}');
SELECT set_redaction('shop', drop_fields => '{metadata.}');
\set VERBOSITY terse
SELECT set_redaction('shop', drop_fields => '{NULL}');
SELECT set_redaction('shop', drop_fields => (SELECT array_agg('metadata.' || n) FROM generate_series(1, 101) n));
SELECT set_redaction('nowhere', '{card}');
SELECT * FROM redaction('shop2');
UPDATE redactions SET patterns = '{x}';
UPDATE redactions SET secret = 'short';

-- An analyst reads the settings of its organizations, but no secret; a service role sets them.
CREATE ROLE regress_redaction_analyst;
CREATE ROLE regress_redaction_service;
GRANT productgraph_analyst TO regress_redaction_analyst;
GRANT productgraph_service TO regress_redaction_service;
SELECT add_member('regress_redaction_analyst', :'org');
SET ROLE regress_redaction_analyst;
SELECT set_current_org(:'org');
SELECT hash_fields FROM redaction('shop');
SELECT count(*) FROM redactions;
SELECT secret FROM redactions;
SELECT redacted_hash('shop', 'ann');
SELECT set_redaction('shop', '{}');
UPDATE redactions SET patterns = '{}';
SET ROLE regress_redaction_service;
SELECT set_current_org(:'org2');
SELECT project_id FROM redactions;
SELECT set_redaction('shop', '{}');
SELECT set_redaction('shop2', '{email}');
INSERT INTO projects (org_id, id, name) VALUES (:'org2', 'direct', 'Direct');
SELECT patterns FROM redaction('direct');
DELETE FROM projects WHERE id = 'direct';
SELECT count(*) FROM redactions;
RESET ROLE;
SELECT clear_current_org();
DELETE FROM organizations WHERE slug ~ '^redactions';
DROP ROLE regress_redaction_analyst, regress_redaction_service;
