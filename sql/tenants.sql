-- Organizations, projects, API keys and members: what a service role manages.

-- Work for one organization inside a function: enter_org() returns what leave_org() needs to come back.
CREATE FUNCTION enter_org(org_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.current_org_id();
BEGIN
  PERFORM productgraph.set_current_org(org_id, true);
  RETURN previous;
END
$$;
COMMENT ON FUNCTION enter_org(uuid) IS 'Chooses an organization for the transaction and returns the one before.';

CREATE FUNCTION leave_org(previous uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF previous IS NULL THEN
    PERFORM productgraph.clear_current_org(true);
  ELSE
    PERFORM productgraph.set_current_org(previous, true);
  END IF;
END
$$;
COMMENT ON FUNCTION leave_org(uuid) IS 'Returns to the organization that enter_org() left.';

CREATE FUNCTION create_organization(slug text, name text) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  new_id uuid := gen_random_uuid();
BEGIN
  IF to_regclass('productgraph.organizations') IS NULL THEN
    PERFORM productgraph.require_store();
  END IF;
  INSERT INTO productgraph.organizations (id, slug, name)
  VALUES (new_id, create_organization.slug, create_organization.name);
  RETURN new_id;
EXCEPTION
  WHEN unique_violation THEN
    RAISE 'slug "%" is taken', create_organization.slug USING ERRCODE = 'unique_violation';
  WHEN check_violation THEN
    RAISE 'slug "%" or name "%" cannot be used', create_organization.slug, create_organization.name
      USING ERRCODE = 'check_violation', HINT = 'A slug has 1 to 63 of a-z, 0-9, _ and -; a name is not empty.';
  WHEN insufficient_privilege THEN
    IF pg_has_role(current_user, 'productgraph_service', 'USAGE') THEN
      RAISE;
    END IF;
    RAISE 'only members of "productgraph_service" create organizations' USING ERRCODE = 'insufficient_privilege',
      HINT = format('Run: GRANT productgraph_service TO %I;', current_user);
END
$$;
COMMENT ON FUNCTION create_organization(text, text) IS
'Creates a tenant and returns its id. For members of productgraph_service (else 42501). slug: 1 to 63 of a-z, 0-9, _ and - '
'(else 23514), taken ones are an error (23505).';

CREATE FUNCTION is_valid_project_settings(settings jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  setting text;
  value jsonb;
BEGIN
  IF jsonb_typeof(settings) <> 'object' THEN
    RAISE 'project settings must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR setting, value IN SELECT * FROM jsonb_each(settings) LOOP
    CASE setting
      WHEN 'open_ingest', 'allow_other_types' THEN
        IF jsonb_typeof(value) <> 'boolean' THEN
          RAISE 'project setting "%" must be true or false', setting USING ERRCODE = 'invalid_parameter_value';
        END IF;
      WHEN 'accept_past', 'accept_future' THEN
        IF (value #>> '{}')::interval < interval '0' THEN
          RAISE 'project setting "%" must not be negative', setting USING ERRCODE = 'invalid_parameter_value';
        ELSIF (value #>> '{}')::interval > interval '1000 years' THEN
          RAISE 'project setting "%" must be 1000 years at most', setting USING ERRCODE = 'invalid_parameter_value';
        END IF;
      WHEN 'retention_days' THEN
        IF value <> 'null' AND (jsonb_typeof(value) <> 'number' OR (value #>> '{}')::numeric NOT BETWEEN 1 AND 36500
                                OR (value #>> '{}')::numeric % 1 <> 0) THEN
          RAISE 'project setting "%" must be a whole number from 1 to 36500, or null', setting
            USING ERRCODE = 'invalid_parameter_value';
        END IF;
      ELSE
        RAISE 'unknown project setting "%"', setting USING ERRCODE = 'invalid_parameter_value',
          HINT = 'Settings are open_ingest, allow_other_types, accept_past, accept_future and retention_days.';
    END CASE;
  END LOOP;
  RETURN true;
END
$$;
COMMENT ON FUNCTION is_valid_project_settings(jsonb) IS
'True, or an error (22023, 22007) that tells what is wrong with the settings of a project.';

CREATE FUNCTION create_project(org_id uuid, id text, name text DEFAULT NULL, settings jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.enter_org(org_id);
BEGIN
  INSERT INTO productgraph.projects (org_id, id, name, settings)
  VALUES (create_project.org_id, create_project.id, coalesce(create_project.name, create_project.id),
          create_project.settings);
  PERFORM productgraph.leave_org(previous);
  RETURN create_project.id;
EXCEPTION WHEN unique_violation THEN
  RAISE 'project "%" cannot be created: the id is taken', create_project.id USING ERRCODE = 'unique_violation',
    HINT = 'Ids are unique in an organization; those of projects with open_ingest in the whole store.';
END
$$;
COMMENT ON FUNCTION create_project(uuid, text, text, jsonb) IS
'Creates a project and returns its id, the string that clients send as project_id. settings: open_ingest (boolean: '
'events need no API key), allow_other_types (boolean: event types beyond the known ones), accept_past and '
'accept_future (interval up to 1000 years: how far from now event.timestamp may be; since 1970 and 1 day by default), '
'retention_days (1 to 36500: maintain() deletes what is older; null = never; productgraph.retention_days by default).';

CREATE FUNCTION create_api_key(
  org_id uuid, project_id text, label text, scopes text[] DEFAULT '{ingest}', expires_at timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.enter_org(org_id);
  -- Two random UUIDs carry 244 bits from the server's strong random source.
  key text := 'pgk_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
BEGIN
  INSERT INTO productgraph.api_keys (org_id, project_id, label, prefix, key_hash, scopes, expires_at)
  VALUES (create_api_key.org_id, create_api_key.project_id, create_api_key.label, left(key, 12),
          sha256(key::bytea), create_api_key.scopes, create_api_key.expires_at);
  PERFORM productgraph.leave_org(previous);
  RETURN key;
EXCEPTION WHEN foreign_key_violation THEN
  RAISE 'project "%" does not exist in that organization', create_api_key.project_id
    USING ERRCODE = 'undefined_object';
END
$$;
COMMENT ON FUNCTION create_api_key(uuid, text, text, text[], timestamptz) IS
'Creates an API key for a project, or for all of the organization when project_id is NULL, and returns it. It is shown '
'this once: the store keeps its SHA-256 only. scopes: ingest, query.';

CREATE FUNCTION revoke_api_key(org_id uuid, key_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.enter_org(org_id);
  revoked boolean;
BEGIN
  UPDATE productgraph.api_keys k SET revoked_at = now()
  WHERE k.org_id = revoke_api_key.org_id AND k.id = key_id AND k.revoked_at IS NULL;
  revoked := FOUND;
  PERFORM productgraph.leave_org(previous);
  RETURN revoked;
END
$$;
COMMENT ON FUNCTION revoke_api_key(uuid, uuid) IS
'Revokes an API key, by the id it has in api_keys, at once; false when there is none that is not revoked already.';

CREATE FUNCTION rotate_api_key(
  org_id uuid, key_id uuid, old_valid_until timestamptz DEFAULT now() + interval '1 day',
  expires_at timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.enter_org(org_id);
  replaced record;
  key text;
BEGIN
  UPDATE productgraph.api_keys k SET expires_at = least(k.expires_at, old_valid_until)
  WHERE k.org_id = rotate_api_key.org_id AND k.id = key_id AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
  RETURNING k.project_id, k.label, k.scopes INTO replaced;
  IF NOT FOUND THEN
    RAISE 'no API key of that organization has this id and is valid' USING ERRCODE = 'undefined_object',
      HINT = 'For one that is expired or revoked make another with productgraph.create_api_key().';
  END IF;
  key := productgraph.create_api_key(org_id, replaced.project_id, replaced.label, replaced.scopes,
                                     rotate_api_key.expires_at);
  PERFORM productgraph.leave_org(previous);
  RETURN key;
END
$$;
COMMENT ON FUNCTION rotate_api_key(uuid, uuid, timestamptz, timestamptz) IS
'Creates an API key for the same project, with the same label and scopes, and returns it as create_api_key() does. The '
'old one, named by its id in api_keys, stays valid until old_valid_until (now() = not at all, NULL = as it was), never '
'longer than before. expires_at is for the new key. 42704 when the old one is unknown, expired or revoked.';

CREATE FUNCTION note_key_uses(key_hashes bytea[]) RETURNS integer
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_note_key_uses';
COMMENT ON FUNCTION note_key_uses(bytea[]) IS
'For servers that ingest: sets api_keys.last_used_at of the keys with these SHA-256 to now, and returns of how many. '
'Leaves out keys noted within 30 seconds and keys somebody is changing: it never waits for a row.';

CREATE FUNCTION add_member(role regrole, org_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.enter_org(org_id);
BEGIN
  INSERT INTO productgraph.organization_members (org_id, role) VALUES (add_member.org_id, add_member.role)
  ON CONFLICT DO NOTHING;
  PERFORM productgraph.leave_org(previous);
END
$$;
COMMENT ON FUNCTION add_member(regrole, uuid) IS
'Lets a role, and the members of that role, choose the organization. To read, it must also be granted '
'productgraph_analyst.';

CREATE FUNCTION remove_member(role regrole, org_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.enter_org(org_id);
  removed boolean;
BEGIN
  DELETE FROM productgraph.organization_members m
  WHERE m.org_id = remove_member.org_id AND m.role = remove_member.role;
  removed := FOUND;
  PERFORM productgraph.leave_org(previous);
  RETURN removed;
END
$$;
COMMENT ON FUNCTION remove_member(regrole, uuid) IS
'Takes back what add_member() gave; false when the role was no member.';
