-- The store: its roles, tables and policies. setup() creates what is missing, so it can be run again at any time, and
-- is after each upgrade.
-- The tables are no members of the extension: dumps hold them like any other table, and dropping the extension
-- leaves them alone.

CREATE FUNCTION setup_roles() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  role_name name;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['productgraph_owner', 'productgraph_service', 'productgraph_ingest',
                                   'productgraph_analyst']::name[] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', role_name);
    END IF;
  END LOOP;
  -- Whoever is no superuser must be in the role to hand tables over to it. From PostgreSQL 16 on its creator is a
  -- member that may grant it, to itself too, but has none of its privileges yet.
  IF NOT pg_has_role(current_user, 'productgraph_owner', 'USAGE') THEN
    EXECUTE format('GRANT productgraph_owner TO %I', current_user);
  END IF;
  GRANT USAGE, CREATE ON SCHEMA productgraph TO productgraph_owner;
END
$$;
COMMENT ON FUNCTION setup_roles() IS 'Part of setup(): the roles.';

CREATE FUNCTION setup_tenant_tables() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
  CREATE TABLE IF NOT EXISTS productgraph.organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT now()
  );
  PERFORM productgraph.add_comment('productgraph.organizations', 'The tenants.');

  CREATE TABLE IF NOT EXISTS productgraph.projects (
    org_id uuid NOT NULL REFERENCES productgraph.organizations ON DELETE CASCADE,
    id text NOT NULL CHECK (id <> '' AND length(id) <= 255),
    name text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, id)
  );
  PERFORM productgraph.add_comment('productgraph.projects', 'What events are sent to; id is the string that clients send.');
  -- Without a key, the id alone must tell whose project it is.
  PERFORM productgraph.add_index('projects_open_ingest',
    'UNIQUE INDEX %I ON productgraph.projects (id) WHERE settings -> ''open_ingest'' = ''true''');

  CREATE TABLE IF NOT EXISTS productgraph.api_keys (
    org_id uuid NOT NULL REFERENCES productgraph.organizations ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    project_id text,
    label text NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    scopes text[] NOT NULL DEFAULT '{ingest}' CHECK (scopes <@ ARRAY['ingest', 'query']),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, project_id) REFERENCES productgraph.projects ON DELETE CASCADE
  );
  PERFORM productgraph.add_comment('productgraph.api_keys',
    'API keys: the SHA-256 of each and its first characters, never the key. project_id NULL = all projects.');
  PERFORM productgraph.add_comment('productgraph.api_keys',
    'When the HTTP server last took a request with the key, to a minute.', 'last_used_at');

  CREATE TABLE IF NOT EXISTS productgraph.organization_members (
    org_id uuid NOT NULL REFERENCES productgraph.organizations ON DELETE CASCADE,
    role regrole NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, role)
  );
  PERFORM productgraph.add_comment('productgraph.organization_members', 'The roles that may choose an organization.');

  CREATE TABLE IF NOT EXISTS productgraph.journeys (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    steps jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, project_id, id),
    FOREIGN KEY (org_id, project_id) REFERENCES productgraph.projects ON DELETE CASCADE
  );
  PERFORM productgraph.add_comment('productgraph.journeys', 'Declared journeys: the steps users are meant to take.');
END
$$;
COMMENT ON FUNCTION setup_tenant_tables() IS 'Part of setup(): organizations and what they own by name.';

