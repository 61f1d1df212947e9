-- Redaction: what is kept out of the store, by patterns in text and by the names of fields.

CREATE FUNCTION redact(value text, patterns text[] DEFAULT '{card,token}') RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_redact';
COMMENT ON FUNCTION redact(text, text[]) IS
'The text with [card], [email] or [token] in the place of what the patterns find. card: numbers of payment cards with '
'a right check digit. email: e-mail addresses. token: API keys, JSON Web Tokens, private keys, and what is given to '
'names such as password or api_key. NULL for NULL. Errors: 22023 unknown pattern, 22004 NULL among the patterns.';

CREATE FUNCTION is_valid_redaction(patterns text[], drop_fields text[], hash_fields text[], mask_fields text[])
RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_is_valid_redaction';
COMMENT ON FUNCTION is_valid_redaction(text[], text[], text[], text[]) IS
'True, or an error (22023, 22004) that tells what is wrong with settings for set_redaction().';

CREATE FUNCTION keyed_hash(secret bytea, value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_keyed_hash';
COMMENT ON FUNCTION keyed_hash(bytea, text) IS
'"h_" and the SipHash-2-4 of 128 bits, in hexadecimal. Error: 22023 when the secret has not 16 bytes.';

-- A row for each project, made with it: whoever inserts projects need not know of redaction.
CREATE FUNCTION add_redaction() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO productgraph.redactions (org_id, project_id) VALUES (NEW.org_id, NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION add_redaction() IS 'Gives a new project the redaction that projects have by default.';

CREATE FUNCTION setup_redaction() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
  CREATE TABLE IF NOT EXISTS productgraph.redactions (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    patterns text[] NOT NULL DEFAULT '{card,token}',
    drop_fields text[] NOT NULL DEFAULT '{}',
    hash_fields text[] NOT NULL DEFAULT '{}',
    mask_fields text[] NOT NULL DEFAULT '{}',
    secret bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) CHECK (length(secret) = 16),
    PRIMARY KEY (org_id, project_id),
    FOREIGN KEY (org_id, project_id) REFERENCES productgraph.projects ON UPDATE CASCADE ON DELETE CASCADE
  );
  PERFORM productgraph.add_comment('productgraph.redactions', 'What set_redaction() chose for each project.');
  PERFORM productgraph.add_comment('productgraph.redactions', 'The key of hashes, made at random; for no analyst to see.', 'secret');
  IF NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = 'productgraph.redactions'::regclass
                 AND c.conname = 'redactions_check') THEN
    ALTER TABLE productgraph.redactions ADD CONSTRAINT redactions_check
      CHECK (productgraph.is_valid_redaction(patterns, drop_fields, hash_fields, mask_fields));
  END IF;
  PERFORM productgraph.add_trigger('productgraph.projects', 'add_redaction', 'AFTER INSERT',
    'FOR EACH ROW EXECUTE FUNCTION productgraph.add_redaction()');
  PERFORM productgraph.add_policy('productgraph.redactions', 'lookup',
    'FOR SELECT TO productgraph_owner USING (true)');
  GRANT SELECT (org_id, project_id, patterns, drop_fields, hash_fields, mask_fields)
    ON productgraph.redactions TO productgraph_analyst;
  GRANT EXECUTE ON FUNCTION productgraph.set_redaction(text, text[], text[], text[], text[]),
    productgraph.redacted_hash(text, text) TO productgraph_service;
END
$$;
COMMENT ON FUNCTION setup_redaction() IS 'Part of setup(): the table that set_redaction() fills.';

CREATE FUNCTION set_redaction(
  project text, patterns text[] DEFAULT NULL, drop_fields text[] DEFAULT NULL, hash_fields text[] DEFAULT NULL,
  mask_fields text[] DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  named text;
BEGIN
  INSERT INTO productgraph.redactions (org_id, project_id) VALUES (productgraph.project_org(project), project)
  ON CONFLICT DO NOTHING;
  UPDATE productgraph.redactions r SET
    patterns = coalesce(set_redaction.patterns, r.patterns),
    drop_fields = coalesce(set_redaction.drop_fields, r.drop_fields),
    hash_fields = coalesce(set_redaction.hash_fields, r.hash_fields),
    mask_fields = coalesce(set_redaction.mask_fields, r.mask_fields)
  WHERE r.org_id = productgraph.project_org(project) AND r.project_id = project;
  FOREACH named IN ARRAY coalesce(drop_fields, '{}') || coalesce(hash_fields, '{}') || coalesce(mask_fields, '{}') LOOP
    IF named !~ '^(\*|metadata|ui\.state\.before|ui\.state\.after)\.'
       AND NOT EXISTS (SELECT FROM productgraph.event_fields() f WHERE f.field = named) THEN
      RAISE NOTICE 'field "%" is not one of event_fields(): it is looked for among unknown fields', named;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION set_redaction(text, text[], text[], text[], text[]) IS
'What is kept out of the store for a project, from the next ingestion statement on; a list '
'that is NULL stays as it is. patterns: card, email, token; the first and the last by default. drop_fields, hash_fields '
'(by a secret of the project, equal for equal values) and mask_fields name fields of event_fields(), unknown fields, '
'metadata.KEY, metadata.KEY.KEY, or *.KEY for a key anywhere. Errors: 42704 unknown project, 22023 unknown pattern, '
'field named twice or not to be redacted in this way, 22004 NULL in a list.';

CREATE FUNCTION redaction(
  project text, OUT patterns text[], OUT drop_fields text[], OUT hash_fields text[], OUT mask_fields text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  SELECT r.patterns, r.drop_fields, r.hash_fields, r.mask_fields INTO patterns, drop_fields, hash_fields, mask_fields
  FROM productgraph.redactions r WHERE r.org_id = productgraph.project_org(project) AND r.project_id = project;
END
$$;
COMMENT ON FUNCTION redaction(text) IS
'What set_redaction() chose for a project of the current organization. Error: 42704 unknown project.';

CREATE FUNCTION redacted_hash(project text, value text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (SELECT productgraph.keyed_hash(r.secret, value) FROM productgraph.redactions r
          WHERE r.org_id = productgraph.project_org(project) AND r.project_id = project);
END
$$;
COMMENT ON FUNCTION redacted_hash(text, text) IS
'What is stored in place of a value that a project of the current organization hashes: to find a user whose id was '
'hashed. NULL for NULL. Error: 42704 unknown project.';