CREATE FUNCTION setup_event_tables() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
  -- One column for each field of event_fields(), in its order.
  CREATE TABLE IF NOT EXISTS productgraph.events (
    org_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    event_id text NOT NULL,
    project_id text NOT NULL,
    session_id text NOT NULL,
    event_type text NOT NULL,
    timestamp timestamptz NOT NULL,
    user_id text,
    user_anonymous_id text,
    client_org_id text,
    org_name text,
    event_name text,
    event_sequence bigint,
    page_path text,
    page_title text,
    page_url text,
    page_referrer text,
    ui_component_name text,
    ui_component_path text,
    ui_component_type text,
    ui_action text,
    ui_element text,
    ui_element_text text,
    ui_viewport text,
    ui_scroll_position double precision,
    ui_state_key text,
    ui_state_before text,
    ui_state_after text,
    ui_state_change_type text,
    journey_id text,
    journey_step_id text,
    journey_step_name text,
    journey_conversion_status text,
    api_method text,
    api_path text,
    api_status_code integer,
    api_duration_ms double precision,
    error_type text,
    error_message text,
    error_stack text,
    error_component text,
    performance_lcp_ms double precision,
    performance_fid_ms double precision,
    performance_cls double precision,
    performance_ttfb_ms double precision,
    performance_inp_ms double precision,
    snapshot_url text,
    snapshot_viewport text,
    duration_ms double precision,
    metadata jsonb,
    attributes jsonb
  ) PARTITION BY RANGE (timestamp);
  PERFORM productgraph.add_comment('productgraph.events',
    'The events, by week of their timestamp (UTC); events_default holds what falls outside of the weeks made so far.');
  PERFORM productgraph.add_comment('productgraph.events', 'org.id as the client gave it; org_id is the tenant.', 'client_org_id');
  PERFORM productgraph.add_comment('productgraph.events', 'The client''s own object.', 'metadata');
  PERFORM productgraph.add_comment('productgraph.events', 'Well-formed fields of the event that have no column.', 'attributes');
  PERFORM productgraph.add_index('events_by_time', 'INDEX %I ON productgraph.events (org_id, project_id, timestamp)');

  CREATE TABLE IF NOT EXISTS productgraph.event_keys (
    org_id uuid NOT NULL,
    key uuid NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, key)
  );
  PERFORM productgraph.add_comment('productgraph.event_keys',
    'A hash of project and event id of every event stored lately, by which repeats are recognised.');

  CREATE TABLE IF NOT EXISTS productgraph.sessions (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    session_id text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    duration interval GENERATED ALWAYS AS (ended_at - started_at) STORED,
    user_id text,
    user_anonymous_id text,
    events bigint NOT NULL,
    pages bigint NOT NULL,
    errors bigint NOT NULL,
    entry_page text,
    exit_page text,
    journey_id text,
    journey_step_id text,
    converted_at timestamptz,
    user_at timestamptz,
    user_anonymous_at timestamptz,
    entry_at timestamptz,
    entry_sequence bigint,
    exit_at timestamptz,
    exit_sequence bigint,
    journey_at timestamptz,
    journey_sequence bigint,
    PRIMARY KEY (org_id, project_id, session_id)
  ) WITH (fillfactor = 80);
  PERFORM productgraph.add_comment('productgraph.sessions',
    'One row a session, kept up to date by ingestion, whatever the order in which events come. user_id and '
    'user_anonymous_id are those of the last event that has one; entry_page and exit_page of the first and the last '
    'page.view; journey_id and journey_step_id of the last event with a gen_ai.journey.step.id; converted_at is the '
    'first journey.conversion. Columns *_at and *_sequence are the time and the event.sequence of those events: at equal times '
    'the sequence tells which is the last, none being later than any, and then the greater value is later.');
  PERFORM productgraph.add_index('sessions_by_time',
    'INDEX %I ON productgraph.sessions (org_id, project_id, started_at)');

  CREATE TABLE IF NOT EXISTS productgraph.snapshots (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    session_id text NOT NULL,
    sequence bigint NOT NULL,
    captured_at timestamptz NOT NULL,
    page_path text,
    url text,
    viewport text,
    content bytea,
    PRIMARY KEY (org_id, project_id, session_id, sequence)
  );
  PERFORM productgraph.add_comment('productgraph.snapshots', 'Captured states of pages, in the order of a session.');

  CREATE TABLE IF NOT EXISTS productgraph.ingestion_issues (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    noticed_at timestamptz NOT NULL,
    event_id text,
    field text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    rejected boolean NOT NULL DEFAULT true,
    sample text,
    PRIMARY KEY (org_id, project_id, id)
  );
  PERFORM productgraph.add_comment('productgraph.ingestion_issues',
    'Samples of the events that were rejected, or stored otherwise than sent, and why: of each project the newest 1,000, '
    'and at most 10 a minute of each code. Field "request" stands for a request that was refused as a whole.');
  PERFORM productgraph.add_comment('productgraph.ingestion_issues', 'False when the event was stored: a warning.', 'rejected');
  PERFORM productgraph.add_comment('productgraph.ingestion_issues',
    'Of the event after redaction, as a JSON object: its fields, each value cut to 100 characters, 2,000 bytes in all; '
    'NULL when the project it was meant for is not known.', 'sample');
END
$$;
COMMENT ON FUNCTION setup_event_tables() IS 'Part of setup(): events and what is made of them.';

-- Every tenant table; organizations is told apart because its key is id.
CREATE FUNCTION tenant_tables() RETURNS name[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['organizations', 'projects', 'api_keys', 'organization_members', 'journeys', 'events', 'event_keys',
             'sessions', 'snapshots', 'packed_projects', 'packed_weeks', 'segments', 'kinds', 'ingestion_issues',
             'redactions']::pg_catalog.name[];
COMMENT ON FUNCTION tenant_tables() IS 'The tables of the store, all of them under row-level security.';

CREATE FUNCTION setup_security() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  table_name name;
  partition regclass;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint c
                 WHERE c.conrelid = 'productgraph.projects'::regclass AND c.conname = 'projects_settings_check') THEN
    ALTER TABLE productgraph.projects ADD CONSTRAINT projects_settings_check
      CHECK (productgraph.is_valid_project_settings(settings));
  END IF;
  -- A service role lists and makes organizations; ingestion, which acts as the owner, finds out whose a key or an
  -- open project is. Rows of events, sessions and the rest belong to the current organization for everybody.
  PERFORM productgraph.add_policy('productgraph.organizations', 'service',
    'TO productgraph_service USING (true)');
  PERFORM productgraph.add_policy('productgraph.organizations', 'lookup',
    'FOR SELECT TO productgraph_owner USING (true)');
  PERFORM productgraph.add_policy('productgraph.organization_members', 'lookup',
    'FOR SELECT TO productgraph_owner USING (true)');
  PERFORM productgraph.add_policy('productgraph.projects', 'lookup',
    'FOR SELECT TO productgraph_owner USING (true)');
  PERFORM productgraph.add_policy('productgraph.api_keys', 'lookup',
    'FOR SELECT TO productgraph_owner USING (true)');
  -- maintain() forgets old keys and dropped roles and moves rows out of the default partition, whoever's they are.
  PERFORM productgraph.add_policy('productgraph.event_keys', 'maintenance_read',
    'FOR SELECT TO productgraph_owner USING (true)');
  PERFORM productgraph.add_policy('productgraph.event_keys', 'maintenance',
    'FOR DELETE TO productgraph_owner USING (true)');
  PERFORM productgraph.add_policy('productgraph.organization_members', 'maintenance',
    'FOR DELETE TO productgraph_owner USING (NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = role))');
  PERFORM productgraph.add_policy('productgraph.events_default', 'maintenance_read',
    'FOR SELECT TO productgraph_owner USING (true)');
  PERFORM productgraph.add_policy('productgraph.events_default', 'maintenance',
    'FOR DELETE TO productgraph_owner USING (true)');

  FOREACH table_name IN ARRAY productgraph.tenant_tables() LOOP
    PERFORM productgraph.secure_table(format('productgraph.%I', table_name)::regclass,
                                      CASE table_name WHEN 'organizations' THEN 'id'::name ELSE 'org_id' END);
    -- What is packed is written by packing alone, and by what removes an organization.
    EXECUTE format('GRANT SELECT%s ON productgraph.%I TO productgraph_service',
      CASE WHEN table_name <> ALL (productgraph.packed_tables()) THEN ', INSERT, UPDATE, DELETE' END, table_name);
    IF table_name NOT IN ('api_keys', 'event_keys', 'redactions') THEN
      EXECUTE format('GRANT SELECT ON productgraph.%I TO productgraph_analyst', table_name);
    END IF;
  END LOOP;

  FOR partition IN SELECT i.inhrelid::regclass FROM pg_inherits i
                   WHERE i.inhparent = 'productgraph.events'::regclass LOOP
    PERFORM productgraph.secure_table(partition);
  END LOOP;

  GRANT EXECUTE ON FUNCTION productgraph.ingest(text, text), productgraph.ingest(jsonb, text),
    productgraph.ingest_requests(bytea[], bytea[], text[], text[]), productgraph.note_key_uses(bytea[])
    TO productgraph_ingest, productgraph_service;
  GRANT EXECUTE ON FUNCTION
    productgraph.enter_org(uuid),
    productgraph.leave_org(uuid),
    productgraph.create_organization(text, text),
    productgraph.create_project(uuid, text, text, jsonb),
    productgraph.create_api_key(uuid, text, text, text[], timestamptz),
    productgraph.revoke_api_key(uuid, uuid),
    productgraph.rotate_api_key(uuid, uuid, timestamptz, timestamptz),
    productgraph.add_member(regrole, uuid),
    productgraph.remove_member(regrole, uuid)
    TO productgraph_service;
  GRANT EXECUTE ON FUNCTION
    productgraph.maintain(interval, interval, bigint),
    productgraph.forget_event_keys(timestamptz, bigint, bigint),
    productgraph.create_partitions(timestamptz, timestamptz),
    productgraph.create_partition(timestamptz),
    productgraph.secure_table(regclass, name)
    TO productgraph_owner;
END
$$;
COMMENT ON FUNCTION setup_security() IS 'Part of setup(): owners, policies, grants, and checks by our functions.';

CREATE FUNCTION setup() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF getdatabaseencoding() <> 'UTF8' THEN
    RAISE 'ProductGraph needs a database in UTF8, this one is in %', getdatabaseencoding()
      USING ERRCODE = 'feature_not_supported';
  END IF;
  PERFORM productgraph.begin_setup();
  PERFORM productgraph.setup_roles();
  PERFORM productgraph.setup_tenant_tables();
  PERFORM productgraph.setup_event_tables();
  PERFORM productgraph.setup_redaction();
  PERFORM productgraph.create_default_partition();
  PERFORM productgraph.setup_packing();
  PERFORM productgraph.setup_maintenance_record();
  PERFORM productgraph.setup_security();
  PERFORM productgraph.setup_removal();
  PERFORM productgraph.create_partitions(now() - interval '5 weeks', now() + interval '4 weeks');
END
$$;
COMMENT ON FUNCTION setup() IS
'Creates the store in schema productgraph: tables, partitions, policies and roles, each unless it is there. To be run '
'once, and again after each upgrade, by a superuser, or by the owner of the database if it may create roles.';
