\echo Use "CREATE EXTENSION productgraph" to load this file. \quit
-- The schema itself. Everybody may use the functions and aggregates; tables are guarded one by one.
GRANT USAGE ON SCHEMA productgraph TO PUBLIC;

COMMENT ON SCHEMA productgraph IS 'Product analytics: run SELECT productgraph.setup() once to create the store.';
-- The current organization: whose rows a session sees.

CREATE FUNCTION set_current_org(org_id uuid, is_local boolean DEFAULT false) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_set_current_org';
COMMENT ON FUNCTION set_current_org(uuid, boolean) IS
'Chooses the organization whose rows this session sees, until the end of the transaction when is_local. '
'A service role may choose any organization, every other role those it is a member of (42501). '
'NULL is an error (22004): use clear_current_org().';

CREATE FUNCTION clear_current_org(is_local boolean DEFAULT false) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_clear_current_org';
COMMENT ON FUNCTION clear_current_org(boolean) IS
'Leaves the session without an organization, so that it sees no rows; until the end of the transaction when is_local.';

CREATE FUNCTION current_org_id() RETURNS uuid
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_current_org_id';
COMMENT ON FUNCTION current_org_id() IS
'The organization that set_current_org() chose, NULL when there is none. Policies compare rows with it.';

CREATE FUNCTION enter_org_to_maintain(org_id uuid) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_enter_org_to_maintain';
COMMENT ON FUNCTION enter_org_to_maintain(uuid) IS
'Part of maintain(), which works in one organization after the other: makes this one the current one until leave_org() or '
'the end of the transaction, for members of productgraph_owner (else 42501), who may choose none with set_current_org().';
-- Events: their fields, their rules, and the way in.

CREATE FUNCTION event_fields(
  OUT field text, OUT column_name text, OUT data_type text, OUT max_characters integer, OUT required boolean,
  OUT in_kind boolean)
RETURNS SETOF record
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 50
AS 'MODULE_PATHNAME', 'productgraph_event_fields';
COMMENT ON FUNCTION event_fields() IS
'The fields of an event as clients send them, the column of the events table that keeps each, and its limit '
'(max_characters is NULL where there is none). in_kind: whether it is one of those whose combinations are the kinds of '
'segments, so that questions about it need no rows.';

CREATE FUNCTION validate_event(event jsonb, OUT field text, OUT code text, OUT message text)
RETURNS SETOF record
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2
AS 'MODULE_PATHNAME', 'productgraph_validate_event';
COMMENT ON FUNCTION validate_event(jsonb) IS
'What is wrong with an event, one row a violation in the order of checking; no rows when it is valid. '
'Rules that a project sets for itself (other event types, range of time) apply at ingestion only.';

CREATE FUNCTION is_valid_event(event jsonb) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_is_valid_event';
COMMENT ON FUNCTION is_valid_event(jsonb) IS
'Whether validate_event() finds nothing wrong; NULL for NULL. Fit for CHECK constraints.';

CREATE FUNCTION ingest(body text, api_key text DEFAULT NULL) RETURNS jsonb
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_ingest';
COMMENT ON FUNCTION ingest(text, text) IS
'Stores the events of {"events":[…]} or […] and answers {"accepted","rejected","duplicates","errors":[…]}. '
'Repeated event ids count as accepted and as duplicates. Errors: 22P02 malformed JSON, 22023 no batch, 54000 too '
'many events (1,000) or bytes (10 MB), 28000 API key missing or unknown, 42501 API key of another project '
'or without the scope ingest.';

CREATE FUNCTION ingest(body jsonb, api_key text DEFAULT NULL) RETURNS jsonb
LANGUAGE SQL VOLATILE PARALLEL UNSAFE
RETURN productgraph.ingest(body::pg_catalog.text, api_key);
COMMENT ON FUNCTION ingest(jsonb, text) IS 'The same for a batch that is jsonb already.';

CREATE FUNCTION ingest_requests(
  bodies bytea[], key_hashes bytea[], formats text[], request_ids text[],
  OUT request integer, OUT status integer, OUT response text,
  OUT accepted integer, OUT rejected integer, OUT duplicates integer)
RETURNS SETOF record
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 10
AS 'MODULE_PATHNAME', 'productgraph_ingest_requests';
COMMENT ON FUNCTION ingest_requests(bytea[], bytea[], text[], text[]) IS
'Many HTTP requests in one transaction, for servers: of each its body, the SHA-256 of its API key (NULL = '
'no key), format (json or ndjson) and request id. The key itself stays with the server, out of reach of logged '
'parameters. Returns for each, in order, the HTTP status and the JSON to answer with.';
-- Aggregates and window functions over sequences of events, for the store's tables and any other.

CREATE FUNCTION window_funnel_add(internal, interval, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_add';
COMMENT ON FUNCTION window_funnel_add(internal, interval, timestamptz, "any") IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_add_mode(internal, interval, text, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_add_mode';
COMMENT ON FUNCTION window_funnel_add_mode(internal, interval, text, timestamptz, "any") IS
'Support of window_funnel().';

CREATE FUNCTION window_funnel_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_combine';
COMMENT ON FUNCTION window_funnel_combine(internal, internal) IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_serialize';
COMMENT ON FUNCTION window_funnel_serialize(internal) IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_deserialize';
COMMENT ON FUNCTION window_funnel_deserialize(bytea, internal) IS 'Support of window_funnel().';

-- Windows of days and months follow the session's time zone, so the results are stable only.
CREATE FUNCTION window_funnel_depth(internal) RETURNS integer
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_depth';
COMMENT ON FUNCTION window_funnel_depth(internal) IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_chain(internal) RETURNS timestamptz[]
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_chain';
COMMENT ON FUNCTION window_funnel_chain(internal) IS 'Support of window_funnel_times().';

-- SSPACE, the bytes that a group of a dozen rows takes: by its own guess of 8 kB the planner would sort all rows, or
-- write groups to disk, where hashing them in memory is possible.
CREATE AGGREGATE window_funnel("window" interval, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_depth,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel(interval, timestamptz, "any") IS
'How many of the steps (1 to 32 booleans, NULL = false) the rows of a group reach in order, each at most window '
'after the first; 0 when none. Rows come in any order; those with NULL ts are ignored. Infinite times are '
'allowed. Semantics of ClickHouse''s windowFunnel, with the window as an interval. Errors: 22023 negative window, '
'22004 NULL window, 54023 more than 32 steps.';

CREATE AGGREGATE window_funnel("window" interval, mode text, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add_mode, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_depth,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel(interval, text, timestamptz, "any") IS
'window_funnel with modes, comma separated: strict_deduplication, a repeat of a reached step but the first ends the scan; '
'strict_order, after the first step a row of no step, or of one not due yet, ends it; strict_increase, each step strictly '
'later than the one before; strict_once, a row serves at most one step of a chain; allow_reentry, with strict_order, steps '
'not due yet are passed over. Error 22023 for any other.';

CREATE AGGREGATE window_funnel_times("window" interval, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_chain,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel_times(interval, timestamptz, "any") IS
'The times of the steps that window_funnel() counts, of one chain: the deepest, among equals the one that '
'completes first, of those the one that starts latest. Empty when no step was reached; never decreasing.';

CREATE AGGREGATE window_funnel_times("window" interval, mode text, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add_mode, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_chain,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel_times(interval, text, timestamptz, "any") IS
'window_funnel_times with modes, as in window_funnel.';

CREATE FUNCTION sessionize(ts timestamptz, gap interval DEFAULT '30 minutes') RETURNS bigint
LANGUAGE C WINDOW STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sessionize';
COMMENT ON FUNCTION sessionize(timestamptz, interval) IS
'Numbers sessions from 1 over the rows of a partition, as in sessionize(ts) OVER (PARTITION BY user_id ORDER BY '
'ts): a new one begins where the distance to the row before is greater than gap. A NULL ts gives NULL and changes '
'nothing. Errors: 22004 NULL gap, 22023 negative gap.';

CREATE FUNCTION sequence_add(internal, text, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_add';
COMMENT ON FUNCTION sequence_add(internal, text, timestamptz, "any") IS 'Support of sequence_match().';

CREATE FUNCTION sequence_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_combine';
COMMENT ON FUNCTION sequence_combine(internal, internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_serialize';
COMMENT ON FUNCTION sequence_serialize(internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_deserialize';
COMMENT ON FUNCTION sequence_deserialize(bytea, internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_matches(internal) RETURNS boolean
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_matches';
COMMENT ON FUNCTION sequence_matches(internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_counts(internal) RETURNS bigint
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_counts';
COMMENT ON FUNCTION sequence_counts(internal) IS 'Support of sequence_count().';

CREATE FUNCTION sequence_times(internal) RETURNS timestamptz[]
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_times';
COMMENT ON FUNCTION sequence_times(internal) IS 'Support of sequence_match_events().';

CREATE AGGREGATE sequence_match(pattern text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = sequence_add, STYPE = internal, SSPACE = 256, FINALFUNC = sequence_matches,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize,
  PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_match(text, timestamptz, "any") IS
'Whether the rows of a group contain the pattern. (?N) is a row where condition N holds, . any row, .* any number of '
'rows, and (?t OP seconds) or (?t OP ''interval''), with OP one of <= < >= > == !=, compares the times of the matched rows '
'before and after it, whatever lies between. Only rows that meet a condition count; they are ordered by ts, ties by their '
'lowest condition. Semantics of ClickHouse''s sequenceMatch, without its limit of iterations. Errors: 22023 wrong '
'pattern, 22004 NULL pattern, 54023 more than 32 conditions.';

CREATE AGGREGATE sequence_count(pattern text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = sequence_add, STYPE = internal, SSPACE = 256, FINALFUNC = sequence_counts,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize,
  PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_count(text, timestamptz, "any") IS
'How often the rows of a group contain the pattern of sequence_match() without overlapping: each match ends as early as '
'it can, and the next one uses rows after it only.';

CREATE AGGREGATE sequence_match_events(pattern text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = sequence_add, STYPE = internal, SSPACE = 256, FINALFUNC = sequence_times,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize,
  PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_match_events(text, timestamptz, "any") IS
'The times of the rows that the (?N) of the pattern match, in the longest partial match from its beginning; among equals '
'the one that is complete first. Empty when not even the first token matches.';

CREATE FUNCTION sequence_next_node_add(internal, text, text, timestamptz, text, boolean, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_add';
COMMENT ON FUNCTION sequence_next_node_add(internal, text, text, timestamptz, text, boolean, "any") IS
'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_combine';
COMMENT ON FUNCTION sequence_next_node_combine(internal, internal) IS 'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_serialize';
COMMENT ON FUNCTION sequence_next_node_serialize(internal) IS 'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_deserialize';
COMMENT ON FUNCTION sequence_next_node_deserialize(bytea, internal) IS 'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_value(internal) RETURNS text
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_value';
COMMENT ON FUNCTION sequence_next_node_value(internal) IS 'Support of sequence_next_node().';

CREATE AGGREGATE sequence_next_node(
  direction text, base text, ts timestamptz, value text, base_condition boolean, VARIADIC steps "any") (
  SFUNC = sequence_next_node_add, STYPE = internal, SSPACE = 1024, FINALFUNC = sequence_next_node_value,
  COMBINEFUNC = sequence_next_node_combine, SERIALFUNC = sequence_next_node_serialize,
  DESERIALFUNC = sequence_next_node_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_next_node(text, text, timestamptz, text, boolean, "any") IS
'The value of the row that follows a chain of steps, NULL when there is none. Rows are ordered by ts, ties by value; '
'those with NULL ts or value are left out. direction: forward or backward. base, where the chain begins: head (the '
'first row; forward only), tail (the last; backward only), first_match or last_match (the first or last row of step 1); '
'base_condition must hold there. The steps must match rows next to each other. Semantics of ClickHouse''s '
'sequenceNextNode. Errors: 22023 unknown or contradictory direction and base, 22004 when one is NULL.';

CREATE FUNCTION retention_add(bigint, VARIADIC "any") RETURNS bigint
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_retention_add';
COMMENT ON FUNCTION retention_add(bigint, "any") IS 'Support of retention().';

CREATE FUNCTION retention_result(bigint, VARIADIC "any") RETURNS boolean[]
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_retention_result';
COMMENT ON FUNCTION retention_result(bigint, "any") IS 'Support of retention().';

CREATE AGGREGATE retention(VARIADIC conditions "any") (
  SFUNC = retention_add, STYPE = bigint, INITCOND = '0', FINALFUNC = retention_result, FINALFUNC_EXTRA,
  COMBINEFUNC = pg_catalog.int8or, PARALLEL = SAFE);
COMMENT ON AGGREGATE retention("any") IS
'One boolean for each condition (1 to 32, NULL = false): whether a row of the group meets the first condition and, for the '
'others, also a row meets that one, in any order of time. Semantics of ClickHouse''s retention.';
-- Attempts at a product funnel, as aggregates for the store's events and any other table.

CREATE TYPE funnel_times AS (times timestamptz[]);
COMMENT ON TYPE funnel_times IS 'The times of the steps of one attempt at a funnel, NULL for optional steps left out.';

CREATE FUNCTION funnel_attempt_add(internal, interval, text, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_add';
COMMENT ON FUNCTION funnel_attempt_add(internal, interval, text, timestamptz, "any") IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_combine';
COMMENT ON FUNCTION funnel_attempt_combine(internal, internal) IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_serialize';
COMMENT ON FUNCTION funnel_attempt_serialize(internal) IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_deserialize';
COMMENT ON FUNCTION funnel_attempt_deserialize(bytea, internal) IS 'Support of funnel_attempt().';

-- Windows of days and months follow the session's time zone, so the results are stable only.
CREATE FUNCTION funnel_attempt_best(internal) RETURNS timestamptz[]
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_best';
COMMENT ON FUNCTION funnel_attempt_best(internal) IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_all(internal) RETURNS funnel_times[]
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_all';
COMMENT ON FUNCTION funnel_attempt_all(internal) IS 'Support of funnel_attempts().';

CREATE AGGREGATE funnel_attempt("window" interval, mode text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = funnel_attempt_add, STYPE = internal, SSPACE = 256, FINALFUNC = funnel_attempt_best,
  COMBINEFUNC = funnel_attempt_combine, SERIALFUNC = funnel_attempt_serialize,
  DESERIALFUNC = funnel_attempt_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE funnel_attempt(interval, text, timestamptz, "any") IS
'The times of the steps of a group''s best attempt at a funnel, up to the last one it took: the deepest attempt, among '
'equals the one that completes first, of those the one that starts latest; empty when there is none. An attempt begins at '
'a row of step 1 and takes each step at the first row that can be it, a row serving one step, all at most window after the '
'first. mode, comma separated: strict (no row between the steps) or any (steps in any order); per_step (the window is that '
'from a step to the next); optional N (step N may be left out, its time is NULL then); exclude A-B (a row of the '
'exclusion, later than step A and earlier than step B, breaks the attempt, which then counts for nothing). Conditions: the '
'steps, then one for each exclude, then with any one for the rows an attempt may begin with; NULL = false. Rows with NULL '
'ts are ignored. Errors: 22023 wrong mode or window, 22004 NULL mode or window, 54023 more than 32 conditions.';

CREATE AGGREGATE funnel_attempts("window" interval, mode text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = funnel_attempt_add, STYPE = internal, SSPACE = 256, FINALFUNC = funnel_attempt_all,
  COMBINEFUNC = funnel_attempt_combine, SERIALFUNC = funnel_attempt_serialize,
  DESERIALFUNC = funnel_attempt_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE funnel_attempts(interval, text, timestamptz, "any") IS
'All attempts of a group at a funnel, one after the other: the next one begins after the time at which the one before it '
'completed or was broken, or after its window. Those that were broken are left out. Arguments and errors as in '
'funnel_attempt().';
-- The store: its roles, tables and policies. setup() creates what is missing, so it can be run again at any time.
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
  COMMENT ON TABLE productgraph.organizations IS 'The tenants.';

  CREATE TABLE IF NOT EXISTS productgraph.projects (
    org_id uuid NOT NULL REFERENCES productgraph.organizations ON DELETE CASCADE,
    id text NOT NULL CHECK (id <> '' AND length(id) <= 255),
    name text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, id)
  );
  COMMENT ON TABLE productgraph.projects IS 'What events are sent to; id is the string that clients send.';
  -- Without a key, the id alone must tell whose project it is.
  CREATE UNIQUE INDEX IF NOT EXISTS projects_open_ingest ON productgraph.projects (id)
    WHERE settings -> 'open_ingest' = 'true';

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
  COMMENT ON TABLE productgraph.api_keys IS
    'API keys: the SHA-256 of each and its first characters, never the key. project_id NULL = all projects.';
  COMMENT ON COLUMN productgraph.api_keys.last_used_at IS
    'When the HTTP server last took a request with the key, to a minute.';

  CREATE TABLE IF NOT EXISTS productgraph.organization_members (
    org_id uuid NOT NULL REFERENCES productgraph.organizations ON DELETE CASCADE,
    role regrole NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, role)
  );
  COMMENT ON TABLE productgraph.organization_members IS 'The roles that may choose an organization.';

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
  COMMENT ON TABLE productgraph.journeys IS 'Declared journeys: the steps users are meant to take.';
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
  COMMENT ON TABLE productgraph.events IS
    'The events, by week of their timestamp (UTC); events_default holds what falls outside of the weeks made so far.';
  COMMENT ON COLUMN productgraph.events.client_org_id IS 'org.id as the client gave it; org_id is the tenant.';
  COMMENT ON COLUMN productgraph.events.metadata IS 'The client''s own object.';
  COMMENT ON COLUMN productgraph.events.attributes IS 'Well-formed fields of the event that have no column.';
  CREATE INDEX IF NOT EXISTS events_by_time ON productgraph.events (org_id, project_id, timestamp);

  CREATE TABLE IF NOT EXISTS productgraph.event_keys (
    org_id uuid NOT NULL,
    key uuid NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, key)
  );
  COMMENT ON TABLE productgraph.event_keys IS
    'A hash of project and event id of every event stored lately, by which repeats are recognised.';

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
  COMMENT ON TABLE productgraph.sessions IS
    'One row a session, kept up to date by ingestion, whatever the order in which events come. user_id and '
    'user_anonymous_id are those of the last event that has one; entry_page and exit_page of the first and the last '
    'page.view; journey_id and journey_step_id of the last event with a gen_ai.journey.step.id; converted_at is the '
    'first journey.conversion. Columns *_at and *_sequence are the time and the event.sequence of those events: at equal times '
    'the sequence tells which is the last, none being later than any, and then the greater value is later.';
  CREATE INDEX IF NOT EXISTS sessions_by_time ON productgraph.sessions (org_id, project_id, started_at);

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
  COMMENT ON TABLE productgraph.snapshots IS 'Captured states of pages, in the order of a session.';

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
  COMMENT ON TABLE productgraph.ingestion_issues IS
    'Samples of the events that were rejected, or stored otherwise than sent, and why: of each project the newest 1,000, '
    'and at most 10 a minute of each code. Field "request" stands for a request that was refused as a whole.';
  COMMENT ON COLUMN productgraph.ingestion_issues.rejected IS 'False when the event was stored: a warning.';
  COMMENT ON COLUMN productgraph.ingestion_issues.sample IS
    'Of the event after redaction, as a JSON object: its fields, each value cut to 100 characters, 2,000 bytes in all; '
    'NULL when the project it was meant for is not known.';
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

CREATE FUNCTION secure_table(target regclass, org_column name DEFAULT 'org_id') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
  IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = target AND p.polname = 'tenant') THEN
    EXECUTE format('CREATE POLICY tenant ON %s USING (%I = (SELECT productgraph.current_org_id()))',
                   target, org_column);
  END IF;
  EXECUTE format('ALTER TABLE %s OWNER TO productgraph_owner', target);
END
$$;
COMMENT ON FUNCTION secure_table(regclass, name) IS
'Puts a table of the store, or a partition, under row-level security by organization and hands it to its owner.';

CREATE FUNCTION add_policy(target regclass, policy name, definition text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = target AND p.polname = policy) THEN
    EXECUTE format('CREATE POLICY %I ON %s %s', policy, target, definition);
  END IF;
END
$$;
COMMENT ON FUNCTION add_policy(regclass, name, text) IS 'Part of setup(): creates a policy unless it is there.';

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
'once by a superuser, or by the owner of the database if it may create roles.';
-- Segments: what the store keeps of them, and what keeps it right. docs/segments.md tells how it works.

CREATE FUNCTION packed_tables() RETURNS name[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['packed_projects', 'packed_weeks', 'segments', 'kinds']::pg_catalog.name[];
COMMENT ON FUNCTION packed_tables() IS 'The tables that packing alone writes.';

CREATE FUNCTION receipt_floor() RETURNS timestamptz
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_receipt_floor';
COMMENT ON FUNCTION receipt_floor() IS
'The time that received_at of events inserted by this transaction must not be below. Locks productgraph.events for '
'writing until the end of the transaction.';

CREATE FUNCTION is_packing() RETURNS boolean
LANGUAGE C STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'productgraph_is_packing';
COMMENT ON FUNCTION is_packing() IS
'Whether this transaction has begun to pack events: only then may the owner of the store look for those of all organizations.';

CREATE FUNCTION unpack_changed() RETURNS trigger
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_unpack_changed';
COMMENT ON FUNCTION unpack_changed() IS
'Trigger of events and its partitions: the weeks in which rows were changed or deleted are read as rows until they are '
'packed anew.';

CREATE FUNCTION forget_all_packed(org_id uuid) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_forget_all_packed';
COMMENT ON FUNCTION forget_all_packed(uuid) IS
'Part of deleting an organization: deletes what was packed of its events. Waits for packing that is under way.';

CREATE FUNCTION watch_events(target regclass) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- None for INSERT, which goes the way of COPY: new rows are told from packed ones by received_at.
  EXECUTE format('CREATE OR REPLACE TRIGGER unpack_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows '
    'NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION productgraph.unpack_changed()', target);
  EXECUTE format('CREATE OR REPLACE TRIGGER unpack_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows '
    'FOR EACH STATEMENT EXECUTE FUNCTION productgraph.unpack_changed()', target);
  EXECUTE format('CREATE OR REPLACE TRIGGER unpack_truncated AFTER TRUNCATE ON %s '
    'FOR EACH STATEMENT EXECUTE FUNCTION productgraph.unpack_changed()', target);
END
$$;
COMMENT ON FUNCTION watch_events(regclass) IS 'Puts the triggers that unpack what is changed on events or a partition.';

CREATE FUNCTION event_weeks() RETURNS TABLE (week timestamptz, partition regclass)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
  SELECT to_timestamp(substr(c.relname, 8), 'YYYYMMDD'), c.oid::regclass
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = to_regclass('productgraph.events') AND NOT i.inhdetachpending AND c.relname ~ '^events_[0-9]{8}$'
$$;
COMMENT ON FUNCTION event_weeks() IS 'The weeks that have a partition of events: Monday 00:00 UTC, and the partition.';

CREATE FUNCTION readable_weeks(org_id uuid, project_id text, from_time timestamptz, to_time timestamptz)
RETURNS TABLE (week timestamptz, packed_until timestamptz, shard_bits smallint)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT p.week, p.packed_until, p.shard_bits
  FROM productgraph.packed_weeks p JOIN productgraph.event_weeks() w ON w.week = p.week
  WHERE p.org_id = readable_weeks.org_id AND p.project_id = readable_weeks.project_id AND p.packed_until > '-infinity'
    AND p.week < to_time AND p.week + interval '168 hours' > from_time
  ORDER BY p.week
$$;
COMMENT ON FUNCTION readable_weeks(uuid, text, timestamptz, timestamptz) IS
'The weeks of a project, of those that overlap [from_time, to_time), whose segments hold all events of the week with '
'received_at < packed_until. Every other event is to be read as a row.';

CREATE FUNCTION setup_packed_tables() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
  CREATE TABLE IF NOT EXISTS productgraph.packed_projects (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    too_many_kinds boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, project_id)
  );
  COMMENT ON TABLE productgraph.packed_projects IS
    'Projects about which packing has something to remember. With too_many_kinds nothing of a project is packed.';

  CREATE TABLE IF NOT EXISTS productgraph.packed_weeks (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    week timestamptz NOT NULL,
    packed_until timestamptz NOT NULL,
    shard_bits smallint NOT NULL,
    generation bigint NOT NULL,
    is_ambiguous boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, project_id, week)
  );
  COMMENT ON TABLE productgraph.packed_weeks IS
    'What is packed: of the events of a project in a week (from Monday 00:00 UTC) those with received_at < packed_until. '
    'generation is the last that was given to segments; is_ambiguous says that the order of some events was lost in merging.';

  CREATE TABLE IF NOT EXISTS productgraph.segments (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    week timestamptz NOT NULL,
    generation bigint NOT NULL,
    shard smallint NOT NULL,
    shard_bits smallint NOT NULL,
    first_time timestamptz NOT NULL,
    last_time timestamptz NOT NULL,
    events bigint NOT NULL,
    actors bigint NOT NULL,
    content bytea NOT NULL,
    sessions bytea NOT NULL,
    PRIMARY KEY (org_id, project_id, week, generation, shard)
  );
  -- Their bytes do not compress.
  ALTER TABLE productgraph.segments ALTER COLUMN content SET STORAGE EXTERNAL, ALTER COLUMN sessions SET STORAGE EXTERNAL;
  COMMENT ON TABLE productgraph.segments IS
    'Events packed by actor and time, for fast questions. Rows are the truth. Each packing of a week adds a generation; '
    'of 2^shard_bits shards by hash of the actor those without events have no row.';

  -- Columns as in events, so that conditions on these work on kinds too.
  CREATE TABLE IF NOT EXISTS productgraph.kinds (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    kind integer NOT NULL,
    PRIMARY KEY (org_id, project_id, kind)
  );
  EXECUTE (SELECT format('ALTER TABLE productgraph.kinds %s',
                         string_agg(format('ADD COLUMN IF NOT EXISTS %I %s', column_name, data_type), ', '))
           FROM productgraph.event_fields() WHERE in_kind);
  COMMENT ON TABLE productgraph.kinds IS
    'What segments name by number: the distinct combinations of the fields with in_kind, numbered from 0 in each project.';
END
$$;
COMMENT ON FUNCTION setup_packed_tables() IS 'Part of setup(): the tables of packed events.';

CREATE FUNCTION setup_packing() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
  table_name name;
  partition regclass;
BEGIN
  PERFORM productgraph.setup_packed_tables();
  IF to_regclass('productgraph.receipt_floor') IS NULL THEN
    CREATE SEQUENCE productgraph.receipt_floor;
    PERFORM setval('productgraph.receipt_floor', 1);
  END IF;
  COMMENT ON SEQUENCE productgraph.receipt_floor IS
    'Microseconds since 1970: events inserted from now on have no received_at below it.';
  ALTER SEQUENCE productgraph.receipt_floor OWNER TO productgraph_owner;
  ALTER TABLE productgraph.events ALTER COLUMN received_at
    SET DEFAULT greatest(now(), productgraph.receipt_floor());
  -- Finds what was received since a time, whatever the week of it.
  CREATE INDEX IF NOT EXISTS events_by_receipt ON productgraph.events USING brin (received_at)
    WITH (pages_per_range = 32);
  IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = 'productgraph.events'::regclass AND p.polname = 'receipt') THEN
    CREATE POLICY receipt ON productgraph.events AS RESTRICTIVE FOR INSERT
      WITH CHECK (received_at >= productgraph.receipt_floor());
  END IF;
  -- maintain() finds out whose events are not packed yet.
  PERFORM productgraph.add_policy('productgraph.events', 'maintenance_read',
    'FOR SELECT TO productgraph_owner USING ((SELECT productgraph.is_packing()))');
  PERFORM productgraph.add_policy(format('productgraph.%I', t)::regclass, 'maintenance_read',
    'FOR SELECT TO productgraph_owner USING (true)')
  FROM unnest('{packed_projects,packed_weeks}'::name[]) t;
  PERFORM productgraph.watch_events('productgraph.events');
  PERFORM productgraph.watch_events(w.partition) FROM productgraph.event_weeks() w;
  GRANT EXECUTE ON FUNCTION productgraph.receipt_floor(), productgraph.forget_all_packed(uuid),
    productgraph.forget_packed_project(uuid, text)
    TO productgraph_service, productgraph_owner;
  GRANT EXECUTE ON FUNCTION productgraph.unpack_changed(), productgraph.begin_packing(),
    productgraph.pack_events(bigint, timestamptz),
    productgraph.pack_week(uuid, text, timestamptz, bigint, timestamptz),
    productgraph.unpack_week(uuid, text, timestamptz), productgraph.forget_packed(uuid, text, timestamptz),
    productgraph.note_unpacked(uuid, text, timestamptz), productgraph.watch_events(regclass),
    productgraph.unpacked_events(timestamptz, timestamptz), productgraph.forget_dropped_weeks(),
    productgraph.forget_packed_project(uuid, text), productgraph.rebuild_week(uuid, text, timestamptz, timestamptz),
    productgraph.order_quiet_weeks(timestamptz, bigint, interval), productgraph.summarize_receipts(), productgraph.segment_events(bytea, bytea),
    productgraph.rebuild_segments(text, timestamptz, timestamptz)
    TO productgraph_owner;
END
$$;
COMMENT ON FUNCTION setup_packing() IS 'Part of setup(): what packing needs.';
-- Packing: maintain() puts events into segments beside their rows.

CREATE FUNCTION begin_packing() RETURNS timestamptz
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_begin_packing';
COMMENT ON FUNCTION begin_packing() IS
'Part of pack_events(): returns a time such that every event with an earlier received_at is committed by now, and none will '
'come; NULL when another session is packing. Waits up to 5 s for transactions that are writing events (55P03). Error '
'25000 in a transaction that is not READ COMMITTED.';

CREATE FUNCTION pack_week(
  org_id uuid, project_id text, week timestamptz, events bigint, received_before timestamptz,
  OUT packed bigint, OUT merged bigint)
RETURNS record
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_pack_week';
COMMENT ON FUNCTION pack_week(uuid, text, timestamptz, bigint, timestamptz) IS
'Part of pack_events(): packs what is not packed yet of the week of a project, about so many events, and merges segments when '
'there are many. Returns how many events were packed and how many segments merged.';

CREATE FUNCTION unpack_week(org_id uuid, project_id text, week timestamptz) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_unpack_week';
COMMENT ON FUNCTION unpack_week(uuid, text, timestamptz) IS
'Deletes the segments of a week of a project, which is read as rows until it is packed anew.';

CREATE FUNCTION note_unpacked(org_id uuid, project_id text, week timestamptz) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_note_unpacked';
COMMENT ON FUNCTION note_unpacked(uuid, text, timestamptz) IS
'Part of pack_events(): notes that a week of a project waits for packing, unless it is known.';

CREATE FUNCTION forget_packed(org_id uuid, project_id text, week timestamptz) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_forget_packed';
COMMENT ON FUNCTION forget_packed(uuid, text, timestamptz) IS
'Deletes the segments of a week that has no partition any more, and what is known of it.';

CREATE FUNCTION forget_packed_project(org_id uuid, project_id text) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_forget_packed_project';
COMMENT ON FUNCTION forget_packed_project(uuid, text) IS
'Part of rebuild_segments(): deletes the segments and kinds of a project and what is known of it.';

CREATE FUNCTION forget_dropped_weeks() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT count(*) FROM (
    SELECT productgraph.forget_packed(p.org_id, p.project_id, p.week)
    FROM productgraph.packed_weeks p
    WHERE NOT EXISTS (SELECT FROM productgraph.event_weeks() w WHERE w.week = p.week) OFFSET 0) AS forgotten
$$;
COMMENT ON FUNCTION forget_dropped_weeks() IS 'Part of maintain(): what was packed of weeks that have no partition any more.';

-- Rows that wait for packing. Those received before the earliest packed_until of a week are packed all, or the projects
-- they belong to have a row that says otherwise.
CREATE FUNCTION unpacked_events(week timestamptz, received_before timestamptz)
RETURNS TABLE (org_id uuid, project_id text, events bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT e.org_id, e.project_id, count(*)
     FROM productgraph.events e LEFT JOIN productgraph.packed_weeks p
       ON p.org_id = e.org_id AND p.project_id = e.project_id AND p.week = %1$L
     WHERE e.timestamp >= %1$L AND e.timestamp < %1$L::timestamptz + interval ''168 hours''
       AND e.received_at >= %2$L AND e.received_at < %3$L
       AND e.received_at >= coalesce(p.packed_until, ''-infinity'')
       AND NOT EXISTS (SELECT FROM productgraph.packed_projects k
                       WHERE k.org_id = e.org_id AND k.project_id = e.project_id AND k.too_many_kinds)
     GROUP BY 1, 2 ORDER BY 1, 2',
    week, coalesce((SELECT min(p.packed_until) FROM productgraph.packed_weeks p WHERE p.week = unpacked_events.week), '-infinity'),
    received_before);
END
$$;
COMMENT ON FUNCTION unpacked_events(timestamptz, timestamptz) IS
'Part of pack_events(): how many events of a week, of each project, are not packed yet.';

CREATE FUNCTION pack_events(
  most bigint DEFAULT 20000000, received_before timestamptz DEFAULT productgraph.begin_packing(),
  OUT packed bigint, OUT merged bigint)
RETURNS record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  scope record;
  waiting record;
  done record;
BEGIN
  packed := 0;
  merged := 0;
  IF received_before IS NULL THEN
    RETURN;
  END IF;
  FOR scope IN SELECT w.week FROM productgraph.event_weeks() w ORDER BY w.week DESC LOOP
    FOR waiting IN SELECT * FROM productgraph.unpacked_events(scope.week, received_before) LOOP
      BEGIN
        IF packed < most THEN
          done := productgraph.pack_week(waiting.org_id, waiting.project_id, scope.week, waiting.events, received_before);
          packed := packed + done.packed;
          merged := merged + done.merged;
          CONTINUE;
        END IF;
      EXCEPTION WHEN others THEN
        RAISE WARNING 'events of project "%" from the week of % could not be packed: %', waiting.project_id, scope.week, SQLERRM;
      END;
      PERFORM productgraph.note_unpacked(waiting.org_id, waiting.project_id, scope.week);
    END LOOP;
    EXIT WHEN packed >= most;
  END LOOP;
  packed := packed + productgraph.order_quiet_weeks(received_before, most - packed);
END
$$;
COMMENT ON FUNCTION pack_events(bigint, timestamptz) IS
'Part of maintain(): packs the events that are not packed yet, the latest weeks first, until it has packed at least so many. '
'Ingestion and questions go on meanwhile. Returns how many events it packed and how many segments it merged; nothing '
'when received_before, which is what begin_packing() returned in this transaction, is NULL: another session is at it. A '
'week that cannot be packed is left for the next time with a warning.';

CREATE FUNCTION rebuild_week(org_id uuid, project_id text, week timestamptz, received_before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT productgraph.unpack_week(org_id, project_id, week);
  SELECT coalesce(sum((productgraph.pack_week(org_id, project_id, week, u.events, received_before)).packed), 0)::bigint
  FROM productgraph.unpacked_events(week, received_before) u
  WHERE u.org_id = rebuild_week.org_id AND u.project_id = rebuild_week.project_id
$$;
COMMENT ON FUNCTION rebuild_week(uuid, text, timestamptz, timestamptz) IS
'Part of rebuild_segments() and maintain(): makes the segments of a week anew and returns of how many events.';

CREATE FUNCTION rebuild_segments(
  project text, from_time timestamptz DEFAULT '-infinity', to_time timestamptz DEFAULT 'infinity') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  received_before timestamptz := productgraph.begin_packing();
BEGIN
  IF received_before IS NULL THEN
    RAISE 'another session is packing events' USING ERRCODE = 'lock_not_available';
  END IF;
  IF from_time = '-infinity' AND to_time = 'infinity' THEN
    PERFORM productgraph.forget_packed_project(org, project);
    PERFORM productgraph.note_unpacked(org, project, w.week) FROM productgraph.event_weeks() w ORDER BY w.week DESC;
  END IF;
  RETURN (SELECT coalesce(sum(productgraph.rebuild_week(org, project, w.week, received_before)), 0)
          FROM (SELECT week FROM productgraph.event_weeks()
                WHERE week < to_time AND week + interval '168 hours' > from_time ORDER BY week DESC) w);
END
$$;
COMMENT ON FUNCTION rebuild_segments(text, timestamptz, timestamptz) IS
'Makes the segments of the weeks that overlap [from_time, to_time) anew from the rows of a project of the current '
'organization, and returns of how many events. Without a range kinds are numbered anew, too, and a project that had too many '
'gets another try. Errors: 42704 unknown project, 55P03 when another session is packing.';

CREATE FUNCTION order_quiet_weeks(received_before timestamptz, most bigint, quiet_for interval DEFAULT '1 day') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  quiet record;
  events bigint := 0;
BEGIN
  FOR quiet IN
    SELECT p.org_id, p.project_id, p.week FROM productgraph.packed_weeks p JOIN productgraph.event_weeks() w ON w.week = p.week
    WHERE p.is_ambiguous AND p.packed_until < received_before - quiet_for ORDER BY p.week DESC, p.org_id, p.project_id
  LOOP
    EXIT WHEN events >= most;
    BEGIN
      events := events + productgraph.rebuild_week(quiet.org_id, quiet.project_id, quiet.week, received_before);
    EXCEPTION WHEN others THEN
      RAISE WARNING 'events of project "%" from the week of % could not be ordered: %', quiet.project_id, quiet.week, SQLERRM;
    END;
  END LOOP;
  RETURN events;
END
$$;
COMMENT ON FUNCTION order_quiet_weeks(timestamptz, bigint, interval) IS
'Part of pack_events(): makes the segments anew of weeks in which merging lost the order of events and nothing was '
'packed for that long, until it has done so with so many events; returns of how many.';

CREATE FUNCTION summarize_receipts() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
  index regclass;
BEGIN
  FOR index IN SELECT i.indexrelid::regclass FROM pg_inherits h JOIN pg_index i ON i.indexrelid = h.inhrelid
               WHERE h.inhparent = 'productgraph.events_by_receipt'::regclass LOOP
    BEGIN
      PERFORM brin_summarize_new_values(index);
    EXCEPTION WHEN lock_not_available THEN
      NULL; -- VACUUM is at it, and summarizes too.
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION summarize_receipts() IS
'Part of maintain(): keeps the index by which rows are found that are not packed yet.';

CREATE FUNCTION segment_events(
  content bytea, sessions bytea,
  OUT place bigint, OUT actor text, OUT session bytea, OUT "timestamp" timestamptz, OUT kind integer)
RETURNS SETOF record
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100000
AS 'MODULE_PATHNAME', 'productgraph_segment_events';
COMMENT ON FUNCTION segment_events(bytea, bytea) IS
'What a segment holds: its events in their order, from place 0. session is the first 10 bytes of the XXH3-128 of the session '
'id, kind a number of productgraph.kinds. XX001 when the bytes are no segment.';
-- Forgetting the keys of events received long ago.

CREATE FUNCTION forget_event_keys(
  received_before timestamptz, from_page bigint DEFAULT 0, step_pages bigint DEFAULT 2048,
  OUT forgotten bigint, OUT next_page bigint)
RETURNS record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- What one call does at most: it is one transaction.
  most_time constant interval := '1 minute';
  -- What it looks at even if nothing is to be forgotten there, so that a day of calls sees the whole table.
  least_part constant bigint := 24;
  pages bigint := pg_relation_size('productgraph.event_keys') / current_setting('block_size')::bigint;
  begun timestamptz := clock_timestamp();
  looked_at bigint := 0;
  found bigint;
BEGIN
  forgotten := 0;
  next_page := from_page;
  IF pages = 0 THEN
    -- Without pages here it is empty, or distributed.
    DELETE FROM productgraph.event_keys k WHERE k.received_at < received_before;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
  END IF;
  -- The table is written in the order of receipt, over and over where vacuum has made room: old keys lie together.
  WHILE looked_at < pages LOOP
    IF next_page >= pages THEN
      next_page := 0;
    END IF;
    DELETE FROM productgraph.event_keys k
    WHERE k.ctid >= format('(%s,0)', next_page)::tid AND k.ctid < format('(%s,0)', next_page + step_pages)::tid
      AND k.received_at < received_before;
    GET DIAGNOSTICS found = ROW_COUNT;
    forgotten := forgotten + found;
    looked_at := looked_at + step_pages;
    next_page := next_page + step_pages;
    EXIT WHEN clock_timestamp() >= begun + most_time OR (found = 0 AND looked_at > pages / least_part);
  END LOOP;
END
$$;
COMMENT ON FUNCTION forget_event_keys(timestamptz, bigint, bigint) IS
'Part of maintain(): forgets event keys received before a time, beginning at a page of their table and going on, some pages '
'a statement, as long as there are any, but for a minute at most. Returns how many, and the page to begin at next time.';
-- Partitions of events: a week each, from Monday 00:00 UTC, made ahead, and a default one for every other time.

CREATE FUNCTION create_default_partition() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF to_regclass('productgraph.events_default') IS NULL THEN
    CREATE TABLE productgraph.events_default PARTITION OF productgraph.events DEFAULT;
    PERFORM productgraph.secure_table('productgraph.events_default');
  END IF;
END
$$;
COMMENT ON FUNCTION create_default_partition() IS 'Part of setup(): the home of events from outside the weeks made.';

CREATE FUNCTION create_partition(week timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  from_time timestamptz := date_trunc('week', week);
  to_time timestamptz := from_time + interval '7 days';
  partition text := format('productgraph.%I', 'events_' || to_char(from_time, 'YYYYMMDD'));
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN
    RETURN false;
  END IF;
  -- Of one that was there before and was dropped.
  PERFORM productgraph.forget_dropped_weeks();
  -- Made apart and attached, which holds up readers and writers less than creating it in place.
  EXECUTE format('CREATE TABLE %s (LIKE productgraph.events INCLUDING ALL)', partition);
  -- Rows of that week that came before it was there.
  LOCK TABLE productgraph.events_default IN SHARE ROW EXCLUSIVE MODE;
  EXECUTE format(
    'WITH moved AS (DELETE FROM productgraph.events_default WHERE timestamp >= %L AND timestamp < %L RETURNING *)
     INSERT INTO %s SELECT * FROM moved', from_time, to_time, partition);
  EXECUTE format('ALTER TABLE productgraph.events ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                 partition, from_time, to_time);
  PERFORM productgraph.secure_table(partition::regclass);
  PERFORM productgraph.watch_events(partition::regclass);
  RETURN true;
END
$$;
COMMENT ON FUNCTION create_partition(timestamptz) IS
'Makes the partition of events for the week of a time; false when it is there.';

CREATE FUNCTION create_partitions(from_time timestamptz, to_time timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
  SELECT count(*) FILTER (WHERE productgraph.create_partition(week))
  FROM generate_series(date_trunc('week', from_time), to_time, interval '7 days') AS week
$$;
COMMENT ON FUNCTION create_partitions(timestamptz, timestamptz) IS
'Makes the partitions of events for all weeks from one time to another; returns how many were missing.';

CREATE FUNCTION maintain(
  ahead interval DEFAULT '4 weeks', deduplicate_for interval DEFAULT '30 days',
  pack_most bigint DEFAULT 20000000,
  OUT task text, OUT done bigint)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  received_before timestamptz;
  can_pack boolean := true;
  is_beside_another boolean := false;
  work record;
  page bigint;
BEGIN
  -- First, since it waits for writers: what follows takes locks that they may wait for.
  BEGIN
    received_before := productgraph.begin_packing();
    is_beside_another := received_before IS NULL;
  EXCEPTION WHEN others THEN
    can_pack := false;
    RAISE WARNING 'events could not be packed: %', SQLERRM;
  END;
  -- Before packing, which begins anew with what is left of a week.
  task := 'expired rows deleted';
  done := CASE WHEN is_beside_another THEN 0 ELSE productgraph.delete_expired_rows() END;
  RETURN NEXT;
  PERFORM productgraph.record_maintenance(task, done);
  IF can_pack THEN
    BEGIN
      work := productgraph.pack_events(pack_most, received_before);
      task := 'events packed';
      done := work.packed;
      RETURN NEXT;
      PERFORM productgraph.record_maintenance(task, done);
      task := 'segments merged';
      done := work.merged;
      RETURN NEXT;
      PERFORM productgraph.record_maintenance(task, done);
    EXCEPTION WHEN others THEN
      RAISE WARNING 'events could not be packed: %', SQLERRM;
    END;
  END IF;
  PERFORM productgraph.forget_dropped_weeks();
  PERFORM productgraph.summarize_receipts();
  task := 'partitions created';
  done := productgraph.create_partitions(now(), now() + ahead);
  RETURN NEXT;
  PERFORM productgraph.record_maintenance(task, done);
  task := 'event keys forgotten';
  SELECT k.forgotten, k.next_page INTO done, page
  FROM productgraph.forget_event_keys(now() - deduplicate_for, productgraph.maintenance_position(task)) k;
  RETURN NEXT;
  PERFORM productgraph.record_maintenance(task, done, page);
  task := 'members without a role removed';
  DELETE FROM productgraph.organization_members m
  WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = m.role);
  GET DIAGNOSTICS done = ROW_COUNT;
  RETURN NEXT;
  PERFORM productgraph.record_maintenance(task, done);
  -- Last, for the lock it takes.
  task := 'expired weeks dropped';
  done := productgraph.drop_expired_weeks();
  RETURN NEXT;
  PERFORM productgraph.record_maintenance(task, done);
END
$$;
COMMENT ON FUNCTION maintain(interval, interval, bigint) IS
'To be run now and then, say every hour, by a superuser or a member of productgraph_owner, as a transaction of its own: '
'deletes what projects keep no longer (about a million rows a call, and weeks as a whole), packs about pack_most events at '
'most, makes partitions for the weeks ahead, forgets by which ids events received longer ago are recognised as repeats, and '
'forgets members whose role was dropped, before another role can inherit its OID. A run does a bounded part of what it '
'finds and leaves the rest to the next. Returns what it did, and records it for store_status().';
-- Retention: how long projects keep what they were sent. Whole weeks are dropped once no project wants any of their
-- events; other rows are deleted, project by project, each within its organization.

CREATE FUNCTION default_retention_days() RETURNS integer
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_default_retention_days';
COMMENT ON FUNCTION default_retention_days() IS
'The setting productgraph.retention_days of this session, NULL when it is 0: for ever.';

CREATE FUNCTION retention_cutoff(settings jsonb) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
BEGIN
  RETURN now() - make_interval(days => CASE WHEN settings ? 'retention_days'
    THEN (settings ->> 'retention_days')::numeric::integer ELSE productgraph.default_retention_days() END);
END
$$;
COMMENT ON FUNCTION retention_cutoff(jsonb) IS
'What is older than this a project with these settings does not keep; NULL when it keeps everything.';

CREATE FUNCTION is_expired_week(partition regclass, to_time timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.current_org_id();
  org uuid;
  project text;
  expired boolean := true;
BEGIN
  <<organizations>>
  FOR org IN SELECT o.id FROM productgraph.organizations o LOOP
    PERFORM productgraph.enter_org_to_maintain(org);
    project := '';
    LOOP
      -- From one project to the next along the index, not from row to row.
      EXECUTE format('SELECT min(e.project_id) FROM %s e WHERE e.org_id = $1 AND e.project_id > $2', partition)
      INTO project USING org, project;
      EXIT WHEN project IS NULL;
      expired := EXISTS (SELECT FROM productgraph.projects p
                         WHERE p.org_id = org AND p.id = project AND productgraph.retention_cutoff(p.settings) >= to_time);
      EXIT organizations WHEN NOT expired;
    END LOOP;
  END LOOP;
  PERFORM productgraph.leave_org(previous);
  RETURN expired;
END
$$;
COMMENT ON FUNCTION is_expired_week(regclass, timestamptz) IS
'Part of maintain(): whether no project with events in this partition, which ends at that time, keeps any of them.';

CREATE FUNCTION expired_weeks(OUT week timestamptz, OUT partition regclass) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  FOR week, partition IN
    SELECT w.week, w.partition FROM productgraph.event_weeks() w
    WHERE w.week + interval '168 hours' <= (SELECT max(productgraph.retention_cutoff(p.settings)) FROM productgraph.projects p)
    ORDER BY w.week
  LOOP
    IF productgraph.is_expired_week(partition, week + interval '168 hours') THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION expired_weeks() IS 'Part of maintain(): the weeks whose partitions of events can be dropped.';

CREATE FUNCTION delete_expired_events(org uuid, project text, expired tstzmultirange, max_rows bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  span tstzrange;
  since timestamptz;
  last timestamptz;
  deleted bigint;
  done bigint := 0;
BEGIN
  FOR span IN SELECT unnest(expired) LOOP
    EXIT WHEN done >= max_rows;
    since := coalesce(lower(span), '-infinity');
    last := (SELECT e.timestamp FROM productgraph.events e
             WHERE e.org_id = org AND e.project_id = project AND e.timestamp >= since AND e.timestamp < upper(span)
             ORDER BY e.timestamp OFFSET max_rows - done - 1 LIMIT 1);
    DELETE FROM productgraph.events e
    WHERE e.org_id = org AND e.project_id = project AND e.timestamp >= since AND e.timestamp < upper(span)
      AND e.timestamp <= coalesce(last, upper(span));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    done := done + deleted;
  END LOOP;
  RETURN done;
END
$$;
COMMENT ON FUNCTION delete_expired_events(uuid, text, tstzmultirange, bigint) IS
'Part of maintain(): deletes the oldest events of a project in a set of times and returns how many; max_rows of them, '
'and those of the same time as the last.';

CREATE FUNCTION delete_expired_rows(max_rows bigint DEFAULT 1000000) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid := productgraph.current_org_id();
  -- These go as a whole, when maintain() drops them.
  whole tstzmultirange := (SELECT coalesce(range_agg(tstzrange(w.week, w.week + interval '168 hours')), '{}')
                           FROM productgraph.expired_weeks() w);
  expiring record;
  aged record;
  deleted bigint;
  done bigint := 0;
BEGIN
  IF max_rows IS NULL OR max_rows < 1 THEN
    RAISE 'max_rows must be positive' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR expiring IN
    SELECT p.org_id, p.id, productgraph.retention_cutoff(p.settings) AS cutoff FROM productgraph.projects p
    WHERE productgraph.retention_cutoff(p.settings) IS NOT NULL ORDER BY p.org_id, p.id
  LOOP
    EXIT WHEN done >= max_rows;
    PERFORM productgraph.enter_org_to_maintain(expiring.org_id);
    done := done + productgraph.delete_expired_events(expiring.org_id, expiring.id,
      tstzmultirange(tstzrange(NULL, expiring.cutoff)) - whole, max_rows - done);
    FOR aged IN SELECT * FROM (VALUES ('sessions', 'ended_at'), ('snapshots', 'captured_at'), ('ingestion_issues', 'noticed_at'))
                  AS v(relation, moment) LOOP
      EXIT WHEN done >= max_rows;
      -- The time is asked once more, in case a row has changed since it was found.
      EXECUTE format(
        'DELETE FROM productgraph.%1$I t
         WHERE t.org_id = $1 AND t.project_id = $2 AND t.%2$I < $3 AND t.ctid = ANY (ARRAY(
           SELECT o.ctid FROM productgraph.%1$I o WHERE o.org_id = $1 AND o.project_id = $2 AND o.%2$I < $3 LIMIT $4))',
        aged.relation, aged.moment)
      USING expiring.org_id, expiring.id, expiring.cutoff, max_rows - done;
      GET DIAGNOSTICS deleted = ROW_COUNT;
      done := done + deleted;
    END LOOP;
  END LOOP;
  PERFORM productgraph.leave_org(previous);
  RETURN done;
END
$$;
COMMENT ON FUNCTION delete_expired_rows(bigint) IS
'Part of maintain(): deletes what projects keep no longer, by retention_days: events by their timestamp, sessions by their '
'end, snapshots and ingestion issues by when they were made; about max_rows rows (positive, else 22023), and returns how '
'many. 0 when nothing is left. Weeks of events that nobody keeps are left to drop_expired_weeks().';

CREATE FUNCTION drop_expired_weeks() RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200ms'
AS $$
DECLARE
  found record;
  droppable regclass[] := '{}';
  partition regclass;
  done bigint := 0;
BEGIN
  FOR found IN SELECT * FROM productgraph.expired_weeks() LOOP
    -- Only a statement with a snapshot of its own sees what came until the lock was there.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE 'weeks can be dropped in READ COMMITTED transactions only' USING ERRCODE = 'invalid_transaction_state';
    END IF;
    BEGIN
      EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', found.partition);
      IF productgraph.is_expired_week(found.partition, found.week + interval '168 hours') THEN
        droppable := droppable || found.partition;
      END IF;
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
  END LOOP;
  -- From here on all of events is locked, until the end of the transaction.
  FOREACH partition IN ARRAY droppable LOOP
    BEGIN
      EXECUTE format('DROP TABLE %s', partition);
      done := done + 1;
    EXCEPTION
      WHEN lock_not_available THEN
        EXIT;
      WHEN dependent_objects_still_exist THEN
        RAISE WARNING 'partition % has expired and cannot be dropped', partition USING DETAIL = SQLERRM,
          HINT = 'Drop what was made to depend on it.';
    END;
  END LOOP;
  BEGIN
    PERFORM productgraph.forget_dropped_weeks();
  EXCEPTION WHEN lock_not_available THEN
    -- Nobody reads the segments of a week that has no partition.
    NULL;
  END;
  RETURN done;
END
$$;
COMMENT ON FUNCTION drop_expired_weeks() IS
'Part of maintain(): drops the partitions of which no project keeps any event, and returns how many. Waits 0.2 s for a lock '
'and leaves to the next time what it did not get; events stay locked until the transaction ends.';
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
    RAISE 'the ProductGraph store is not set up' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Run: SELECT productgraph.setup();';
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
END
$$;
COMMENT ON FUNCTION create_organization(text, text) IS
'Creates a tenant and returns its id. slug: 1 to 63 of a-z, 0-9, _ and - (else 23514), '
'taken ones are an error (23505).';

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
-- Deleting an organization, or a project: no row of it stays, in any table.

CREATE FUNCTION setup_removal() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  CREATE OR REPLACE TRIGGER remove_rows BEFORE DELETE ON productgraph.organizations
    FOR EACH ROW EXECUTE FUNCTION productgraph.remove_organization_rows();
  CREATE OR REPLACE TRIGGER remove_rows BEFORE DELETE ON productgraph.projects
    FOR EACH ROW EXECUTE FUNCTION productgraph.remove_project_rows();
  GRANT EXECUTE ON FUNCTION
    productgraph.drop_organization(uuid),
    productgraph.drop_project(text),
    productgraph.remove_project_events(uuid, text),
    productgraph.forget_user(text, text),
    productgraph.rebuild_sessions(uuid, text, text[])
    TO productgraph_service;
  GRANT EXECUTE ON FUNCTION
    productgraph.enter_org_to_maintain(uuid),
    productgraph.leave_org(uuid),
    productgraph.delete_expired_rows(bigint),
    productgraph.delete_expired_events(uuid, text, tstzmultirange, bigint),
    productgraph.is_expired_week(regclass, timestamptz),
    productgraph.expired_weeks(),
    productgraph.drop_expired_weeks()
    TO productgraph_owner;
END
$$;
COMMENT ON FUNCTION setup_removal() IS 'Part of setup(): who may remove what, and what goes with organizations and projects.';

CREATE FUNCTION remove_organization_rows() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid;
  table_name name;
BEGIN
  -- The organization is locked by now, so ingestion for it has ended or waits; only a statement with a snapshot of its
  -- own sees what came until then.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'organizations can be deleted in READ COMMITTED transactions only'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  previous := productgraph.enter_org(OLD.id);
  -- Projects last: their own trigger finds nothing left then.
  FOR table_name IN SELECT t FROM unnest(productgraph.tenant_tables()) t
                    WHERE t <> 'organizations' AND t <> ALL (productgraph.packed_tables()) ORDER BY t = 'projects' LOOP
    EXECUTE format('DELETE FROM productgraph.%I WHERE org_id = $1', table_name) USING OLD.id;
  END LOOP;
  PERFORM productgraph.forget_all_packed(OLD.id);
  PERFORM productgraph.leave_org(previous);
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION remove_organization_rows() IS
'Trigger of organizations: deletes the rows of an organization from every table before its own.';

CREATE FUNCTION drop_organization(org_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM productgraph.organizations o WHERE o.id = org_id;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION drop_organization(uuid) IS
'Deletes an organization with everything that belongs to it: events, sessions, projects, keys, members and the rest; '
'false when there is none. Waits for ingestion that is under way for it. Error 25000 in a transaction that is not READ '
'COMMITTED.';

CREATE FUNCTION event_key(project text, event_id text) RETURNS uuid
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_event_key';
COMMENT ON FUNCTION event_key(text, text) IS
'The key in event_keys by which repeats of a stored event are recognised. NULL for NULL.';

CREATE FUNCTION remove_project_events(org uuid, project text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed bigint;
BEGIN
  WITH gone AS (
    DELETE FROM productgraph.events e WHERE e.org_id = org AND e.project_id = project RETURNING e.event_id
  ), forgotten AS (
    DELETE FROM productgraph.event_keys k USING gone g
    WHERE k.org_id = org AND k.key = productgraph.event_key(project, g.event_id)
  )
  SELECT count(*) FROM gone INTO removed;
  RETURN removed;
END
$$;
COMMENT ON FUNCTION remove_project_events(uuid, text) IS
'Part of drop_project(): deletes the events of a project with their keys, so that a later project of this id can have the '
'same events, and returns how many.';

CREATE FUNCTION remove_project_rows() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid;
  table_name name;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'projects can be deleted in READ COMMITTED transactions only'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  previous := productgraph.enter_org(OLD.org_id);
  -- Ingestion holds the row of the organization, so with it locked what was under way has ended, and the rest waits.
  PERFORM FROM productgraph.organizations o WHERE o.id = OLD.org_id FOR UPDATE;
  PERFORM productgraph.remove_project_events(OLD.org_id, OLD.id);
  FOR table_name IN SELECT t FROM unnest(productgraph.tenant_tables()) t JOIN pg_attribute a
                      ON a.attrelid = format('productgraph.%I', t)::regclass AND a.attname = 'project_id' AND NOT a.attisdropped
                    WHERE t <> 'events' AND t <> ALL (productgraph.packed_tables()) LOOP
    EXECUTE format('DELETE FROM productgraph.%I WHERE org_id = $1 AND project_id = $2', table_name) USING OLD.org_id, OLD.id;
  END LOOP;
  PERFORM productgraph.forget_packed_project(OLD.org_id, OLD.id);
  PERFORM productgraph.leave_org(previous);
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION remove_project_rows() IS
'Trigger of projects: deletes the rows of a project from every table before its own.';

CREATE FUNCTION drop_project(project text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  removed bigint;
BEGIN
  -- One after the other: each is to hold the organization alone later, and shares it with the others until then.
  PERFORM FROM productgraph.organizations o WHERE o.id = org FOR NO KEY UPDATE;
  -- Keeps packing, which passes by a project that is being deleted, from waiting for what is unpacked here.
  PERFORM FROM productgraph.projects p WHERE p.org_id = org AND p.id = project FOR UPDATE;
  -- Most of the work while ingestion for the organization goes on; then what came meanwhile.
  removed := productgraph.remove_project_events(org, project);
  PERFORM FROM productgraph.organizations o WHERE o.id = org FOR UPDATE;
  removed := removed + productgraph.remove_project_events(org, project);
  DELETE FROM productgraph.projects p WHERE p.org_id = org AND p.id = project;
  RETURN removed;
END
$$;
COMMENT ON FUNCTION drop_project(text) IS
'Deletes a project of the current organization with everything that belongs to it: events, sessions, keys, journeys and '
'the rest; returns how many events it had. Waits for ingestion that is under way for the organization. Errors: 42704 '
'unknown project, 25000 in a transaction that is not READ COMMITTED.';
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
  COMMENT ON TABLE productgraph.redactions IS 'What set_redaction() chose for each project.';
  COMMENT ON COLUMN productgraph.redactions.secret IS 'The key of hashes, made at random; for no analyst to see.';
  IF NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = 'productgraph.redactions'::regclass
                 AND c.conname = 'redactions_check') THEN
    ALTER TABLE productgraph.redactions ADD CONSTRAINT redactions_check
      CHECK (productgraph.is_valid_redaction(patterns, drop_fields, hash_fields, mask_fields));
  END IF;
  IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = 'productgraph.projects'::regclass
                 AND t.tgname = 'add_redaction') THEN
    CREATE TRIGGER add_redaction AFTER INSERT ON productgraph.projects
      FOR EACH ROW EXECUTE FUNCTION productgraph.add_redaction();
  END IF;
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
-- What questions over the store are made of: steps, conditions on fields, scopes and periods of time. Questions read as
-- the caller, under row-level security; their SQL uses the alias e for events. They run without JIT: compiling
-- takes up to twice as long as a million events do, and cannot be cancelled.

CREATE TYPE steps;

CREATE FUNCTION steps_in(cstring) RETURNS steps
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_steps_in';
COMMENT ON FUNCTION steps_in(cstring) IS 'Input of type steps.';

CREATE FUNCTION steps_out(steps) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_steps_out';
COMMENT ON FUNCTION steps_out(steps) IS 'Output of type steps.';

CREATE TYPE steps (INPUT = steps_in, OUTPUT = steps_out, LIKE = jsonb);
COMMENT ON TYPE steps IS
'The steps of a funnel: a JSON array, an array of text, or one step. A step is the name of an event type, or a JSON '
'object of conditions on fields: {"event.type":"page.view","page.path":"/cart"}. A list of values means any of '
'them, null that the field is absent, "metadata.KEY" a key of metadata, "name" is what to call the step, and '
'"optional":true says that a funnel''s step may be left out.';

CREATE FUNCTION steps_from_array(text[]) RETURNS steps
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_steps_from_array';
COMMENT ON FUNCTION steps_from_array(text[]) IS 'Cast from an array of text to steps.';

CREATE CAST (text[] AS steps) WITH FUNCTION steps_from_array(text[]) AS IMPLICIT;
CREATE CAST (jsonb AS steps) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (steps AS jsonb) WITHOUT FUNCTION AS IMPLICIT;

-- One condition of a step as SQL over the alias e of events.
CREATE FUNCTION session_fields() RETURNS TABLE (field text, expression text, data_type text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 7
SET search_path = pg_catalog, pg_temp
AS $$
  VALUES ('session.entry_page', 's.entry_page', 'text'), ('session.exit_page', 's.exit_page', 'text'),
    ('session.pages', 's.pages', 'bigint'), ('session.events', 's.events', 'bigint'),
    ('session.errors', 's.errors', 'bigint'), ('session.converted', 's.converted_at IS NOT NULL', 'boolean'),
    ('session.bounced', 's.pages < 2', 'boolean')
$$;
COMMENT ON FUNCTION session_fields() IS
'What questions can ask of the session an event belongs to, as if it were a field of the event: its first and last page, how '
'many pages, events and errors it has, whether it converted, and whether it has less than two pages.';

CREATE FUNCTION field_type(field text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce((SELECT f.data_type FROM productgraph.event_fields() f WHERE f.field = $1),
                  (SELECT f.data_type FROM productgraph.session_fields() f WHERE f.field = $1), 'text')
$$;
COMMENT ON FUNCTION field_type(text) IS 'The type of a field''s values in questions; text for metadata.KEY.';

CREATE FUNCTION field_expression(field text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  spec record;
BEGIN
  IF field LIKE 'metadata._%' THEN
    RETURN format('(e.metadata ->> %L)', substr(field, length('metadata.') + 1));
  END IF;
  SELECT f.column_name, f.data_type INTO spec FROM productgraph.event_fields() f WHERE f.field = field_expression.field;
  IF FOUND AND spec.data_type <> 'jsonb' THEN
    RETURN format('e.%I', spec.column_name);
  END IF;
  SELECT f.expression INTO spec FROM productgraph.session_fields() f WHERE f.field = field_expression.field;
  IF FOUND THEN
    RETURN format('(SELECT %s FROM productgraph.sessions s WHERE s.org_id = e.org_id AND s.project_id = e.project_id '
                  'AND s.session_id = e.session_id)', spec.expression);
  END IF;
  RAISE 'unknown field "%"', field USING ERRCODE = 'undefined_column',
    HINT = 'Fields are those of productgraph.event_fields() and session_fields(), and metadata.KEY for a key of metadata.';
END
$$;
COMMENT ON FUNCTION field_expression(text) IS
'SQL for the value of a field, of a property of the event''s session, or of metadata.KEY as text.';

CREATE FUNCTION field_condition(field text, wanted jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  operand text := productgraph.field_expression(field);
  type text := productgraph.field_type(field);
  kinds text[] := ARRAY(SELECT jsonb_typeof(v.value) FROM jsonb_array_elements(
    CASE jsonb_typeof(wanted) WHEN 'array' THEN wanted ELSE jsonb_build_array(wanted) END) v);
  condition text;
BEGIN
  IF kinds && '{object,array}' THEN
    RAISE 'the condition on "%" must be a value or a list of values', field USING ERRCODE = 'invalid_parameter_value';
  ELSIF jsonb_typeof(wanted) = 'null' THEN
    RETURN format('%s IS NULL', operand);
  ELSIF jsonb_typeof(wanted) <> 'array' THEN
    RETURN format('%s = %L::%s', operand, wanted #>> '{}', type);
  END IF;
  condition := format('%s = ANY (%L::%s[])', operand,
    ARRAY(SELECT v.value #>> '{}' FROM jsonb_array_elements(wanted) v WHERE v.value <> 'null'), type);
  RETURN CASE WHEN 'null' = ANY (kinds) THEN format('(%s OR %s IS NULL)', condition, operand) ELSE condition END;
END
$$;
COMMENT ON FUNCTION field_condition(text, jsonb) IS
'SQL for one condition of a step, over the alias e of events: the value, any of a list of values, or for null, also in '
'a list, that there is none.';

CREATE FUNCTION step_condition(step jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  condition text;
BEGIN
  IF jsonb_typeof(step) = 'string' THEN
    RETURN productgraph.field_condition('event.type', step);
  ELSIF jsonb_typeof(step) = 'object' THEN
    SELECT string_agg(productgraph.field_condition(c.key, c.value), ' AND ') INTO condition
    FROM jsonb_each(step) c WHERE c.key NOT IN ('name', 'optional');
  END IF;
  IF condition IS NULL THEN
    RAISE 'a step must be an event type or an object of conditions, not %', step
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN '(' || condition || ')';
END
$$;
COMMENT ON FUNCTION step_condition(jsonb) IS 'SQL for a step, over the alias e of events.';

CREATE FUNCTION step_name(step jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE jsonb_typeof(step)
    WHEN 'string' THEN step #>> '{}'
    ELSE coalesce(step ->> 'name',
      (SELECT string_agg(c.value #>> '{}', ' ' ORDER BY c.key) FROM jsonb_each(step) c WHERE c.key <> 'optional'))
  END
$$;
COMMENT ON FUNCTION step_name(jsonb) IS 'What a step is called: its "name", or the values it asks for.';

CREATE FUNCTION project_org(project text) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  orgs uuid[];
BEGIN
  SELECT array_agg(p.org_id) INTO orgs FROM productgraph.projects p
  WHERE p.id = project
    AND (productgraph.current_org_id() IS NULL OR p.org_id = (SELECT productgraph.current_org_id()));
  IF cardinality(orgs) = 1 THEN
    RETURN orgs[1];
  ELSIF orgs IS NULL AND productgraph.current_org_id() IS NULL THEN
    RAISE 'project "%" does not exist', project USING ERRCODE = 'undefined_object',
      HINT = 'No organization is chosen: SELECT productgraph.set_current_org(''…'');';
  ELSIF orgs IS NULL THEN
    RAISE 'project "%" does not exist in the current organization', project USING ERRCODE = 'undefined_object';
  END IF;
  RAISE 'several organizations have a project "%"', project USING ERRCODE = 'ambiguous_parameter',
    HINT = 'Choose one: SELECT productgraph.set_current_org(''…'');';
END
$$;
COMMENT ON FUNCTION project_org(text) IS
'The organization of a project that the caller can see: of the current one, or of any when none is chosen and the '
'caller sees it all the same (a superuser). Error 42704 when there is none, 42P08 when there are several.';

CREATE FUNCTION actor_expression(actor text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  CASE
    WHEN actor = 'user' THEN RETURN 'coalesce(e.user_id, e.user_anonymous_id, e.session_id)';
    WHEN actor = 'session' THEN RETURN 'e.session_id';
    WHEN actor LIKE 'metadata._%' THEN
      RETURN format('(e.metadata ->> %L)', substr(actor, length('metadata.') + 1));
    ELSE
      RAISE 'unknown actor "%"', actor USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Actors are user, session and metadata.KEY.';
  END CASE;
END
$$;
COMMENT ON FUNCTION actor_expression(text) IS 'SQL for who is counted, over the alias e of events.';

CREATE FUNCTION filter_condition(filter jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF jsonb_typeof(filter) <> 'object' THEN
    RAISE 'filter must be an object of conditions, not %', filter USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN coalesce((SELECT string_agg(productgraph.field_condition(c.key, c.value), ' AND ') FROM jsonb_each(filter) c), 'true');
END
$$;
COMMENT ON FUNCTION filter_condition(jsonb) IS
'SQL for a filter: an object of conditions as in a step, all of which must hold; true for an empty one.';

CREATE FUNCTION check_range(since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (since <= until) IS NOT TRUE THEN
    RAISE 'since (%) is later than until (%)', since, until USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;
COMMENT ON FUNCTION check_range(timestamptz, timestamptz) IS 'An error unless since is not later than until.';

-- Statements are put together as text and read with the settings of the caller: DateStyle and abbreviations of time
-- zones must have no say in what a moment is.
CREATE FUNCTION timestamp_literal(moment timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO'
SET timezone = 'UTC'
AS $$
  SELECT format('%L::timestamptz', moment)
$$;
COMMENT ON FUNCTION timestamp_literal(timestamptz) IS
'SQL for a moment, the same under every setting of DateStyle and TimeZone; NULL for NULL.';

CREATE FUNCTION question_scope(project text, since timestamptz, until timestamptz, filter jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.check_range(since, until);
  RETURN format('e.org_id = %L::uuid AND e.project_id = %L AND e.timestamp >= %s AND e.timestamp < %s AND %s',
                productgraph.project_org(project), project, productgraph.timestamp_literal(since),
                productgraph.timestamp_literal(until), productgraph.filter_condition(filter));
END
$$;
COMMENT ON FUNCTION question_scope(text, timestamptz, timestamptz, jsonb) IS
'SQL for the events a question looks at: those of a project in [since, until) that pass the filter.';

CREATE FUNCTION check_period(period text) RETURNS interval
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF period IS NULL OR period NOT IN ('hour', 'day', 'week', 'month') THEN
    RAISE 'unknown period "%"', period USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Periods are hour, day, week and month.';
  END IF;
  RETURN ('1 ' || period)::interval;
END
$$;
COMMENT ON FUNCTION check_period(text) IS 'The length of a period (hour, day, week or month); an error for any other.';

CREATE FUNCTION check_choice(what text, choice text, choices text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF choice IS NULL OR choice <> ALL (choices) THEN
    RAISE 'unknown % "%"', what, choice USING ERRCODE = 'invalid_parameter_value',
      HINT = format('Choices are %s.', array_to_string(choices, ', '));
  END IF;
END
$$;
COMMENT ON FUNCTION check_choice(text, text, text[]) IS 'An error that names the choices unless the choice is one of them.';

CREATE FUNCTION any_step_condition(what steps) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := CASE jsonb_typeof(what::jsonb) WHEN 'array' THEN what::jsonb ELSE jsonb_build_array(what::jsonb) END;
BEGIN
  IF what IS NULL THEN
    RETURN 'true';
  ELSIF list = '[]' THEN
    RAISE 'there must be at least one step' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all events.';
  END IF;
  RETURN (SELECT '(' || string_agg(productgraph.step_condition(s.value), ' OR ' ORDER BY s.ordinality) || ')'
          FROM jsonb_array_elements(list) WITH ORDINALITY s);
END
$$;
COMMENT ON FUNCTION any_step_condition(steps) IS
'SQL for events that match any of the steps, over the alias e of events; true for NULL, an error for an empty list.';

CREATE FUNCTION check_timezone(timezone text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  timezone := coalesce(timezone, current_setting('TimeZone'));
  -- Raises 22023 for a zone that is not known.
  PERFORM now() AT TIME ZONE timezone;
  RETURN timezone;
END
$$;
COMMENT ON FUNCTION check_timezone(text) IS
'The time zone, that of the session for NULL; error 22023 when it is not known.';

-- Periods are numbered, so that equal numbers are equal periods and the next period is one more: hours from 1970,
-- days, weeks and months from 1 January of the year 1, a Monday, by the calendar of a time zone.
CREATE FUNCTION period_number(period text, timezone text, moment text DEFAULT 'e.timestamp') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  local_time text := format('(%s AT TIME ZONE %L)', moment, timezone);
BEGIN
  PERFORM productgraph.check_period(period);
  CASE period
    -- An hour is one of absolute time: clocks that are put back show it twice. Zones may be off by part of an hour.
    WHEN 'hour' THEN
      RETURN format('floor(date_part(''epoch'', date_trunc(''hour'', %s, %L)) / 3600)::bigint', moment, timezone);
    WHEN 'day' THEN RETURN format('(%s::date - date ''0001-01-01'')', local_time);
    WHEN 'week' THEN RETURN format('((%s::date - date ''0001-01-01'') / 7)', local_time);
    WHEN 'month' THEN
      RETURN format('(date_part(''year'', %s) * 12 + date_part(''month'', %1$s) - 13)::integer', local_time);
  END CASE;
END
$$;
COMMENT ON FUNCTION period_number(text, text, text) IS 'SQL for the number of the period that a moment lies in.';

CREATE FUNCTION period_start(period text, timezone text, number text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.check_period(period);
  CASE period
    WHEN 'hour' THEN
      RETURN format('date_trunc(''hour'', to_timestamp((%s) * 3600.0 + 3599), %L)', number, timezone);
    WHEN 'day' THEN RETURN format('((date ''0001-01-01'' + (%s)::integer)::timestamp AT TIME ZONE %L)', number, timezone);
    WHEN 'week' THEN RETURN format('((date ''0001-01-01'' + (%s)::integer * 7)::timestamp AT TIME ZONE %L)', number, timezone);
    WHEN 'month' THEN
      RETURN format('((timestamp ''0001-01-01'' + (%s) * interval ''1 month'') AT TIME ZONE %L)', number, timezone);
  END CASE;
END
$$;
COMMENT ON FUNCTION period_start(text, text, text) IS 'SQL for the moment at which the period of a number starts.';

CREATE FUNCTION period_numbers(period text, first bigint, last bigint) RETURNS SETOF bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most constant bigint := 10000;
BEGIN
  IF last - first >= most THEN
    RAISE 'the range has % periods of one %, more than %', last - first + 1, period, most
      USING ERRCODE = 'program_limit_exceeded', HINT = 'Choose a later since, an earlier until or a longer period.';
  END IF;
  RETURN QUERY SELECT generate_series(first, last);
END
$$;
COMMENT ON FUNCTION period_numbers(text, bigint, bigint) IS
'The numbers of all periods from the first to the last, none when one is NULL; error 54000 for more than 10,000 of them.';

CREATE FUNCTION period_series(period text, timezone text, since timestamptz, until timestamptz, seen text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- A day that a zone left out when it crossed the date line has a number, and no length.
  RETURN format('(SELECT n FROM productgraph.period_numbers(%L, %s, %s) n WHERE %s < %s)', period,
    CASE WHEN isfinite(since)
         THEN productgraph.period_number(period, timezone, productgraph.timestamp_literal(since))
         ELSE format('(SELECT min(n) FROM %s)', seen) END,
    CASE WHEN isfinite(until)
         THEN productgraph.period_number(period, timezone, productgraph.timestamp_literal(until - interval '1 microsecond'))
         ELSE format('(SELECT max(n) FROM %s)', seen) END,
    productgraph.period_start(period, timezone, 'n'), productgraph.period_start(period, timezone, 'n + 1'));
END
$$;
COMMENT ON FUNCTION period_series(text, text, timestamptz, timestamptz, text) IS
'SQL for a relation of the numbers of all periods of a range; an end that is infinite is that of the numbers n in the relation seen. '
'More than 10,000 of them are error 54000.';
-- What questions at segments are made of. Conditions are those of rows, evaluated once for each kind of a project instead of
-- once for each event; events that are not packed yet are read as rows, under the same snapshot.

CREATE FUNCTION step_fields(steps steps) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(array_agg(DISTINCT field), '{}')
  FROM jsonb_array_elements(CASE jsonb_typeof(steps::jsonb) WHEN 'array' THEN steps::jsonb
                            ELSE jsonb_build_array(steps::jsonb) END) s,
    LATERAL (SELECT 'event.type' WHERE jsonb_typeof(s.value) = 'string'
             UNION ALL SELECT k FROM jsonb_object_keys(CASE jsonb_typeof(s.value) WHEN 'object' THEN s.value ELSE '{}' END) k
             WHERE k NOT IN ('name', 'optional', 'after', 'before')) f(field)
$$;
COMMENT ON FUNCTION step_fields(steps) IS 'The fields that steps ask for; none for NULL.';

CREATE FUNCTION filter_fields(filter jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(array_agg(k), '{}')
  FROM jsonb_object_keys(CASE jsonb_typeof(filter) WHEN 'object' THEN filter ELSE '{}' END) k
$$;
COMMENT ON FUNCTION filter_fields(jsonb) IS 'The fields that a filter asks for.';

CREATE FUNCTION condition_mask(conditions text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(string_agg(format('CASE WHEN %s THEN %s ELSE 0 END', c.condition,
                                    CASE c.n WHEN 32 THEN '(-2147483648)' ELSE (1::bigint << (c.n::integer - 1))::text END), ' | '), '0')
  FROM unnest(conditions) WITH ORDINALITY c(condition, n)
$$;
COMMENT ON FUNCTION condition_mask(text[]) IS 'SQL for an integer whose bits say which of the conditions hold, the lowest for the first.';

CREATE FUNCTION rows_instead_of_segments(project text, fields text[], actor text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  field text;
BEGIN
  IF NOT coalesce(nullif(current_setting('productgraph.use_segments', true), ''), 'on')::boolean THEN
    RETURN 'productgraph.use_segments is off';
  ELSIF actor NOT IN ('user', 'session') THEN
    RETURN format('events are not packed by actor %s', actor);
  END IF;
  SELECT f INTO field FROM unnest(fields) f
  WHERE f IS NOT NULL AND f NOT IN (SELECT e.field FROM productgraph.event_fields() e WHERE e.in_kind) LIMIT 1;
  IF FOUND THEN
    RETURN format('field %s is not part of kinds', field);
  ELSIF EXISTS (SELECT FROM productgraph.packed_projects p
                WHERE p.org_id = productgraph.project_org(project) AND p.project_id = project AND p.too_many_kinds) THEN
    RAISE NOTICE 'project "%" has too many kinds of events to be packed', project
      USING HINT = 'Ids in page paths, names or the like make kinds; productgraph.rebuild_segments() packs once they are gone.';
    RETURN 'there are too many kinds of events';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION rows_instead_of_segments(text, text[], text) IS
'Why a question that asks for these fields and counts this actor must be asked of rows; NULL when segments can answer it.';

CREATE FUNCTION report_path(question text, reason text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  message text := question || CASE WHEN reason IS NULL THEN ' is answered from segments'
                                   ELSE ' is answered from rows: ' || reason END;
BEGIN
  IF coalesce(nullif(current_setting('productgraph.explain', true), ''), 'off')::boolean THEN
    RAISE NOTICE '%', message;
  ELSE
    RAISE DEBUG '%', message;
  END IF;
END
$$;
COMMENT ON FUNCTION report_path(text, text) IS
'Tells how a question is answered: from segments, or from rows and why. A notice with productgraph.explain on, else at level '
'DEBUG1.';

CREATE FUNCTION loose_ranges(org_id uuid, project text, since timestamptz, until timestamptz, OUT weeks timestamptz[], OUT ranges text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  packed record;
  covered timestamptz := since;
BEGIN
  weeks := '{}';
  ranges := '{}';
  FOR packed IN SELECT w.week, w.packed_until, w.week + interval '168 hours' AS week_end
                FROM productgraph.readable_weeks(org_id, project, since, until) w ORDER BY w.week LOOP
    IF covered < packed.week THEN
      ranges := ranges || format('e.timestamp >= %s AND e.timestamp < %s', productgraph.timestamp_literal(covered),
                                 productgraph.timestamp_literal(packed.week));
    END IF;
    ranges := ranges || format('e.timestamp >= %s AND e.timestamp < %s AND e.received_at >= %s',
                               productgraph.timestamp_literal(greatest(packed.week, since)),
                               productgraph.timestamp_literal(least(packed.week_end, until)),
                               productgraph.timestamp_literal(packed.packed_until));
    covered := packed.week_end;
    weeks := weeks || packed.week;
  END LOOP;
  IF covered < until THEN
    ranges := ranges || format('e.timestamp >= %s AND e.timestamp < %s', productgraph.timestamp_literal(covered),
                               productgraph.timestamp_literal(until));
  END IF;
END
$$;
COMMENT ON FUNCTION loose_ranges(uuid, text, timestamptz, timestamptz) IS
'The weeks of [since, until) that a project has segments of, and conditions on disjoint sets of events e that are in none of '
'them, and together are all that are not.';

CREATE FUNCTION packed_source(
  project text, since timestamptz, until timestamptz, condition text, mask text, label text,
  OUT org_id uuid, OUT kinds text, OUT loose text, OUT weeks timestamptz[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ranges text[];
  scope text;
BEGIN
  org_id := productgraph.project_org(project);
  scope := format('e.org_id = %L::uuid AND e.project_id = %L', org_id, project);
  kinds := format('SELECT e.kind, %s, (%s)::text FROM productgraph.kinds e WHERE %s AND %s', mask, label, scope, condition);
  SELECT r.weeks, r.ranges INTO weeks, ranges FROM productgraph.loose_ranges(org_id, project, since, until) r;
  SELECT format('SELECT actor, session_id, ts, mask, label FROM (%s) l ORDER BY ts, sequence, id', string_agg(format(
    'SELECT %s AS actor, e.session_id, e.timestamp AS ts, %s AS mask, (%s)::text AS label, e.event_sequence AS sequence,
       e.event_id AS id
     FROM productgraph.events e WHERE %s AND %s AND %s', productgraph.actor_expression('user'), mask, label, scope, range,
    condition), ' UNION ALL ')) INTO loose FROM unnest(ranges) range;
END
$$;
COMMENT ON FUNCTION packed_source(text, timestamptz, timestamptz, text, text, text) IS
'What a question reads of a project in [since, until): weeks are those with segments; kinds is SQL for the kinds that meet the '
'condition: kind, mask and label; loose is SQL for the events that are not packed and meet it: actor, session_id, ts, mask, '
'label. condition, mask (integer) and label are SQL over the alias e.';
-- Periods of a calendar for questions at segments, which look up where they begin.

CREATE FUNCTION zone_offset(timezone text, moment timestamptz) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT (moment AT TIME ZONE timezone) - (moment AT TIME ZONE 'UTC') $$;
COMMENT ON FUNCTION zone_offset(text, timestamptz) IS 'How far the clocks of a time zone are ahead of UTC at a moment.';

CREATE FUNCTION zone_changes(timezone text, first timestamptz, last timestamptz) RETURNS timestamptz[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  day timestamptz;
  before timestamptz;
  after timestamptz;
  middle timestamptz;
  changes timestamptz[] := '{}';
BEGIN
  FOR day IN
    SELECT d.at FROM (
      SELECT at, o.shift, lag(o.shift) OVER (ORDER BY at) AS shift_before
      FROM generate_series(first, last + interval '24 hours', interval '24 hours') at,
        LATERAL (SELECT (at AT TIME ZONE timezone) - (at AT TIME ZONE 'UTC') AS shift) o) d
    WHERE d.shift <> d.shift_before ORDER BY d.at
  LOOP
    before := day - interval '24 hours';
    after := day;
    WHILE after - before > interval '1 microsecond' LOOP
      middle := before + (after - before) / 2;
      IF productgraph.zone_offset(timezone, middle) = productgraph.zone_offset(timezone, before) THEN
        before := middle;
      ELSE
        after := middle;
      END IF;
    END LOOP;
    changes := changes || after;
  END LOOP;
  RETURN changes;
END
$$;
COMMENT ON FUNCTION zone_changes(text, timestamptz, timestamptz) IS
'When the clocks of a time zone are changed from the first to the last time.';

CREATE FUNCTION period_starts(
  period text, timezone text, first timestamptz, last timestamptz, around text,
  OUT starts timestamptz[], OUT numbers integer[], OUT around_numbers integer[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  -- period_start() says where periods begin, unless clocks are changed about then: what begins next before and after
  -- a change is found from the clocks. Numbers are those that times of rows have, whatever was guessed.
  EXECUTE format(
    'WITH guessed AS (
       SELECT $1 AS at
       UNION SELECT %s FROM generate_series((%s)::bigint, (%s)::bigint + 1) n
       UNION SELECT c.at FROM unnest($3) change,
         LATERAL (SELECT (change - interval ''1 microsecond'') AT TIME ZONE $4 AS before, change AT TIME ZONE $4 AS after) clock,
         LATERAL (VALUES (change),
           ((date_trunc($5, clock.before) - productgraph.zone_offset($4, change - interval ''1 microsecond'')) AT TIME ZONE ''UTC''),
           ((date_trunc($5, clock.after) + $6 - productgraph.zone_offset($4, change)) AT TIME ZONE ''UTC'')) c(at)
     ), numbered AS (
       SELECT e.timestamp, (%s)::integer AS n FROM (SELECT at AS timestamp FROM guessed) e
       WHERE e.timestamp >= $1 AND e.timestamp <= $2
     ), compared AS (
       SELECT e.timestamp, n, lag(n) OVER (ORDER BY e.timestamp) AS n_before FROM numbered e
     )
     SELECT array_agg(e.timestamp ORDER BY e.timestamp), array_agg(n ORDER BY e.timestamp),
       array_agg((%s)::integer ORDER BY e.timestamp)
     FROM compared e WHERE n IS DISTINCT FROM n_before',
    productgraph.period_start(period, timezone, 'n'), productgraph.period_number(period, timezone, '$1'),
    productgraph.period_number(period, timezone, '$2'), productgraph.period_number(period, timezone),
    productgraph.period_number(coalesce(around, period), timezone))
  INTO starts, numbers, around_numbers
  USING first, last, productgraph.zone_changes(timezone, first, last), timezone, period, productgraph.check_period(period);
END
$$;
COMMENT ON FUNCTION period_starts(text, text, timestamptz, timestamptz, text) IS
'From when on times have which period_number(), from the first to the last time, in order of time: times from one start '
'until the next lie in the period of its number, and in that of the longer period around it (NULL = the same).';

CREATE FUNCTION packed_periods(
  org_id uuid, project text, since timestamptz, until timestamptz, period text, timezone text, around text,
  OUT starts timestamptz[], OUT numbers integer[], OUT around_numbers integer[], OUT reason text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most constant integer := 100000;
  first timestamptz;
  last timestamptz;
BEGIN
  SELECT min(e.timestamp), max(e.timestamp) INTO first, last FROM productgraph.events e
  WHERE e.org_id = packed_periods.org_id AND e.project_id = project AND e.timestamp >= since AND e.timestamp < until;
  IF first IS NULL THEN
    reason := 'there are no events';
  ELSIF NOT isfinite(first) OR NOT isfinite(last) THEN
    reason := 'some events have no finite time';
  ELSIF extract(epoch FROM last - first) / extract(epoch FROM productgraph.check_period(period)) > most THEN
    reason := format('events are of more than %s periods', most);
  ELSE
    SELECT p.starts, p.numbers, p.around_numbers INTO starts, numbers, around_numbers
    FROM productgraph.period_starts(period, timezone, first, last, around) p;
  END IF;
END
$$;
COMMENT ON FUNCTION packed_periods(uuid, text, timestamptz, timestamptz, text, text, text) IS
'The period_starts() of all events of a project in [since, until), or the reason why rows must be asked.';
-- What the funnel questions are made of: their steps, exclusions and attempts, as SQL over the alias e of events.

CREATE FUNCTION funnel_steps(project text, steps steps, journey text) RETURNS steps
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list productgraph.steps := steps;
BEGIN
  IF (steps IS NULL) = (journey IS NULL) THEN
    RAISE 'a funnel needs either steps or a declared journey' USING ERRCODE = 'invalid_parameter_value';
  ELSIF journey IS NOT NULL THEN
    list := productgraph.journey_steps(project, journey);
  END IF;
  IF jsonb_typeof(list::jsonb) <> 'array' OR jsonb_array_length(list::jsonb) NOT BETWEEN 1 AND 32 THEN
    RAISE 'a funnel needs a list of 1 to 32 steps' USING ERRCODE = 'invalid_parameter_value';
  ELSIF EXISTS (SELECT FROM jsonb_array_elements(list::jsonb) s
                WHERE jsonb_typeof(s.value) = 'object' AND jsonb_typeof(s.value -> 'optional') <> 'boolean') THEN
    RAISE '"optional" of a step must be true or false' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN list;
END
$$;
COMMENT ON FUNCTION funnel_steps(text, steps, text) IS
'The steps of a funnel: those given, or those of a declared journey. Error 22023 unless it is one of the two and has 1 to '
'32 steps.';

CREATE FUNCTION is_optional_step(step jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT jsonb_typeof(step) = 'object' AND coalesce(step -> 'optional' = 'true', false) $$;
COMMENT ON FUNCTION is_optional_step(jsonb) IS 'Whether a step of a funnel may be left out.';

CREATE FUNCTION previous_steps(steps steps) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(coalesce(previous, 0) ORDER BY ordinality)
  FROM (SELECT s.ordinality,
          max(s.ordinality::integer) FILTER (WHERE NOT productgraph.is_optional_step(s.value))
            OVER (ORDER BY s.ordinality ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous
        FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY s) p
$$;
COMMENT ON FUNCTION previous_steps(steps) IS
'For each step of a funnel the number of the last one before it that is not optional; 0 for the first.';

CREATE FUNCTION funnel_exclusions(exclude steps, steps steps, OUT condition text, OUT mode text) RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := CASE jsonb_typeof(exclude::jsonb) WHEN 'array' THEN exclude::jsonb ELSE jsonb_build_array(exclude::jsonb) END;
  excluded jsonb;
  "end" jsonb;
BEGIN
  IF exclude IS NULL THEN
    RETURN;
  END IF;
  FOR excluded IN SELECT e.value FROM jsonb_array_elements(list) WITH ORDINALITY e ORDER BY e.ordinality LOOP
    IF jsonb_typeof(excluded) = 'object' THEN
      FOREACH "end" IN ARRAY ARRAY[excluded -> 'after', excluded -> 'before'] LOOP
        IF "end" IS NOT NULL AND NOT ("end" #>> '{}') ~ '^([1-9]|[12][0-9]|3[0-2])$' THEN
          RAISE '"after" and "before" of an exclusion must be numbers of steps, not %', "end"
            USING ERRCODE = 'invalid_parameter_value';
        END IF;
      END LOOP;
      condition := productgraph.step_condition(excluded - 'after' - 'before');
      mode := format('exclude %s-%s', coalesce(excluded ->> 'after', '1'),
                     coalesce(excluded ->> 'before', jsonb_array_length(steps::jsonb)::text));
    ELSE
      condition := productgraph.step_condition(excluded);
      mode := format('exclude 1-%s', jsonb_array_length(steps::jsonb));
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION funnel_exclusions(steps, steps) IS
'The exclusions of a funnel: of each the SQL for its events, and the mode of funnel_attempt() for the steps it lies between.';

CREATE FUNCTION attempts_span(steps steps, within interval, per_step boolean) RETURNS interval
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF within IS NULL OR NOT within >= interval '0' THEN
    RAISE 'within must not be null or negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN CASE WHEN per_step THEN within * (jsonb_array_length(steps::jsonb) - 1) ELSE within END;
END
$$;
COMMENT ON FUNCTION attempts_span(steps, interval, boolean) IS
'How long an attempt at a funnel can take. Error 22023 for a window that is NULL or negative.';

CREATE FUNCTION attempts_scope(project text, since timestamptz, until timestamptz, span interval, filter jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.check_range(since, until);
  RETURN format('e.org_id = %L::uuid AND e.project_id = %L AND e.timestamp >= %s AND e.timestamp <= %s + %L::interval AND %s',
    productgraph.project_org(project), project, productgraph.timestamp_literal(since), productgraph.timestamp_literal(until),
    span, productgraph.filter_condition(filter));
END
$$;
COMMENT ON FUNCTION attempts_scope(text, timestamptz, timestamptz, interval, jsonb) IS
'SQL for the events that attempts look at: those of a project that pass the filter, from since to a span after until.';

CREATE FUNCTION attempt_parts(
  steps steps, exclude steps, step_order text, per_step boolean, counting text,
  OUT conditions text[], OUT excluded text[], OUT mode text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  modes text[];
BEGIN
  PERFORM productgraph.check_choice('step_order', step_order, '{ordered,strict,any}');
  PERFORM productgraph.check_choice('counting', counting, '{unique,total}');
  SELECT array_agg(productgraph.step_condition(s.value) ORDER BY s.ordinality),
    array_agg('optional ' || s.ordinality) FILTER (WHERE productgraph.is_optional_step(s.value))
  INTO conditions, modes FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY s;
  SELECT coalesce(array_agg(x.condition), '{}'), modes || array_agg(x.mode) INTO excluded, modes
  FROM productgraph.funnel_exclusions(exclude, steps) x;
  mode := concat_ws(', ', nullif(step_order, 'ordered'), CASE WHEN per_step THEN 'per_step' END, array_to_string(modes, ', '));
END
$$;
COMMENT ON FUNCTION attempt_parts(steps, steps, text, boolean, text) IS
'What funnel_attempt() needs of a funnel: SQL for its steps and for its exclusions, and the mode. Error 22023 for a '
'step_order or counting that there is not.';

CREATE FUNCTION attempts_query(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb,
  hold text, in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps,
  counting text, period text DEFAULT NULL, timezone text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted text := productgraph.actor_expression(actor);
  -- What tells attempts apart besides the actor; of several the best one counts.
  held text := CASE WHEN hold IS NOT NULL THEN productgraph.field_expression(hold) END;
  span interval := productgraph.attempts_span(steps, within, per_step);
  scope text := productgraph.attempts_scope(project, since, until, span, filter);
  parts record := productgraph.attempt_parts(steps, exclude, step_order, per_step, counting);
  conditions text[] := parts.conditions;
  begins text;
  relevant text;
  grouped text;
BEGIN
  IF period IS NOT NULL AND span > productgraph.check_period(period) * 1000 THEN
    RAISE 'an attempt may take % periods at most', 1000 USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Choose a shorter window or a longer period.';
  END IF;
  relevant := array_to_string(conditions || parts.excluded, ' OR ');
  -- The range of time is that of the first step; later steps follow within the window. With a period, an event takes part
  -- in every period from which it can be reached, and may begin an attempt in its own one only.
  begins := concat_ws(' AND ', 'e.timestamp < ' || productgraph.timestamp_literal(until),
    CASE WHEN exclude_incomplete THEN format('e.timestamp + %L::interval <= now()', span) END,
    CASE WHEN period IS NOT NULL AND counting = 'unique'
         THEN productgraph.period_number(period, timezone) || ' = p.number' END);
  IF step_order = 'any' THEN
    conditions := conditions || parts.excluded || format('(%s) AND %s', array_to_string(conditions, ' OR '), begins);
  ELSE
    conditions := format('%s AND %s', conditions[1], begins) || conditions[2:] || parts.excluded;
  END IF;
  grouped := format(
    'SELECT %s AS actor, p.number AS period_number, %s AS session_id, %s AS held,
       productgraph.%s(%L, %L, e.timestamp, %s)
     FROM productgraph.events e, LATERAL %s p(number)
     WHERE %s AND %s AND %s AND %1$s IS NOT NULL
     GROUP BY 1, 2, 3, 4',
    counted, CASE WHEN in_session THEN 'e.session_id' ELSE 'NULL::text' END, coalesce(held, 'NULL::text'),
    CASE counting WHEN 'unique' THEN 'funnel_attempt' ELSE 'funnel_attempts' END, within,
    parts.mode, array_to_string(conditions, ', '),
    CASE WHEN period IS NULL OR counting = 'total' THEN '(VALUES (NULL::integer))'
      ELSE format('generate_series(%s, %s)', productgraph.period_number(period, timezone,
                    format('greatest(e.timestamp - %L::interval, %s)', span, productgraph.timestamp_literal(since))),
                  productgraph.period_number(period, timezone)) END,
    scope, CASE WHEN step_order = 'strict' THEN 'true' ELSE '(' || relevant || ')' END,
    coalesce(held || ' IS NOT NULL', 'true'));
  IF counting = 'total' THEN
    RETURN format(
      'SELECT g.actor, %s AS period_number, g.session_id, g.held, a.times
       FROM (%s) g(actor, period_number, session_id, held, attempts), unnest(g.attempts) a',
      CASE WHEN period IS NULL THEN 'NULL::integer' ELSE productgraph.period_number(period, timezone, 'a.times[1]') END,
      grouped);
  END IF;
  RETURN format(
    CASE WHEN in_session OR held IS NOT NULL THEN
      'SELECT DISTINCT ON (actor, period_number) * FROM (%s) a(actor, period_number, session_id, held, times)
       WHERE cardinality(times) > 0
       ORDER BY actor, period_number, cardinality(times) DESC, times[cardinality(times)], times[1] DESC, times,
         session_id, held'
    ELSE 'SELECT * FROM (%s) a(actor, period_number, session_id, held, times) WHERE cardinality(times) > 0' END, grouped);
END
$$;
COMMENT ON FUNCTION attempts_query(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text, text) IS
'SQL for the attempts at a funnel that count: actor, period_number (of the time zone''s period in which it began, NULL '
'without a period), session_id and held (where attempts are told apart by them, else NULL), and times, those of the steps '
'up to the last one taken, NULL for optional ones left out. One row for each actor, or with a period for each in which it '
'began; with counting total one for each attempt.';
-- What the funnel questions ask of segments.

CREATE FUNCTION attempts_in_segments(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb, hold text,
  in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps, counting text, breakdown text,
  OUT reason text, OUT arguments text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  parts record := productgraph.attempt_parts(steps, exclude, step_order, per_step, counting);
  span interval := productgraph.attempts_span(steps, within, per_step);
  -- The window includes its end.
  ends timestamptz := until + span + interval '1 microsecond';
  source record;
BEGIN
  PERFORM productgraph.check_range(since, until);
  reason := coalesce(
    productgraph.rows_instead_of_segments(project, productgraph.step_fields(steps) || productgraph.step_fields(exclude)
      || productgraph.filter_fields(filter) || hold || breakdown, actor),
    CASE WHEN breakdown IS NOT NULL AND (hold IS NOT NULL OR in_session)
           THEN 'a breakdown goes neither with hold nor with in_session'
         WHEN exclude_incomplete AND (within <> justify_hours(make_interval(secs => extract(epoch FROM within)::float8))
                                      OR extract(day FROM within) <> 0 OR extract(month FROM within) <> 0)
           THEN 'exclude_incomplete goes with windows of hours and less only' END);
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  source := productgraph.packed_source(project, since, ends,
    concat_ws(' AND ', productgraph.filter_condition(filter),
      CASE WHEN step_order <> 'strict' THEN format('(%s)', array_to_string(parts.conditions || parts.excluded, ' OR ')) END),
    productgraph.condition_mask(parts.conditions || parts.excluded),
    CASE WHEN hold IS NULL AND breakdown IS NULL THEN 'NULL' ELSE productgraph.field_expression(coalesce(hold, breakdown)) END);
  IF cardinality(source.weeks) = 0 THEN
    reason := 'nothing is packed yet';
    RETURN;
  END IF;
  arguments := concat_ws(', ', quote_literal(source.org_id), quote_literal(project), quote_literal(source.kinds),
    quote_nullable(source.loose),
    format('ARRAY[%s]', (SELECT string_agg(productgraph.timestamp_literal(w), ', ' ORDER BY w) FROM unnest(source.weeks) w)),
    productgraph.timestamp_literal(since), productgraph.timestamp_literal(ends), quote_literal(within), quote_literal(parts.mode),
    cardinality(parts.conditions || parts.excluded) + (step_order = 'any')::integer,
    productgraph.timestamp_literal(CASE WHEN exclude_incomplete THEN least(until, now() - span + interval '1 microsecond') ELSE until END),
    (counting = 'total')::text, (actor = 'session')::text, coalesce(in_session AND actor <> 'session', false)::text,
    (hold IS NOT NULL)::text);
END
$$;
COMMENT ON FUNCTION attempts_in_segments(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text) IS
'How to ask segments for the attempts at a funnel: why they cannot be asked, or SQL for the arguments that packed_funnel() and '
'packed_attempts() have in common, those up to hold.';

CREATE FUNCTION attempt_periods(project text, since timestamptz, until timestamptz, period text, timezone text) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most constant bigint := 10000;
  first bigint;
  last bigint;
  starts timestamptz[];
BEGIN
  EXECUTE format(
    'SELECT %s AS first, %s AS last
     FROM (SELECT min(e.timestamp) AS first, max(e.timestamp) AS last FROM productgraph.events e
           WHERE %s AND e.timestamp > ''-infinity'' AND e.timestamp < ''infinity'') e',
    productgraph.period_number(period, timezone, 'e.first'), productgraph.period_number(period, timezone, 'e.last'),
    productgraph.question_scope(project, since, until)) INTO first, last;
  IF last - first >= most THEN
    RETURN NULL;
  END IF;
  EXECUTE format('SELECT array_agg(%s ORDER BY n) FROM generate_series($1, $2) n', productgraph.period_start(period, timezone, 'n'))
  INTO starts USING first, last;
  RETURN coalesce(starts, '{}');
END
$$;
COMMENT ON FUNCTION attempt_periods(text, timestamptz, timestamptz, text, text) IS
'When the periods start in which a project has events in [since, until), and those between them, in order. NULL when there are '
'more than 10,000 of them.';

CREATE TYPE found_attempt AS (actor text, times timestamptz[]);
COMMENT ON TYPE found_attempt IS
'An attempt at a funnel: whose it is, and the times of the steps up to the last one taken, NULL for those left out.';

CREATE FUNCTION packed_attempts(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  "window" interval, mode text, conditions integer, begin_before timestamptz, total boolean, by_session boolean, in_session boolean,
  hold boolean, named boolean, periods timestamptz[])
RETURNS SETOF found_attempt
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10000
AS 'MODULE_PATHNAME', 'productgraph_packed_attempts';
COMMENT ON FUNCTION packed_attempts(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, interval, text, integer,
                                    timestamptz, boolean, boolean, boolean, boolean, boolean, timestamptz[]) IS
'Part of the funnel questions: the attempts at a funnel that count, asked of segments as packed_funnel() does. named: whether '
'actors are wanted, which sessions have none of. periods: starts, in order, of the periods of each of which an actor''s best '
'attempt counts, none for the best of all. One row of NULLs when there are no attempts; no rows when there is so much that '
'rows must be asked.';

CREATE FUNCTION found_attempts(question text, packed text, instead text) RETURNS SETOF found_attempt
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE packed;
  IF FOUND THEN
    PERFORM productgraph.report_path(question, NULL);
    RETURN;
  END IF;
  PERFORM productgraph.report_path(question, 'too many events are not packed yet, or too many attempts found');
  RETURN QUERY EXECUTE format('SELECT actor, times FROM (%s) a', instead);
END
$$;
COMMENT ON FUNCTION found_attempts(text, text, text) IS
'Part of the funnel questions: the rows of a query of packed_attempts(), or when it has none those of the query "instead".';

CREATE FUNCTION attempts_source(
  question text, named boolean, project text, steps steps, within interval, since timestamptz, until timestamptz, actor text,
  filter jsonb, hold text, in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps,
  counting text, period text DEFAULT NULL, timezone text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instead text := productgraph.attempts_query(project, steps, within, since, until, actor, filter, hold, in_session,
    exclude_incomplete, step_order, per_step, exclude, counting, period, timezone);
  asked record := productgraph.attempts_in_segments(project, steps, within, since, until, actor, filter, hold, in_session,
    exclude_incomplete, step_order, per_step, exclude, counting, NULL);
  reason text := coalesce(asked.reason, CASE WHEN named AND actor = 'session' THEN 'sessions have no names in segments' END);
  periods timestamptz[] := '{}';
BEGIN
  IF reason IS NULL AND period IS NOT NULL AND counting = 'unique' THEN
    periods := productgraph.attempt_periods(project, since, until, period, timezone);
    IF periods IS NULL THEN
      reason := 'there are too many periods';
    END IF;
  END IF;
  IF reason IS NOT NULL THEN
    PERFORM productgraph.report_path(question, reason);
    RETURN instead;
  END IF;
  RETURN format(
    'SELECT actor, %s AS period_number, times FROM productgraph.found_attempts(%L, %L, %L) a WHERE times IS NOT NULL',
    CASE WHEN period IS NULL THEN 'NULL::integer' ELSE productgraph.period_number(period, timezone, 'a.times[1]') END, question,
    format('SELECT * FROM productgraph.packed_attempts(%s, %s, ARRAY[%s]::timestamptz[])', asked.arguments, named::text,
           (SELECT string_agg(productgraph.timestamp_literal(p), ', ' ORDER BY p) FROM unnest(periods) p)),
    instead);
END
$$;
COMMENT ON FUNCTION attempts_source(
  text, boolean, text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text,
  text, text) IS
'SQL for the attempts at a funnel that count, asked of segments when those can answer: actor, when it must be named, '
'period_number and times as attempts_query() has them.';
-- funnel(): how far actors get, and how fast.

CREATE FUNCTION check_attribution(breakdown text, attribution text, steps steps) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF breakdown IS NOT NULL
     AND (NOT coalesce(attribution IN ('first', 'last') OR attribution ~ '^[1-9][0-9]?$', false)
          OR (attribution ~ '^[0-9]' AND attribution::integer > jsonb_array_length(steps::jsonb))) THEN
    RAISE 'unknown attribution "%"', attribution USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Choices are first, last, and the number of a step.';
  END IF;
END
$$;
COMMENT ON FUNCTION check_attribution(text, text, steps) IS
'Error 22023 unless it is clear whose value attempts at a funnel are broken down by.';

CREATE FUNCTION attempt_labels(
  steps steps, scope text, actor text, hold text, in_session boolean, step_order text, breakdown text, attribution text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  value text;
  matches text;
BEGIN
  IF breakdown IS NULL THEN
    RETURN 'SELECT NULL::text AS label, a.times FROM attempts a';
  END IF;
  value := productgraph.field_expression(breakdown);
  -- With steps in any order there is no telling which of them the k-th event was.
  SELECT CASE step_order WHEN 'any' THEN format('(%s)', string_agg(productgraph.step_condition(s.value), ' OR '))
           ELSE format('CASE s.step %s END', string_agg(format('WHEN %s THEN %s', s.ordinality,
                                                               productgraph.step_condition(s.value)), ' ')) END
  INTO matches FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY s;
  RETURN format(
    'SELECT t.label, a.times
     FROM attempts a LEFT JOIN (
       SELECT id, (array_agg(value ORDER BY step %s))[1] AS label
       FROM (
         SELECT a.id, s.step, min((%s)::text COLLATE "C") AS value
         FROM attempts a CROSS JOIN LATERAL unnest(a.times) WITH ORDINALITY s(at, step)
         JOIN productgraph.events e ON e.timestamp = s.at AND %s = a.actor
         WHERE %s AND %s AND %s GROUP BY a.id, s.step
       ) touched WHERE value IS NOT NULL GROUP BY id
     ) t USING (id)',
    CASE attribution WHEN 'last' THEN 'DESC' ELSE '' END, value, productgraph.actor_expression(actor), scope, matches,
    concat_ws(' AND ', CASE WHEN attribution NOT IN ('first', 'last') THEN 's.step = ' || attribution ELSE 'true' END,
      CASE WHEN in_session THEN 'e.session_id = a.session_id' END,
      CASE WHEN hold IS NOT NULL THEN productgraph.field_expression(hold) || ' = a.held' END));
END
$$;
COMMENT ON FUNCTION attempt_labels(steps, text, text, text, boolean, text, text, text) IS
'SQL for times and label of each attempt in the relation attempts(id, actor, session_id, held, times): the value of a field in '
'the first or last of its steps'' events that has one, or in the event of the step of a number.';

CREATE FUNCTION micros_between(earlier timestamptz, later timestamptz) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_micros_between';
COMMENT ON FUNCTION micros_between(timestamptz, timestamptz) IS
'Microseconds from one time to a later one; NULL when one of them is infinite.';

CREATE FUNCTION duration_of(micros double precision) RETURNS interval
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT justify_hours(make_interval(secs => round(micros) / 1000000)) $$;
COMMENT ON FUNCTION duration_of(double precision) IS
'An interval of so many microseconds, in days and time as the difference of two times is.';

CREATE TYPE reached_step AS (
  place integer, label text, step integer, actors bigint, median double precision, average bigint, p95 double precision);
COMMENT ON TYPE reached_step IS
'How many attempts at a funnel reached a step, and the microseconds they needed from the step taken before it; place and label '
'are those of the value that they are broken down by.';

CREATE FUNCTION packed_funnel(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  "window" interval, mode text, conditions integer, begin_before timestamptz, total boolean, by_session boolean, in_session boolean, hold boolean,
  breakdown boolean, attribution text, top integer)
RETURNS SETOF reached_step
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 5
AS 'MODULE_PATHNAME', 'productgraph_packed_funnel';
COMMENT ON FUNCTION packed_funnel(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, interval, text, integer, timestamptz,
                                  boolean, boolean, boolean, boolean, boolean, text, integer) IS
'Part of funnel(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them; labels of '
'its sources are what is held or broken down by. Of each label by place, and of each step: how many attempts reached it, '
'and the microseconds from the step taken before it. No rows when so many events are not packed that rows must be asked.';

CREATE FUNCTION funnel_from_segments(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb, hold text,
  in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps, counting text,
  breakdown text, attribution text, top integer)
RETURNS SETOF reached_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asked record := productgraph.attempts_in_segments(project, steps, within, since, until, actor, filter, hold, in_session,
    exclude_incomplete, step_order, per_step, exclude, counting, breakdown);
BEGIN
  IF asked.reason IS NULL THEN
    RETURN QUERY EXECUTE format('SELECT * FROM productgraph.packed_funnel(%s, %s, %L, %s)', asked.arguments,
      (breakdown IS NOT NULL)::text, attribution, coalesce(top::text, 'NULL'));
    IF NOT FOUND THEN
      asked.reason := 'too many events are not packed yet';
    END IF;
  END IF;
  PERFORM productgraph.report_path('funnel()', asked.reason);
END
$$;
COMMENT ON FUNCTION funnel_from_segments(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text, text, integer) IS
'Part of funnel(): the rows of packed_funnel(), none when rows must be asked.';

CREATE FUNCTION funnel_from_rows(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb, hold text,
  in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps, counting text,
  breakdown text, attribution text, top integer)
RETURNS SETOF reached_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  scope text := productgraph.attempts_scope(project, since, until, productgraph.attempts_span(steps, within, per_step), filter);
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (SELECT row_number() OVER () AS id, a.* FROM (%s) a),
     labelled AS (%s),
     ranked AS (
       SELECT label, row_number() OVER (ORDER BY count(*) DESC, label COLLATE "C") AS place
       FROM labelled WHERE label IS NOT NULL GROUP BY label
     ), named AS (
       SELECT CASE WHEN r.place IS NOT NULL THEN least(r.place, $2 + 1) END AS place,
         CASE WHEN r.place <= coalesce($2, r.place) THEN l.label WHEN l.label IS NOT NULL THEN ''other'' END AS label, l.times
       FROM labelled l LEFT JOIN ranked r ON r.label = l.label
     ), timed AS (
       SELECT a.place, a.label, s.step, a.times[s.step] AS at, productgraph.micros_between(%s, a.times[s.step]) AS micros
       FROM named a CROSS JOIN generate_series(1, $1) s(step)
     )
     SELECT coalesce(place, 2147483647)::integer, label, step, count(at),
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY micros::double precision)), round(avg(micros))::bigint,
       (percentile_cont(0.95) WITHIN GROUP (ORDER BY micros::double precision))
     FROM timed GROUP BY place, label, step',
    productgraph.attempts_query(project, steps, within, since, until, actor, filter, hold, in_session, exclude_incomplete,
      step_order, per_step, exclude, counting),
    productgraph.attempt_labels(steps, scope, actor, hold, in_session, step_order, breakdown, attribution),
    -- The time before: that of the last step taken.
    CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(steps::jsonb) j WHERE productgraph.is_optional_step(j.value))
      THEN '(SELECT max(t) FROM unnest(a.times[:s.step - 1]) t)' ELSE 'a.times[s.step - 1]' END)
  USING jsonb_array_length(steps::jsonb), top;
END
$$;
COMMENT ON FUNCTION funnel_from_rows(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text, text, integer) IS
'Part of funnel(): what packed_funnel() would say, asked of rows.';

CREATE FUNCTION funnel(
  project text, steps steps DEFAULT NULL, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  breakdown text DEFAULT NULL, attribution text DEFAULT 'first', top integer DEFAULT 10,
  OUT step integer, OUT name text, OUT actors bigint,
  OUT conversion_from_start numeric, OUT conversion_from_previous numeric, OUT dropped bigint,
  OUT median_time interval, OUT average_time interval, OUT p95_time interval, OUT breakdown_value text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  previous_steps integer[] := productgraph.previous_steps(list);
  reached productgraph.reached_step[];
BEGIN
  IF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all values.';
  END IF;
  PERFORM productgraph.check_attribution(breakdown, attribution, list);
  reached := ARRAY(SELECT r FROM productgraph.funnel_from_segments(project, list, within, since, until, actor, filter, hold,
    in_session, exclude_incomplete, step_order, per_step, exclude, counting, breakdown, attribution, top) r);
  IF cardinality(reached) = 0 THEN
    reached := ARRAY(SELECT r FROM productgraph.funnel_from_rows(project, list, within, since, until, actor, filter, hold,
      in_session, exclude_incomplete, step_order, per_step, exclude, counting, breakdown, attribution, top) r);
  END IF;
  RETURN QUERY
  WITH reached AS (SELECT r.* FROM unnest(reached) r),
  labels AS (
    SELECT DISTINCT r.place, r.label FROM reached r WHERE breakdown IS NOT NULL AND r.step = 1 AND r.actors > 0
    UNION ALL SELECT min(r.place), NULL FROM reached r WHERE breakdown IS NULL
  )
  SELECT s.step, productgraph.step_name(list::jsonb -> (s.step - 1)), coalesce(r.actors, 0),
    round(r.actors::numeric / first.actors, 4), round(r.actors::numeric / nullif(coalesce(previous.actors, r.actors), 0), 4),
    CASE WHEN productgraph.is_optional_step(list::jsonb -> (s.step - 1)) THEN 0 ELSE coalesce(previous.actors - r.actors, 0) END,
    productgraph.duration_of(r.median), productgraph.duration_of(r.average), productgraph.duration_of(r.p95), l.label
  FROM labels l
  CROSS JOIN generate_series(1, jsonb_array_length(list::jsonb)) s(step)
  LEFT JOIN reached r ON r.step = s.step AND r.place = l.place
  LEFT JOIN reached first ON first.step = 1 AND first.place = l.place AND first.actors > 0
  LEFT JOIN reached previous ON previous.step = previous_steps[s.step] AND previous.place = l.place
  WHERE breakdown IS NULL OR l.place IS NOT NULL
  ORDER BY l.place, s.step;
END
$$;
COMMENT ON FUNCTION funnel(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text, boolean, steps, text, text,
  text, integer) IS
'How many actors take the steps, each at most "within" after the first, and how long they need. One row a step: actors that '
'reached it in their best attempt, the share of the first and of the previous step (0 to 1, four decimals, NULL of '
'nothing), those lost since the previous step, and the time from the step taken before it (NULL for the first). The first '
'step lies in [since, until). An event serves one step of an attempt. A step with "optional":true may be left out: it '
'loses nobody, and the step after it is compared with the last one that is not optional. actor: user (user id, else '
'anonymous id, else session), session, or metadata.KEY. filter: conditions as in a step, on all events. '
'journey: a declared one, instead of steps. hold: a field that must have one value over all steps of an attempt. '
'in_session: all steps in one session. exclude_incomplete: leaves out first steps whose window has not passed yet. '
'step_order: ordered, strict (no other event of the actor between the steps), or any (row k counts those that took k of '
'the steps in whatever order). per_step: "within" is the time from a step to the next. exclude: events, like steps, that '
'break an attempt, so that it counts for nothing: those later than step "after" (1) and earlier than step "before" (the '
'last), inside the window. counting: unique actors, or total attempts one after the other, the next one beginning when the '
'one before it completed, was broken or its window has passed. breakdown: a field or metadata.KEY by whose values '
'attempts are told apart, in breakdown_value, the "top" most frequent by themselves, the rest as ''other'', none as NULL; '
'attribution: whose value counts, that of the first or last step''s event that has one, or of the step with this number '
'(of several events at one time the smallest). Errors: 42704 unknown project or journey, 42703 unknown field, 22023 wrong '
'steps, window, range or other option.';
-- Who gets how far in a funnel, when, and how fast.

CREATE FUNCTION funnel_actors(
  project text, steps steps DEFAULT NULL, reached integer DEFAULT NULL, dropped boolean DEFAULT false, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  OUT who text, OUT steps_reached integer, OUT started_at timestamptz, OUT reached_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  last_step integer := coalesce(reached, jsonb_array_length(list::jsonb));
BEGIN
  IF last_step NOT BETWEEN 1 AND jsonb_array_length(list::jsonb) THEN
    RAISE 'there is no step %', last_step USING ERRCODE = 'invalid_parameter_value',
      HINT = format('Steps are 1 to %s.', jsonb_array_length(list::jsonb));
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT actor, cardinality(times), times[1], times[cardinality(times)] FROM (%s) attempts
     WHERE CASE WHEN $2 THEN times[$1] IS NULL AND cardinality(times) >= $3 ELSE times[$1] IS NOT NULL END
     ORDER BY 3, 1, 4',
    productgraph.attempts_source('funnel_actors()', true, project, list, within, since, until, actor, filter, hold, in_session,
      exclude_incomplete, step_order, per_step, exclude, counting))
  USING last_step, dropped, (productgraph.previous_steps(list))[last_step];
END
$$;
COMMENT ON FUNCTION funnel_actors(
  text, steps, integer, boolean, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text, boolean,
  steps, text) IS
'The actors that funnel() counts at a step ("reached", by default the last one), or with dropped those that reached the '
'step before it (the last that is not optional) and not this one: how many steps each came to, and when it took the first '
'and the last of them. With counting total one row for each attempt. Options and errors as in funnel(); 22023 when there '
'is no such step.';

CREATE FUNCTION funnel_trend(
  project text, steps steps DEFAULT NULL, period text DEFAULT 'day', within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', timezone text DEFAULT NULL, journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  OUT period_start timestamptz, OUT entered bigint, OUT completed bigint, OUT conversion numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 30
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  zone text := productgraph.check_timezone(timezone);
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH counted AS (
       SELECT period_number AS n, count(*) AS entered, count(*) FILTER (WHERE cardinality(times) = $1) AS completed
       FROM (%s) attempts GROUP BY 1
     )
     SELECT %s, coalesce(c.entered, 0), coalesce(c.completed, 0), round(c.completed::numeric / c.entered, 4)
     FROM %s s(n) LEFT JOIN counted c ON c.n = s.n ORDER BY s.n',
    productgraph.attempts_source('funnel_trend()', false, project, list, within, since, until, actor, filter, hold, in_session,
      exclude_incomplete, step_order, per_step, exclude, counting, period, zone),
    productgraph.period_start(period, zone, 's.n'),
    productgraph.period_series(period, zone, '-infinity', 'infinity', 'counted'))
  USING jsonb_array_length(list::jsonb);
END
$$;
COMMENT ON FUNCTION funnel_trend(
  text, steps, text, interval, timestamptz, timestamptz, text, jsonb, text, text, text, boolean, boolean, text, boolean, steps,
  text) IS
'By the period (hour, day, week, month of the time zone, by default the session''s) in which attempts begin: the actors '
'that entered the funnel in it and those of them whose best attempt from it completed, and the share (NULL when nobody '
'entered); with counting total the attempts. Periods between the first and the last with an entry are all there. Options '
'and errors as in funnel(); 22023 too for attempts that may take more than 1,000 periods, 54000 for more than 10,000 of '
'them.';

CREATE FUNCTION funnel_times(
  project text, steps steps DEFAULT NULL, from_step integer DEFAULT 1, to_step integer DEFAULT NULL, bins integer DEFAULT 10,
  within interval DEFAULT '1 day', since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity',
  actor text DEFAULT 'user', filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  OUT bin_start interval, OUT bin_end interval, OUT actors bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  last_step integer := coalesce(to_step, jsonb_array_length(list::jsonb));
BEGIN
  IF (from_step >= 1 AND last_step <= jsonb_array_length(list::jsonb) AND from_step < last_step) IS NOT TRUE THEN
    RAISE 'from_step (%) must lie before to_step (%), both between 1 and %', from_step, last_step,
      jsonb_array_length(list::jsonb) USING ERRCODE = 'invalid_parameter_value';
  ELSIF (bins BETWEEN 1 AND 1000) IS NOT TRUE THEN
    RAISE 'bins must be between 1 and 1000, not %', bins USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH needed AS (
       SELECT extract(epoch FROM times[$2] - times[$1]) AS seconds FROM (%s) attempts
       WHERE times[$1] IS NOT NULL AND times[$2] IS NOT NULL
     ), bounds AS (
       SELECT min(seconds) AS low, greatest((max(seconds) - min(seconds)) / $3, 0.000001) AS width FROM needed
     )
     SELECT make_interval(secs => (b.low + (bin - 1) * b.width)::float8), make_interval(secs => (b.low + bin * b.width)::float8),
       count(n.seconds)
     FROM bounds b, generate_series(1, $3) bin
     LEFT JOIN needed n ON bin = least(floor((n.seconds - (SELECT low FROM bounds)) / (SELECT width FROM bounds)) + 1, $3)
     WHERE b.low IS NOT NULL
     GROUP BY bin, b.low, b.width ORDER BY bin',
    productgraph.attempts_source('funnel_times()', false, project, list, within, since, until, actor, filter, hold, in_session,
      exclude_incomplete, step_order, per_step, exclude, counting))
  USING from_step, last_step, bins;
END
$$;
COMMENT ON FUNCTION funnel_times(
  text, steps, integer, integer, integer, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text,
  boolean, steps, text) IS
'A histogram of the time that actors need from one step to another (by default from the first to the last) in their best '
'attempt, or with counting total in each: equal bins from the shortest time to the longest, each with its start (included) '
'and end (excluded but for the last). No rows when nobody got there. Options and errors as in funnel(); 22023 for wrong '
'steps or bins (1 to 1,000).';
-- What goes with getting through a funnel, and what with being lost.

CREATE FUNCTION funnel_correlation(
  project text, steps steps DEFAULT NULL, field text DEFAULT 'event.type', within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, top integer DEFAULT 20, min_actors integer DEFAULT 25, min_share numeric DEFAULT 0.02,
  OUT value text, OUT converted bigint, OUT dropped bigint, OUT odds_ratio numeric, OUT correlates_with text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  span interval := productgraph.attempts_span(list, within, per_step);
  -- Segments do not tell which session and value an attempt was made with.
  told_apart boolean := in_session IS TRUE OR hold IS NOT NULL;
BEGIN
  IF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL stands for all values.';
  ELSIF (min_actors >= 0 AND min_share BETWEEN 0 AND 1) IS NOT TRUE THEN
    RAISE 'min_actors must not be negative, and min_share be between 0 and 1' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF told_apart THEN
    PERFORM productgraph.report_path('funnel_correlation()', 'attempts are told apart by session or value');
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (
       SELECT actor, cardinality(times) = $1 AS success, times[1] AS started,
         CASE WHEN cardinality(times) = $1 THEN times[$1] ELSE times[1] + $2 END AS ended%s
       FROM (%s) a
     ), totals AS (
       SELECT count(*) FILTER (WHERE success) AS converted, count(*) FILTER (WHERE NOT success) AS dropped FROM attempts
     ), seen AS (
       SELECT v.value, count(*) FILTER (WHERE success) AS converted, count(*) FILTER (WHERE NOT success) AS dropped
       FROM (SELECT DISTINCT a.actor, a.success, (%s)::text AS value
             FROM attempts a JOIN productgraph.events e ON %s = a.actor AND e.timestamp >= a.started AND e.timestamp <= a.ended
             WHERE %s AND %s) v
       WHERE v.value IS NOT NULL GROUP BY v.value
     ), judged AS (
       SELECT s.value, s.converted, s.dropped,
         ((s.converted + 1) * (t.dropped - s.dropped + 1))::numeric
           / ((s.dropped + 1) * (t.converted - s.converted + 1)) AS odds_ratio
       FROM seen s, totals t
       WHERE s.converted + s.dropped >= greatest($3, $4 * (t.converted + t.dropped))
     )
     SELECT value, converted, dropped, round(odds_ratio, 4),
       CASE WHEN odds_ratio > 1 THEN ''success'' WHEN odds_ratio < 1 THEN ''failure'' END
     FROM judged ORDER BY abs(ln(odds_ratio)) DESC, value COLLATE "C" LIMIT $5',
    CASE WHEN told_apart THEN ', session_id, held' END,
    CASE WHEN told_apart
         THEN productgraph.attempts_query(project, list, within, since, until, actor, filter, hold, in_session,
                exclude_incomplete, step_order, per_step, exclude, 'unique')
         ELSE productgraph.attempts_source('funnel_correlation()', true, project, list, within, since, until, actor, filter, NULL,
                false, exclude_incomplete, step_order, per_step, exclude, 'unique') END,
    productgraph.field_expression(field), productgraph.actor_expression(actor),
    productgraph.attempts_scope(project, since, until, span, filter),
    concat_ws(' AND ', CASE WHEN in_session THEN 'e.session_id = a.session_id' END,
      CASE WHEN hold IS NOT NULL THEN productgraph.field_expression(hold) || ' = a.held' END,
      -- The steps themselves tell nothing about getting through them.
      CASE WHEN field = 'event.type' THEN 'NOT coalesce(' || productgraph.any_step_condition(list) || ', false)' ELSE 'true' END))
  USING jsonb_array_length(list::jsonb), span, min_actors, min_share, top;
END
$$;
COMMENT ON FUNCTION funnel_correlation(
  text, steps, text, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text, boolean, steps,
  integer, integer, numeric) IS
'Which values of a field (event.type, another one, or metadata.KEY) go with completing a funnel or with not doing so. Of '
'the actors that entered it and have an event with the value in their best attempt (from its first step to its completion, '
'else to the end of its window; with event.type those of the steps are left out): how many converted, how many dropped, '
'and the odds ratio, (converted with + 1) (dropped without + 1) / ((dropped with + 1) (converted without + 1)), four '
'decimals; above 1 the value correlates with success, below 1 with failure. Only values that at least min_actors actors '
'and min_share of those who entered have, the "top" strongest (NULL = all). Options and errors as in funnel().';
-- What happens over time, from segments: part of trend().

CREATE TYPE trend_count AS (number bigint, label text, value bigint);
COMMENT ON TYPE trend_count IS 'How many events or actors of a label there are in the period of a number.';

CREATE FUNCTION packed_trend(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  starts timestamptz[], numbers integer[], around_numbers integer[], is_unique boolean, by_session boolean)
RETURNS SETOF trend_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100
AS 'MODULE_PATHNAME', 'productgraph_packed_trend';
COMMENT ON FUNCTION packed_trend(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, timestamptz[], integer[], integer[],
                                 boolean, boolean) IS
'Part of trend(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them, for events, or '
'for actors with is_unique; starts and numbers are those of packed_periods(). What is 0 is left out. One row of NULLs when rows '
'must be asked: too many events are not packed, or labels and periods are too many.';

CREATE FUNCTION trend_from_segments(
  project text, what steps, measure text, period text, label text, breakdown text, since timestamptz, until timestamptz,
  filter jsonb, actor text, zone text)
RETURNS trend_count[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reason text := productgraph.rows_instead_of_segments(project, productgraph.step_fields(what)
    || productgraph.filter_fields(filter) || breakdown, actor);
  source record;
  calendar record;
  counts productgraph.trend_count[];
BEGIN
  IF measure NOT IN ('count', 'unique') THEN
    reason := 'numbers are not packed';
  END IF;
  IF reason IS NULL THEN
    source := productgraph.packed_source(project, since, until,
      format('%s AND %s', productgraph.filter_condition(filter), productgraph.any_step_condition(what)), '1', label);
    calendar := productgraph.packed_periods(source.org_id, project, since, until, coalesce(period, 'month'), zone, NULL);
    reason := CASE WHEN cardinality(source.weeks) = 0 THEN 'nothing is packed yet' ELSE calendar.reason END;
  END IF;
  IF reason IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.packed_trend(source.org_id, project, source.kinds, source.loose, source.weeks, since, until,
      CASE WHEN period IS NULL THEN '{-infinity}' ELSE calendar.starts END, CASE WHEN period IS NULL THEN '{0}' ELSE calendar.numbers END,
      CASE WHEN period IS NULL THEN '{0}' ELSE calendar.around_numbers END, measure = 'unique', actor = 'session') c);
    IF cardinality(counts) = 1 AND counts[1].number IS NULL THEN
      counts := NULL;
      reason := 'too many events are not packed yet, or there are too many values';
    END IF;
  END IF;
  PERFORM productgraph.report_path('trend()', reason) WHERE period IS NOT NULL;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION trend_from_segments(text, steps, text, text, text, text, timestamptz, timestamptz, jsonb, text, text) IS
'Part of trend(): the rows of packed_trend() by a label, SQL over the alias e in which breakdown is the only field; period NULL = '
'the whole range. NULL when rows must be asked.';
-- What happens over time: trend(), live().

CREATE FUNCTION measured_number(field text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  operand text := productgraph.field_expression(field);
  type text := productgraph.field_type(field);
BEGIN
  IF field LIKE 'metadata._%' THEN
    RETURN format('CASE jsonb_typeof(e.metadata -> %L) WHEN ''number'' THEN %s::numeric END',
                  substr(field, length('metadata.') + 1), operand);
  ELSIF type IN ('integer', 'bigint', 'double precision') THEN
    RETURN operand || '::numeric';
  END IF;
  RAISE 'field "%" is no number', field USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION measured_number(text) IS
'SQL for the number in a field, or in a key of metadata (NULL where it holds anything else), over the alias e.';

CREATE FUNCTION measure_expression(measure text, field text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (measure ~ '^p[1-9][0-9]?$') IS NOT TRUE THEN
    PERFORM productgraph.check_choice('measure', measure,
      '{count,unique,sum,average,minimum,maximum,median,"p1 to p99"}');
  END IF;
  IF measure IN ('count', 'unique') THEN
    -- The rows of unique are one for each actor.
    RETURN 'count(*)';
  ELSIF field IS NULL THEN
    RAISE 'measure "%" needs a field', measure USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN CASE measure
    WHEN 'sum' THEN 'sum(number)'
    WHEN 'average' THEN 'avg(number)'
    WHEN 'minimum' THEN 'min(number)'
    WHEN 'maximum' THEN 'max(number)'
    ELSE format('percentile_cont(%s) WITHIN GROUP (ORDER BY number::double precision)',
                CASE measure WHEN 'median' THEN 0.5 ELSE substr(measure, 2)::numeric / 100 END)
  END;
END
$$;
COMMENT ON FUNCTION measure_expression(text, text) IS 'SQL for a measure over rows with a column number.';

CREATE FUNCTION trend(
  project text, what steps DEFAULT NULL, measure text DEFAULT 'count', field text DEFAULT NULL,
  period text DEFAULT 'day', breakdown text DEFAULT NULL, top integer DEFAULT 10,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user', timezone text DEFAULT NULL,
  OUT period_start timestamptz, OUT breakdown_value text, OUT value numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  zone text := productgraph.check_timezone(timezone);
  number text := productgraph.period_number(period, zone);
  aggregate text := productgraph.measure_expression(measure, field);
  counted text := productgraph.actor_expression(actor);
  label text := CASE WHEN breakdown IS NULL THEN 'NULL::text'
                     ELSE '(' || productgraph.field_expression(breakdown) || ')::text' END;
  scope text := productgraph.question_scope(project, since, until, filter) || ' AND '
                || productgraph.any_step_condition(what);
  largest text[];
  rows text;
  counts productgraph.trend_count[];
  measured text;
BEGIN
  IF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all values.';
  END IF;
  -- Rows of one measure: an actor once a group, or an event with its number.
  rows := CASE measure
    WHEN 'unique' THEN format('SELECT %%s FROM productgraph.events e WHERE %s AND %s IS NOT NULL GROUP BY %%s, %2$s',
                              replace(scope, '%', '%%'), replace(counted, '%', '%%'))
    ELSE format('SELECT %%s, %s AS number FROM productgraph.events e WHERE %s',
                replace(CASE WHEN measure = 'count' THEN '1' ELSE productgraph.measured_number(field) END, '%', '%%'),
                replace(scope, '%', '%%'))
  END;
  IF breakdown IS NOT NULL AND top IS NOT NULL THEN
    counts := productgraph.trend_from_segments(project, what, measure, NULL, label, breakdown, since, until, filter, actor, zone);
    EXECUTE format(
      'SELECT coalesce(array_agg(label ORDER BY size DESC NULLS LAST, label COLLATE "C"), ''{}'') FROM (
         SELECT label, %s AS size FROM (%s) r WHERE label IS NOT NULL
         GROUP BY label ORDER BY size DESC NULLS LAST, label COLLATE "C" LIMIT %s) t',
      CASE WHEN counts IS NOT NULL THEN 'sum(value)' WHEN measure = 'sum' THEN 'sum(number)' ELSE 'count(*)' END,
      CASE WHEN counts IS NOT NULL THEN 'SELECT * FROM unnest($1)' ELSE format(rows, label || ' AS label', label) END, top)
    INTO largest USING counts;
    label := format('CASE WHEN %s = ANY (%L::text[]) THEN %1$s WHEN %1$s IS NOT NULL THEN ''other'' END', label, largest);
  END IF;
  counts := productgraph.trend_from_segments(project, what, measure, period, label, breakdown, since, until, filter, actor, zone);
  measured := CASE WHEN counts IS NOT NULL THEN 'SELECT number AS n, label, value FROM unnest($2)'
                   ELSE format('SELECT n, label, %s AS value FROM (%s) r GROUP BY n, label', aggregate,
                               format(rows, format('%s AS n, %s AS label', number, label), number || ', ' || label)) END;
  RETURN QUERY EXECUTE format(
    'WITH measured AS MATERIALIZED (%s),
     labels AS (%s)
     SELECT %s, l.label, %s
     FROM %s s(n) CROSS JOIN labels l
     LEFT JOIN measured m ON m.n = s.n AND m.label IS NOT DISTINCT FROM l.label
     ORDER BY s.n, array_position($1, l.label) NULLS LAST, l.label COLLATE "C" NULLS LAST',
    measured,
    CASE WHEN breakdown IS NULL THEN 'SELECT NULL::text AS label' ELSE 'SELECT DISTINCT label FROM measured' END,
    productgraph.period_start(period, zone, 's.n'),
    CASE WHEN measure IN ('count', 'unique', 'sum') THEN 'coalesce(m.value::numeric, 0)' ELSE 'm.value::numeric' END,
    productgraph.period_series(period, zone, since, until, 'measured'))
  USING largest, counts;
END
$$;
COMMENT ON FUNCTION trend(text, steps, text, text, text, text, integer, timestamptz, timestamptz, jsonb, text, text) IS
'A measure of events over time. what: events that match any of these steps, NULL = all. measure: count (events), unique '
'(actors), or sum, average, minimum, maximum, median or a percentile (p1 to p99) of a numeric field or of the numbers in metadata.KEY. '
'period: hour, day, week (from Monday), month, by the calendar of the time zone (NULL = that of the session). One row for '
'every period of [since, until), or from the first to the last with events where an end is infinite; without events '
'count, unique and sum are 0 and the others NULL. breakdown: a field or metadata.KEY, whose "top" largest values (by '
'actors for unique, the sum for sum, else events; ties by value) are told apart, the rest being ''other'' and no value '
'NULL, which is not one of the top. actor: user, session or metadata.KEY. Errors: 42704 unknown project, 42703 unknown '
'field, 22023 wrong measure, field, period, time zone, top, range, filter or actor.';

CREATE FUNCTION live(
  project text, within interval DEFAULT '5 minutes', top integer DEFAULT 10, filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user',
  OUT kind text, OUT name text, OUT events bigint, OUT actors bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 21
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  IF within IS NULL OR NOT within > interval '0' THEN
    RAISE 'within must be positive' USING ERRCODE = 'invalid_parameter_value';
  ELSIF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all values.';
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH recent AS MATERIALIZED (SELECT e.event_type, e.page_path, %s AS actor FROM productgraph.events e WHERE %s),
     counted AS (
       SELECT grouping(event_type, page_path) AS level, coalesce(event_type, page_path) AS name,
         count(*) AS events, count(DISTINCT actor) AS actors
       FROM recent GROUP BY GROUPING SETS ((), (event_type), (page_path))
     ), ranked AS (
       SELECT *, row_number() OVER (PARTITION BY level ORDER BY events DESC, actors DESC, name COLLATE "C") AS place
       FROM counted WHERE level = 3 OR name IS NOT NULL
     )
     SELECT CASE level WHEN 3 THEN ''total'' WHEN 1 THEN ''event type'' ELSE ''page'' END, name, events, actors
     FROM ranked WHERE place <= coalesce($1, place)
     ORDER BY array_position(''{3,1,2}''::integer[], level), place',
    productgraph.actor_expression(actor),
    productgraph.question_scope(project, now() - within, now() + interval '1 microsecond', filter))
  USING top;
END
$$;
COMMENT ON FUNCTION live(text, interval, integer, jsonb, text) IS
'What happened within the time just gone, up to the start of the transaction: events and distinct actors in total '
'(one row, zeros when nothing happened, name NULL), for each event type and for each page, the "top" largest of each '
'kind (NULL = all), most events first. Errors: 42704 unknown project, 42703 unknown field, 22023 wrong within, top, '
'filter or actor.';
-- In which periods actors were active, from segments: what active_users(), lifecycle() and stickiness() have in common.

CREATE TYPE activity_count AS (
  number bigint, active bigint, fresh bigint, "returning" bigint, resurrecting bigint, leaving bigint, joining bigint,
  out_of_7 bigint, out_of_30 bigint);
COMMENT ON TYPE activity_count IS
'Actors of the period of a number: those active in it; of them those never active before, active in the period before too, '
'active earlier but not then, not active in the next period, and not active before in the longer period around it; and '
'those of whom an activity ceases to be the latest of the last 7 or 30 periods.';

CREATE TYPE stickiness_count AS (periods integer, actors bigint);
COMMENT ON TYPE stickiness_count IS 'How many actors were active in so many periods.';

CREATE FUNCTION packed_activity(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  starts timestamptz[], numbers integer[], around_numbers integer[], by_session boolean)
RETURNS SETOF activity_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100
AS 'MODULE_PATHNAME', 'productgraph_packed_activity';
COMMENT ON FUNCTION packed_activity(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, timestamptz[], integer[], integer[],
                                    boolean) IS
'Part of active_users() and lifecycle(): asks the segments of the weeks, and the events of the query loose, as packed_source() '
'has them; starts and numbers are those of packed_periods(). Periods that have nothing to count are left out. One row of '
'NULLs when so many events are not packed that rows must be asked.';

CREATE FUNCTION packed_stickiness(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  starts timestamptz[], numbers integer[], around_numbers integer[], by_session boolean)
RETURNS SETOF stickiness_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 30
AS 'MODULE_PATHNAME', 'productgraph_packed_stickiness';
COMMENT ON FUNCTION packed_stickiness(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, timestamptz[], integer[], integer[],
                                      boolean) IS
'Part of stickiness(): as packed_activity(), but how many actors were active in how many periods.';

CREATE FUNCTION activity_source(
  project text, what steps, period text, around text, since timestamptz, until timestamptz, filter jsonb, actor text, zone text,
  OUT reason text, OUT org_id uuid, OUT kinds text, OUT loose text, OUT weeks timestamptz[], OUT starts timestamptz[],
  OUT numbers integer[], OUT around_numbers integer[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  reason := productgraph.rows_instead_of_segments(project, productgraph.step_fields(what) || productgraph.filter_fields(filter), actor);
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  SELECT s.org_id, s.kinds, s.loose, s.weeks INTO org_id, kinds, loose, weeks
  FROM productgraph.packed_source(project, since, until,
    format('%s AND %s', productgraph.filter_condition(filter), productgraph.any_step_condition(what)), '1', 'NULL') s;
  IF cardinality(weeks) = 0 THEN
    reason := 'nothing is packed yet';
    RETURN;
  END IF;
  SELECT p.reason, p.starts, p.numbers, p.around_numbers INTO reason, starts, numbers, around_numbers
  FROM productgraph.packed_periods(org_id, project, since, until, period, zone, around) p;
END
$$;
COMMENT ON FUNCTION activity_source(text, steps, text, text, timestamptz, timestamptz, jsonb, text, text) IS
'What questions for the activity of actors ask segments: packed_source() and packed_periods() of events in [since, until) that '
'match any step of what and pass the filter; or the reason why rows must be asked.';

CREATE FUNCTION activity_from_segments(
  question text, project text, what steps, period text, around text, since timestamptz, until timestamptz, filter jsonb, actor text,
  zone text)
RETURNS activity_count[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  source record := productgraph.activity_source(project, what, period, around, since, until, filter, actor, zone);
  reason text := source.reason;
  counts productgraph.activity_count[];
BEGIN
  IF reason IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.packed_activity(source.org_id, project, source.kinds, source.loose, source.weeks,
      since, until, source.starts, source.numbers, source.around_numbers, actor = 'session') c);
    IF cardinality(counts) = 1 AND counts[1].number IS NULL THEN
      counts := NULL;
      reason := 'too many events are not packed yet';
    END IF;
  END IF;
  PERFORM productgraph.report_path(question, reason);
  RETURN counts;
END
$$;
COMMENT ON FUNCTION activity_from_segments(text, text, steps, text, text, timestamptz, timestamptz, jsonb, text, text) IS
'The rows of packed_activity() for a question; NULL when rows must be asked.';

CREATE FUNCTION stickiness_from_segments(
  project text, what steps, period text, since timestamptz, until timestamptz, filter jsonb, actor text, zone text)
RETURNS stickiness_count[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  source record := productgraph.activity_source(project, what, period, NULL, since, until, filter, actor, zone);
  reason text := source.reason;
  counts productgraph.stickiness_count[];
BEGIN
  IF reason IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.packed_stickiness(source.org_id, project, source.kinds, source.loose, source.weeks,
      since, until, source.starts, source.numbers, source.around_numbers, actor = 'session') c);
    IF cardinality(counts) = 1 AND counts[1].periods IS NULL THEN
      counts := NULL;
      reason := 'too many events are not packed yet';
    END IF;
  END IF;
  PERFORM productgraph.report_path('stickiness()', reason);
  RETURN counts;
END
$$;
COMMENT ON FUNCTION stickiness_from_segments(text, steps, text, timestamptz, timestamptz, jsonb, text, text) IS
'The rows of packed_stickiness() for a question; NULL when rows must be asked.';
-- Who comes, comes back and stays away: active_users(), lifecycle(), stickiness().

CREATE FUNCTION active_users(
  project text, period text DEFAULT 'day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user', timezone text DEFAULT NULL, what steps DEFAULT NULL,
  OUT period_start timestamptz, OUT actors bigint, OUT new_actors bigint,
  OUT rolling_7_days bigint, OUT rolling_30_days bigint, OUT stickiness numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  zone text := productgraph.check_timezone(timezone);
  counted text := productgraph.actor_expression(actor);
  last_day text := CASE WHEN isfinite(until)
    THEN productgraph.period_number('day', zone, productgraph.timestamp_literal(until - interval '1 microsecond'))
    ELSE '(SELECT max(day) FROM days)' END;
  counts productgraph.activity_count[];
  days text;
BEGIN
  IF period = 'hour' THEN
    RAISE 'unknown period "hour"' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Active users are those of a day, week or month; trend(…, measure => ''unique'') counts those of an hour.';
  END IF;
  PERFORM productgraph.check_range(since, until);
  counts := productgraph.activity_from_segments('active_users()', project, what, 'day', period, '-infinity', until, filter, actor, zone);
  -- An active day counts for a window of w days until its end or the actor's next active day, whichever is first; so
  -- sums of what begins and ends are distinct counts.
  days := CASE WHEN counts IS NOT NULL THEN format(
    'counted AS MATERIALIZED (
       SELECT c.*, number::integer AS day, %s AS n FROM unnest($1) c
     ), days AS (
       SELECT day, n FROM counted WHERE active > 0
     ), active AS (
       SELECT n, sum(active)::bigint AS days, sum(joining)::bigint AS actors, sum(fresh)::bigint AS new_actors
       FROM counted WHERE active > 0 GROUP BY n
     ), changes AS (
       SELECT day, active - out_of_7 AS in_7, active - out_of_30 AS in_30 FROM counted
     )', productgraph.period_number(period, zone, productgraph.period_start('day', zone, 'c.number')))
  ELSE format(
    'days AS MATERIALIZED (
       SELECT %s AS day, %s AS n, %s AS actor FROM productgraph.events e
       WHERE %4$s AND %5$s AND %3$s IS NOT NULL GROUP BY 1, 2, 3
     ), marked AS MATERIALIZED (
       SELECT day, n, lag(n) OVER w AS previous_n, lead(day) OVER w AS next_day
       FROM days WINDOW w AS (PARTITION BY actor ORDER BY day)
     ), active AS MATERIALIZED (
       SELECT n, count(*) AS days, count(*) FILTER (WHERE previous_n IS DISTINCT FROM n) AS actors,
         count(*) FILTER (WHERE previous_n IS NULL) AS new_actors
       FROM marked GROUP BY n
     ), changes AS (
       SELECT day, count(*) AS in_7, count(*) AS in_30 FROM marked GROUP BY day
       UNION ALL SELECT least(day + 7, next_day), -count(*), 0 FROM marked GROUP BY 1
       UNION ALL SELECT least(day + 30, next_day), 0, -count(*) FROM marked GROUP BY 1
     )',
    productgraph.period_number('day', zone), productgraph.period_number(period, zone), counted,
    productgraph.question_scope(project, '-infinity', until, filter), productgraph.any_step_condition(what)) END;
  RETURN QUERY EXECUTE format(
    'WITH %s, periods AS (
       SELECT n, %s AS starts, %s AS first_day, least(%s - 1, %s) AS last_day FROM %s s(n)
     ), rolling AS (
       SELECT day, sum(sum(in_7)) OVER w AS in_7, sum(sum(in_30)) OVER w AS in_30
       FROM (SELECT * FROM changes UNION ALL SELECT last_day, 0, 0 FROM periods) c
       GROUP BY day WINDOW w AS (ORDER BY day)
     )
     SELECT p.starts, coalesce(a.actors, 0), coalesce(a.new_actors, 0), r.in_7::bigint, r.in_30::bigint,
       round(coalesce(a.days, 0)::numeric / (p.last_day - p.first_day + 1) / nullif(r.in_30, 0), 4)
     FROM periods p JOIN rolling r ON r.day = p.last_day LEFT JOIN active a ON a.n = p.n
     ORDER BY p.n',
    days, productgraph.period_start(period, zone, 'n'),
    productgraph.period_number('day', zone, productgraph.period_start(period, zone, 'n')),
    productgraph.period_number('day', zone, productgraph.period_start(period, zone, 'n + 1')), last_day,
    productgraph.period_series(period, zone, since, until, 'days'))
  USING counts;
END
$$;
COMMENT ON FUNCTION active_users(text, text, timestamptz, timestamptz, jsonb, text, text, steps) IS
'Distinct active actors, exactly, one row for every day, week (from Monday) or month: those of the period; among them '
'those never seen before in the project by the same what and filter, also before since; those of the 7 and of the 30 '
'days that end with the period (with the last day of the range in the last one), which may reach back before since; '
'and the stickiness, the average of daily actors in the days of the period as a share of rolling_30_days: DAU/MAU (0 '
'to 1, four decimals, NULL when nobody was there). The period of since counts whole. what: events that match any of '
'these steps, NULL = all. Errors: 42704 unknown project, 42703 unknown field, 22023 wrong period, range, filter, '
'actor, step or time zone.';

CREATE FUNCTION lifecycle(
  project text, what steps DEFAULT NULL, period text DEFAULT 'day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user', timezone text DEFAULT NULL,
  OUT period_start timestamptz, OUT new bigint, OUT "returning" bigint, OUT resurrecting bigint, OUT dormant bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  zone text := productgraph.check_timezone(timezone);
  counts productgraph.activity_count[];
  present text;
BEGIN
  PERFORM productgraph.check_range(since, until);
  counts := productgraph.activity_from_segments('lifecycle()', project, what, period, NULL, '-infinity', until, filter, actor, zone);
  present := CASE WHEN counts IS NOT NULL THEN
    'active AS (
       SELECT number AS n FROM unnest($1) WHERE active > 0
     ), present AS (
       SELECT number AS n, fresh AS new, "returning", resurrecting FROM unnest($1)
     ), absent AS (
       SELECT number + 1 AS n, leaving AS dormant FROM unnest($1)
     )'
  ELSE format(
    'active AS MATERIALIZED (
       SELECT %s AS n, %s AS actor FROM productgraph.events e
       WHERE %3$s AND %4$s AND %2$s IS NOT NULL GROUP BY 1, 2
     ), marked AS MATERIALIZED (
       SELECT n, lag(n) OVER w AS previous, lead(n) OVER w AS next
       FROM active WINDOW w AS (PARTITION BY actor ORDER BY n)
     ), present AS (
       SELECT n, count(*) FILTER (WHERE previous IS NULL) AS new,
         count(*) FILTER (WHERE previous = n - 1) AS "returning",
         count(*) FILTER (WHERE previous < n - 1) AS resurrecting
       FROM marked GROUP BY n
     ), absent AS (
       SELECT n + 1 AS n, count(*) AS dormant FROM marked WHERE next IS DISTINCT FROM n + 1 GROUP BY n
     )',
    productgraph.period_number(period, zone), productgraph.actor_expression(actor),
    productgraph.question_scope(project, '-infinity', until, filter), productgraph.any_step_condition(what)) END;
  RETURN QUERY EXECUTE format(
    'WITH %s
     SELECT %s, coalesce(p.new, 0), coalesce(p."returning", 0), coalesce(p.resurrecting, 0), coalesce(a.dormant, 0)
     FROM %s s(n) LEFT JOIN present p ON p.n = s.n LEFT JOIN absent a ON a.n = s.n
     ORDER BY s.n',
    present, productgraph.period_start(period, zone, 's.n'),
    productgraph.period_series(period, zone, since, until, 'active'))
  USING counts;
END
$$;
COMMENT ON FUNCTION lifecycle(text, steps, text, timestamptz, timestamptz, jsonb, text, text) IS
'Actors of every period by their past: new (their first event ever in the project by the same what and filter, also '
'before since), returning (active in the period before too), resurrecting (active earlier, not in the period before), '
'and dormant (active in the period before but not in this one; a positive number). The period of since counts whole. '
'what: events that match any of these steps, NULL = all. period: hour, day, week (from Monday), month, by the calendar '
'of the time zone. Errors: 42704 unknown project, 42703 unknown field, 22023 wrong period, range, filter, actor, step '
'or time zone.';

CREATE FUNCTION stickiness(
  project text, what steps DEFAULT NULL, period text DEFAULT 'day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user', timezone text DEFAULT NULL,
  OUT periods integer, OUT actors bigint, OUT share numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 30
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  zone text := productgraph.check_timezone(timezone);
  counts productgraph.stickiness_count[];
  counted text;
BEGIN
  PERFORM productgraph.check_range(since, until);
  counts := productgraph.stickiness_from_segments(project, what, period, since, until, filter, actor, zone);
  counted := CASE WHEN counts IS NOT NULL THEN 'SELECT * FROM unnest($1)'
  ELSE format(
    'SELECT periods, count(*) AS actors
     FROM (SELECT count(*)::integer AS periods FROM (
             SELECT %s AS n, %s AS actor FROM productgraph.events e
             WHERE %s AND %s AND %2$s IS NOT NULL GROUP BY 1, 2) active GROUP BY actor) a
     GROUP BY periods',
    productgraph.period_number(period, zone), productgraph.actor_expression(actor),
    productgraph.question_scope(project, since, until, filter), productgraph.any_step_condition(what)) END;
  RETURN QUERY EXECUTE format(
    'WITH counted AS MATERIALIZED (%s)
     SELECT s.periods, coalesce(c.actors, 0), round(coalesce(c.actors, 0) / (SELECT sum(actors) FROM counted), 4)
     FROM generate_series(1, (SELECT max(periods) FROM counted)) s(periods) LEFT JOIN counted c USING (periods)
     ORDER BY s.periods', counted)
  USING counts;
END
$$;
COMMENT ON FUNCTION stickiness(text, steps, text, timestamptz, timestamptz, jsonb, text, text) IS
'Actors by the number of distinct periods of [since, until) in which they were active, from 1 to the largest number, '
'and their share of all active actors (0 to 1, four decimals). what: events that match any of these steps, NULL = all. '
'period: hour, day, week, month, by the calendar of the time zone. Errors: 42704 unknown project, 42703 unknown field, '
'22023 wrong period, range, filter, actor, step or time zone.';
-- Who comes back: retention_table().

CREATE TYPE retention_count AS (number bigint, label text, size bigint, bracket integer, actors bigint);
COMMENT ON TYPE retention_count IS
'How many actors whose start lies in the period of a number, and has a label, came back in the bracket that begins so many '
'periods later; size says how many they are in all.';

CREATE FUNCTION packed_retention(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  starts timestamptz[], numbers integer[], around_numbers integer[], start_since timestamptz, start_until timestamptz,
  length_micros bigint, periods integer, brackets integer[], recurring boolean, unbounded boolean, by_session boolean,
  breakdown boolean)
RETURNS SETOF retention_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100
AS 'MODULE_PATHNAME', 'productgraph_packed_retention';
COMMENT ON FUNCTION packed_retention(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, timestamptz[], integer[], integer[],
                                     timestamptz, timestamptz, bigint, integer, integer[], boolean, boolean, boolean, boolean) IS
'Part of retention_table(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them; '
'conditions are the start and the return, the label is that of the start; starts and numbers are those of packed_periods(). '
'length_micros: microseconds of a rolling period, 0 = those of the calendar. One row of NULLs when rows must be asked: too '
'many events are not packed, or the order of some starts is not known.';

CREATE FUNCTION rolling_length(period text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE productgraph.check_period(period) WHEN '1 month' THEN interval '720 hours'
           WHEN '7 days' THEN '168 hours' WHEN '1 day' THEN '24 hours' ELSE '1 hour' END
$$;
COMMENT ON FUNCTION rolling_length(text) IS 'How long a period is that begins with the start of an actor.';

CREATE FUNCTION retention_reach(period text, periods integer, since timestamptz, until timestamptz, cohort text, retained text,
                                OUT since_start timestamptz, OUT until_return timestamptz)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE cohort WHEN 'first' THEN '-infinity' ELSE since END,
    CASE retained WHEN 'on' THEN until + productgraph.rolling_length(period) * 1.1 * (periods + 2) ELSE 'infinity' END
$$;
COMMENT ON FUNCTION retention_reach(text, integer, timestamptz, timestamptz, text, text) IS
'From when on starts are looked for, and until when returns.';

CREATE FUNCTION retention_from_segments(
  project text, start steps, return_to steps, period text, periods integer, cohort text, periods_by text, retained text,
  brackets integer[], breakdown text, since timestamptz, until timestamptz, filter jsonb, actor text, zone text)
RETURNS retention_count[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reason text := productgraph.rows_instead_of_segments(project, productgraph.step_fields(start)
    || productgraph.step_fields(return_to) || productgraph.filter_fields(filter) || breakdown, actor);
  conditions text[] := ARRAY[productgraph.any_step_condition(start), productgraph.any_step_condition(coalesce(return_to, start))];
  reach record := productgraph.retention_reach(period, periods, since, until, cohort, retained);
  source record;
  calendar record;
  counts productgraph.retention_count[];
BEGIN
  IF reason IS NULL THEN
    source := productgraph.packed_source(project, reach.since_start, reach.until_return,
      format('%s AND (%s)', productgraph.filter_condition(filter), array_to_string(conditions, ' OR ')),
      productgraph.condition_mask(conditions),
      CASE WHEN breakdown IS NULL THEN 'NULL' ELSE productgraph.field_expression(breakdown) END);
    IF cardinality(source.weeks) = 0 THEN
      reason := 'nothing is packed yet';
    ELSE
      calendar := productgraph.packed_periods(source.org_id, project, reach.since_start, reach.until_return, period, zone, NULL);
      reason := calendar.reason;
    END IF;
  END IF;
  IF reason IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.packed_retention(source.org_id, project, source.kinds, source.loose, source.weeks,
      reach.since_start, reach.until_return, calendar.starts, calendar.numbers, calendar.around_numbers, since, until,
      CASE periods_by WHEN 'rolling' THEN (extract(epoch FROM productgraph.rolling_length(period)) * 1000000)::bigint ELSE 0 END,
      periods, brackets, cohort = 'recurring', retained = 'on_or_after', actor = 'session', breakdown IS NOT NULL) c);
    IF cardinality(counts) = 1 AND counts[1].number IS NULL THEN
      counts := NULL;
      reason := 'too many events are not packed yet, or the order of some is not known';
    END IF;
  END IF;
  PERFORM productgraph.report_path('retention_table()', reason);
  RETURN counts;
END
$$;
COMMENT ON FUNCTION retention_from_segments(
  text, steps, steps, text, integer, text, text, text, integer[], text, timestamptz, timestamptz, jsonb, text, text) IS
'Part of retention_table(): the rows of packed_retention(); NULL when rows must be asked.';

CREATE FUNCTION retention_from_rows(
  project text, start steps, return_to steps, period text, periods integer, cohort text, periods_by text, retained text,
  brackets integer[], breakdown text, since timestamptz, until timestamptz, filter jsonb, actor text, zone text)
RETURNS SETOF retention_count
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  number text := productgraph.period_number(period, zone);
  counted text := productgraph.actor_expression(actor);
  label text := CASE WHEN breakdown IS NULL THEN 'NULL::text'
                     ELSE '(' || productgraph.field_expression(breakdown) || ')::text' END;
  length interval := productgraph.rolling_length(period);
  rolling boolean := periods_by = 'rolling';
  by_periods boolean := brackets = ARRAY(SELECT generate_series(0, periods - 1));
  reach record := productgraph.retention_reach(period, periods, since, until, cohort, retained);
  scope text := productgraph.question_scope(project, reach.since_start, until, filter);
  starts text;
  returns text;
BEGIN
  -- The first start of an actor ever, or of each period; the range of time is that of the start.
  starts := CASE WHEN breakdown IS NULL
    THEN format('SELECT min(e.timestamp) AS started_at, %s AS actor, NULL::text AS label FROM productgraph.events e
                 WHERE %2$s AND %3$s AND %1$s IS NOT NULL GROUP BY %1$s %4$s',
                counted, scope, productgraph.any_step_condition(start),
                CASE cohort WHEN 'recurring' THEN ', ' || number ELSE '' END)
    ELSE format('SELECT DISTINCT ON (%s %s) e.timestamp AS started_at, %1$s AS actor, %3$s AS label
                 FROM productgraph.events e WHERE %4$s AND %5$s AND %1$s IS NOT NULL
                 ORDER BY %1$s %2$s, e.timestamp, e.event_sequence, e.event_id',
                counted, CASE cohort WHEN 'recurring' THEN ', ' || number ELSE '' END, label, scope,
                productgraph.any_step_condition(start))
  END;
  -- Returns: by the calendar, periods in which an actor returned; otherwise, all returns.
  returns := format(
    'SELECT %s AS actor, %s FROM productgraph.events e WHERE %3$s AND %4$s AND %1$s IS NOT NULL %5$s', counted,
    CASE WHEN rolling THEN 'e.timestamp AS returned_at' ELSE number || ' AS n, max(e.timestamp) AS returned_at' END,
    productgraph.question_scope(project, since, reach.until_return, filter),
    productgraph.any_step_condition(coalesce(return_to, start)),
    CASE WHEN rolling THEN '' ELSE 'GROUP BY 1, 2' END);
  RETURN QUERY EXECUTE format(
    'WITH started AS MATERIALIZED (
       SELECT %s AS n, s.* FROM (%s) s WHERE s.started_at >= %s
     ), returned AS (%s), kept AS (
       SELECT s.n, s.label, s.actor, %s AS away
       FROM started s JOIN returned r ON r.actor = s.actor AND r.returned_at >= s.started_at %s
     ), reached AS (
       SELECT n, label, point, count(*) AS actors FROM (%s) k WHERE point IS NOT NULL GROUP BY n, label, point
     ), sizes AS (
       SELECT n, label, count(*) AS size FROM started GROUP BY n, label
     )
     SELECT z.n::bigint, z.label, z.size, b, coalesce(sum(r.actors), 0)::bigint
     FROM sizes z CROSS JOIN unnest($1) b
     LEFT JOIN reached r ON r.n = z.n AND r.label IS NOT DISTINCT FROM z.label AND r.point %s b
     GROUP BY z.n, z.label, z.size, b',
    productgraph.period_number(period, zone, 's.started_at'), starts, productgraph.timestamp_literal(since), returns,
    CASE WHEN rolling
      THEN format('floor(date_part(''epoch'', r.returned_at - s.started_at) / %s)::integer', extract(epoch FROM length)::integer)
      ELSE '(r.n - s.n)::integer' END,
    CASE WHEN retained = 'on' AND rolling THEN format('AND r.returned_at < s.started_at + %L::interval', length * periods)
         WHEN retained = 'on' THEN format('AND r.n < s.n + %s', periods) ELSE '' END,
    -- By the calendar an actor comes once for each cohort and period as it is.
    CASE WHEN retained = 'on_or_after' THEN 'SELECT n, label, actor, max(away) AS point FROM kept GROUP BY n, label, actor'
         WHEN rolling OR NOT by_periods
         THEN 'SELECT DISTINCT n, label, actor, $1[width_bucket(away, $1)] AS point FROM kept'
         ELSE 'SELECT n, label, away AS point FROM kept' END,
    CASE retained WHEN 'on' THEN '=' ELSE '>=' END)
  USING brackets;
END
$$;
COMMENT ON FUNCTION retention_from_rows(
  text, steps, steps, text, integer, text, text, text, integer[], text, timestamptz, timestamptz, jsonb, text, text) IS
'Part of retention_table(): what packed_retention() would say, asked of rows.';

CREATE FUNCTION retention_table(
  project text, start steps DEFAULT NULL, return_to steps DEFAULT NULL, period text DEFAULT 'day',
  periods integer DEFAULT 8, cohort text DEFAULT 'first', periods_by text DEFAULT 'calendar',
  retained text DEFAULT 'on', brackets integer[] DEFAULT NULL, breakdown text DEFAULT NULL,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user', timezone text DEFAULT NULL,
  OUT cohort_start timestamptz, OUT breakdown_value text, OUT size bigint, OUT period_number integer,
  OUT actors bigint, OUT share numeric, OUT complete boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  zone text := productgraph.check_timezone(timezone);
  length interval := productgraph.rolling_length(period);
  rolling boolean := periods_by = 'rolling';
  firsts integer[];
  counts productgraph.retention_count[];
BEGIN
  PERFORM productgraph.check_range(since, until);
  PERFORM productgraph.check_choice('cohort', cohort, '{first,recurring}');
  PERFORM productgraph.check_choice('periods_by', periods_by, '{calendar,rolling}');
  PERFORM productgraph.check_choice('retained', retained, '{on,on_or_after}');
  IF periods IS NULL OR periods NOT BETWEEN 1 AND 1000 THEN
    RAISE 'periods must be from 1 to 1000' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  firsts := coalesce(brackets, ARRAY(SELECT generate_series(0, periods - 1)));
  IF (firsts[1] >= 0 AND firsts[cardinality(firsts)] < periods
      AND firsts = ARRAY(SELECT DISTINCT b FROM unnest(firsts) b ORDER BY b)) IS NOT TRUE THEN
    RAISE 'brackets must be the first period of each, ascending, from 0 to below periods'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  counts := productgraph.retention_from_segments(project, start, return_to, period, periods, cohort, periods_by, retained,
    firsts, breakdown, since, until, filter, actor, zone);
  IF counts IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.retention_from_rows(project, start, return_to, period, periods, cohort,
      periods_by, retained, firsts, breakdown, since, until, filter, actor, zone) c);
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH brackets AS (
       SELECT b AS first, coalesce(lead(b) OVER (ORDER BY b), $3) AS ends FROM unnest($2) b
     )
     SELECT c.starts, z.label, z.size, b.first, z.actors, round(z.actors::numeric / z.size, 4), %s <= now()
     FROM unnest($1) z JOIN brackets b ON b.first = z.bracket
     CROSS JOIN LATERAL (SELECT %s AS starts, %s AS next_starts) c
     WHERE %s <= now()
     ORDER BY z.number, z.label COLLATE "C" NULLS LAST, b.first',
    CASE WHEN rolling THEN format('c.next_starts + b.ends * %L::interval', length)
         ELSE productgraph.period_start(period, zone, 'z.number + b.ends') END,
    productgraph.period_start(period, zone, 'z.number'), productgraph.period_start(period, zone, 'z.number + 1'),
    CASE WHEN rolling THEN format('c.starts + b.first * %L::interval', length)
         ELSE productgraph.period_start(period, zone, 'z.number + b.first') END)
  USING counts, firsts, periods;
END
$$;
COMMENT ON FUNCTION retention_table(text, steps, steps, text, integer, text, text, text, integer[], text, timestamptz,
                                    timestamptz, jsonb, text, text) IS
'How many actors come back, one row a cohort and period. A cohort is the actors whose start (an event that matches any '
'step of start, NULL = all events) lies in the same hour, day, week or month and in [since, until); first: an actor''s '
'first start ever in the project by the same filter, also before since; recurring: the first start in each period. A '
'return is an event at or after the start that matches return_to (NULL = start), also after until; period 0 is that of '
'the start, and the start itself counts when it matches. periods: how many, 0 to periods - 1. periods_by: calendar (of '
'the time zone) or rolling (24 hours each from the actor''s own start; an hour, 7 or 30 times 24 hours for the others). '
'retained: on (returned in the period) or on_or_after (in it or later). brackets: instead of single periods, ranges, each '
'given by its first period, until the next or the last period. breakdown: a field or metadata.KEY of the start. share: '
'of size, 0 to 1, four decimals. complete: the period is over for the whole cohort; periods yet to begin are left out, '
'as are cohorts without actors. Errors: 42704 unknown project, 42703 unknown field, 22023 wrong option, range, filter, '
'actor, step or time zone.';
-- One session, step by step: session_timeline(), state_at().

CREATE FUNCTION session_scope(project text, session text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  known record;
BEGIN
  -- What the session's row says of its time saves looking into every partition.
  SELECT s.started_at, s.ended_at INTO known FROM productgraph.sessions s
  WHERE s.org_id = org AND s.project_id = project AND s.session_id = session;
  RETURN format('e.org_id = %L::uuid AND e.project_id = %L AND e.session_id = %L::text', org, project, session)
    || CASE WHEN FOUND THEN format(' AND e.timestamp >= %s AND e.timestamp <= %s',
         productgraph.timestamp_literal(known.started_at), productgraph.timestamp_literal(known.ended_at)) ELSE '' END;
END
$$;
COMMENT ON FUNCTION session_scope(text, text) IS 'SQL for the events of one session, over the alias e of events.';

CREATE FUNCTION session_timeline(
  project text, session text,
  OUT happened_at timestamptz, OUT from_start interval, OUT since_previous interval, OUT sequence bigint,
  OUT event_id text, OUT event_type text, OUT event_name text, OUT page_path text, OUT element text,
  OUT journey_id text, OUT journey_step text, OUT api_method text, OUT api_path text, OUT api_status_code integer,
  OUT api_duration_ms double precision, OUT error text, OUT metadata jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  RETURN QUERY EXECUTE
    'SELECT e.timestamp, e.timestamp - first_value(e.timestamp) OVER w, e.timestamp - lag(e.timestamp) OVER w,
       e.event_sequence, e.event_id, e.event_type, e.event_name, e.page_path,
       coalesce(e.ui_element, e.ui_component_path, e.ui_component_name), e.journey_id,
       coalesce(e.journey_step_id, e.journey_step_name), e.api_method, e.api_path, e.api_status_code, e.api_duration_ms,
       coalesce(e.error_type || '': '' || e.error_message, e.error_type, e.error_message), e.metadata
     FROM productgraph.events e WHERE ' || productgraph.session_scope(project, session) || '
     WINDOW w AS (ORDER BY e.timestamp, e.event_sequence, e.received_at, e.event_id)
     ORDER BY e.timestamp, e.event_sequence, e.received_at, e.event_id';
END
$$;
COMMENT ON FUNCTION session_timeline(text, text) IS
'The events of a session in order of time, event.sequence and arrival: when, how long after the first event and after '
'the one before (NULL for the first), and what. element is ui.element, else the path or name of the component; '
'journey_step the id of the step, else its name; error is "type: message". No rows for an unknown session. Error: '
'42704 unknown project.';

CREATE FUNCTION json_or_text(value text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN value::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
  RETURN to_jsonb(value);
END
$$;
COMMENT ON FUNCTION json_or_text(text) IS
'The JSON that a text holds, or else the text as a JSON string. Not for parallel plans, as it recovers from errors.';

CREATE FUNCTION state_at(
  project text, session text, sequence bigint,
  OUT key text, OUT value jsonb, OUT changed_at timestamptz, OUT changed_by bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH changes AS MATERIALIZED (
       SELECT e.ui_state_key AS key, e.ui_state_before AS before, e.ui_state_after AS after, e.timestamp AS at,
         e.event_sequence AS sequence, e.event_sequence <= $1 AS done, e.received_at, e.event_id
       FROM productgraph.events e
       WHERE %s AND e.event_type = ''state.change'' AND e.ui_state_key IS NOT NULL AND e.event_sequence IS NOT NULL
     ), last AS (
       SELECT DISTINCT ON (key) key, after AS value, at, sequence FROM changes WHERE done
       ORDER BY key, sequence DESC, at DESC, received_at DESC, event_id DESC
     ), next AS (
       SELECT DISTINCT ON (key) key, before AS value FROM changes WHERE NOT done
       ORDER BY key, sequence, at, received_at, event_id
     ), known AS MATERIALIZED (
       SELECT key, value, at, sequence FROM last
       UNION ALL SELECT key, value, NULL, NULL FROM next
       WHERE value IS NOT NULL AND NOT EXISTS (SELECT FROM last WHERE last.key = next.key)
     )
     SELECT key, productgraph.json_or_text(value), at, sequence FROM known ORDER BY key COLLATE "C"',
    productgraph.session_scope(project, session))
  USING sequence;
END
$$;
COMMENT ON FUNCTION state_at(text, text, bigint) IS
'The state of the user interface after the event of a session with that event.sequence, one row a key: from the last '
'state.change event of the key up to there its ui.state.after, as JSON, or as a JSON string where the text is none '
'(NULL when it gave none), when it changed and the event.sequence that changed it. A key that changes only later has the '
'ui.state.before of its next change, and NULL for when and by what. state.change events without event.sequence are '
'left out. Error: 42704 unknown project.';
-- paths(): the ways that were taken, as the edges of a Sankey diagram; and what makes a node of them.

CREATE FUNCTION glob_pattern(glob text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT replace(replace(replace(replace(glob, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_'), '*', '%')
$$;
COMMENT ON FUNCTION glob_pattern(text) IS 'The pattern of LIKE for a glob, in which * stands for any characters.';

CREATE FUNCTION node_expression(node text, groups text[] DEFAULT NULL, exclude text[] DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  value text := CASE node
    WHEN 'event' THEN 'e.event_type'
    WHEN 'step' THEN 'coalesce(e.journey_step_id, e.journey_step_name)'
    ELSE format('%s::text', productgraph.field_expression(node))
  END;
  grouped text;
  condition text;
BEGIN
  IF EXISTS (SELECT FROM unnest(groups) g WHERE g IS NULL) OR EXISTS (SELECT FROM unnest(exclude) x WHERE x IS NULL) THEN
    RAISE 'groups and exclude must not contain NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT format('CASE %s ELSE %s END', string_agg(
    format('WHEN %s LIKE %L THEN %L', value, productgraph.glob_pattern(g.glob), g.glob), ' ' ORDER BY g.n), value)
  INTO grouped FROM unnest(groups) WITH ORDINALITY g(glob, n) HAVING count(*) > 0;
  grouped := coalesce(grouped, value);
  SELECT string_agg(format('%s LIKE %L OR %s = %L', value, productgraph.glob_pattern(x.glob), grouped, x.glob), ' OR ')
  INTO condition FROM unnest(exclude) x(glob);
  RETURN CASE WHEN condition IS NULL THEN grouped ELSE format('CASE WHEN %s THEN NULL ELSE %s END', condition, grouped) END;
END
$$;
COMMENT ON FUNCTION node_expression(text, text[], text[]) IS
'SQL for the node that an event is at, over the alias e of events: the value of a field, of metadata.KEY, the type of the '
'event ("event") or the journey step ("step": its id, else its name). The first of the groups, globs with *, that '
'matches replaces it; what matches one of exclude (before or after grouping) has no node (NULL). Error 42703 for an unknown field.';

CREATE FUNCTION path_events(scope text, node text, gap interval, actor text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  columns text := format('%s AS actor, %s AS node, e.timestamp, e.event_sequence, e.event_id',
                         productgraph.actor_expression(actor), node);
  condition text := format('%s AND %s IS NOT NULL', scope, productgraph.actor_expression(actor));
BEGIN
  IF gap IS NULL THEN
    -- Byte order sorts faster than a language's, and any order will do.
    RETURN format('SELECT e.session_id COLLATE "C" AS visitor, 1::bigint AS part, %s FROM productgraph.events e
                   WHERE %s AND %s IS NOT NULL', columns, condition, node);
  ELSIF gap < interval '0' THEN
    RAISE 'gap must not be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN format('SELECT * FROM (
      SELECT v.actor AS visitor, productgraph.sessionize(v.timestamp, %L) OVER (
        PARTITION BY v.actor COLLATE "C" ORDER BY v.timestamp, v.event_sequence, v.event_id) AS part, v.*
      FROM (SELECT %s FROM productgraph.events e WHERE %s) v) v
    WHERE v.node IS NOT NULL', gap, columns, condition);
END
$$;
COMMENT ON FUNCTION path_events(text, text, interval, text) IS
'Part of paths(): SQL for the events with a node; visitor and part say of which visit.';

CREATE FUNCTION path_steps(events text, start_at text, end_at text, steps integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  backward boolean := start_at IS NULL AND end_at IS NOT NULL;
  neighbour text := CASE WHEN backward THEN 'lag' ELSE 'lead' END;
  first text := CASE WHEN start_at IS NOT NULL
    THEN format('min(n) FILTER (WHERE node = %L) OVER (PARTITION BY visitor, part)', start_at)
    ELSE CASE WHEN backward THEN '0::bigint' ELSE '1::bigint' END END;
  last text := CASE WHEN end_at IS NOT NULL
    THEN format('min(n) FILTER (WHERE node = %L AND n > first) OVER (PARTITION BY visitor, part)', end_at)
    ELSE 'NULL::bigint' END;
BEGIN
  RETURN format(
    'SELECT (n - %s)::integer AS step, actor, node, neighbour, productgraph.micros_between(%s) AS micros FROM (
       SELECT *, %s AS last FROM (
         SELECT *, %s AS first FROM (
           SELECT visitor, part, actor, node, row_number() OVER w AS n, timestamp,
             %s(node) OVER w AS neighbour, %s(timestamp) OVER w AS neighbour_time
           FROM (SELECT *, lag(node) OVER w AS previous FROM (%s) v
                 WINDOW w AS (PARTITION BY visitor, part ORDER BY timestamp, event_sequence, event_id)) v
           WHERE node IS DISTINCT FROM previous
           WINDOW w AS (PARTITION BY visitor, part ORDER BY timestamp, event_sequence, event_id)
         ) v
       ) v
     ) v WHERE %s',
    CASE WHEN backward THEN 'last - 1' ELSE 'first + 1' END,
    CASE WHEN backward THEN 'neighbour_time, timestamp' ELSE 'timestamp, neighbour_time' END,
    last, first, neighbour, neighbour, events,
    CASE WHEN backward THEN format('n <= last AND n > last - %s', steps)
         ELSE format('n >= first AND n < first + %s AND %s', steps,
                     CASE WHEN end_at IS NULL THEN 'true' ELSE 'n < last' END) END);
END
$$;
COMMENT ON FUNCTION path_steps(text, text, text, integer) IS
'Part of paths(): SQL for the steps of all paths, a row each. node is what the step goes from and neighbour where it '
'leads; with end_at alone, what it leads to and where it comes from.';

CREATE TYPE path_edge AS (
  step integer, node text, neighbour text, actors bigint, visits bigint, median double precision, average bigint);
COMMENT ON TYPE path_edge IS
'An edge of paths(): how often it was taken, by how many actors, and the microseconds from arrival to arrival. node is what '
'the step goes from and neighbour where it leads; with end_at alone, what it leads to and where it comes from.';

CREATE FUNCTION packed_paths(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  gap interval, by_session boolean, has_start boolean, has_end boolean, steps integer, edges integer)
RETURNS SETOF path_edge
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 50
AS 'MODULE_PATHNAME', 'productgraph_packed_paths';
COMMENT ON FUNCTION packed_paths(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, interval, boolean, boolean, boolean,
                                 integer, integer) IS
'Part of paths(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them; labels of its '
'sources are nodes, and their first two conditions tell the start and the end. When rows must be asked, one row without '
'a step, whose node is the reason.';

CREATE FUNCTION node_fields(node text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE node WHEN 'event' THEN ARRAY['event.type']
    WHEN 'step' THEN ARRAY['gen_ai.journey.step.id', 'gen_ai.journey.step.name'] ELSE ARRAY[node] END
$$;
COMMENT ON FUNCTION node_fields(text) IS 'The fields that the nodes of node_expression() are made of.';

CREATE FUNCTION paths_from_segments(
  project text, node text, start_at text, end_at text, steps integer, edges integer, groups text[], exclude text[],
  gap interval, since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS path_edge[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reason text := coalesce(
    productgraph.rows_instead_of_segments(project, productgraph.node_fields(node) || productgraph.filter_fields(filter), actor),
    -- Rows know what is wrong with it.
    CASE WHEN actor IS NULL OR NOT isfinite(gap) OR least(extract(year FROM gap), extract(month FROM gap), extract(day FROM gap),
                extract(hour FROM gap), extract(minute FROM gap), extract(second FROM gap)) < 0
           THEN 'the gap or the actor is unusual' END);
  place text;
  source record;
  answer productgraph.path_edge[];
BEGIN
  PERFORM productgraph.check_range(since, until);
  IF reason IS NULL THEN
    place := format('(%s)', productgraph.node_expression(node, groups, exclude));
    source := productgraph.packed_source(project, since, until,
      concat_ws(' AND ', productgraph.filter_condition(filter), CASE WHEN gap IS NULL THEN place || ' IS NOT NULL' END),
      productgraph.condition_mask(ARRAY[format('%s = %L', place, start_at), format('%s = %L', place, end_at)]), place);
    IF cardinality(source.weeks) = 0 THEN
      reason := 'nothing is packed yet';
    ELSE
      answer := ARRAY(SELECT e FROM productgraph.packed_paths(source.org_id, project, source.kinds, source.loose, source.weeks,
        since, until, gap, actor = 'session', start_at IS NOT NULL, end_at IS NOT NULL, steps, edges) e);
      IF cardinality(answer) = 1 AND answer[1].step IS NULL THEN
        reason := answer[1].node;
        answer := NULL;
      END IF;
    END IF;
  END IF;
  PERFORM productgraph.report_path('paths()', reason);
  RETURN answer;
END
$$;
COMMENT ON FUNCTION paths_from_segments(text, text, text, text, integer, integer, text[], text[], interval, timestamptz, timestamptz,
                                        jsonb, text) IS
'Part of paths(): its edges, NULL when rows must be asked.';

CREATE FUNCTION paths_from_rows(
  project text, node text, start_at text, end_at text, steps integer, edges integer, groups text[], exclude text[],
  gap interval, since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS path_edge[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  events text := productgraph.path_events(productgraph.question_scope(project, since, until, filter),
                                          productgraph.node_expression(node, groups, exclude), gap, actor);
  answer productgraph.path_edge[];
BEGIN
  EXECUTE format(
    'WITH steps AS MATERIALIZED (%s), frequent AS (
       SELECT step, node, neighbour FROM steps GROUP BY step, node, neighbour
       ORDER BY count(*) DESC, step, node COLLATE "C", neighbour COLLATE "C" LIMIT %s
     ), shown AS (
       SELECT step, node FROM frequent UNION SELECT step + %s, neighbour FROM frequent WHERE neighbour IS NOT NULL
     ), folded AS (
       SELECT s.step, CASE WHEN n.node IS NULL THEN ''other'' ELSE s.node END AS node,
         CASE WHEN s.neighbour IS NOT NULL AND f.node IS NULL THEN ''other'' ELSE s.neighbour END AS neighbour,
         s.actor, s.micros
       FROM steps s
       LEFT JOIN frequent f ON f.step = s.step AND f.node = s.node AND f.neighbour = s.neighbour
       LEFT JOIN shown n ON n.step = s.step AND n.node = s.node
     )
     SELECT array_agg(ROW(e.*)::productgraph.path_edge) FROM (
       SELECT step, node, neighbour, count(DISTINCT actor COLLATE "C"), count(*),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY micros::double precision), round(avg(micros))::bigint
       FROM folded GROUP BY step, node, neighbour
     ) e',
    productgraph.path_steps(events, start_at, end_at, steps), edges,
    CASE WHEN start_at IS NULL AND end_at IS NOT NULL THEN -1 ELSE 1 END)
  INTO answer;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION paths_from_rows(text, text, text, text, integer, integer, text[], text[], interval, timestamptz, timestamptz,
                                    jsonb, text) IS
'Part of paths(): its edges, asked of rows.';

CREATE FUNCTION paths(
  project text, node text DEFAULT 'page.path', start_at text DEFAULT NULL, end_at text DEFAULT NULL,
  steps integer DEFAULT 5, edges integer DEFAULT 50, groups text[] DEFAULT NULL, exclude text[] DEFAULT NULL,
  gap interval DEFAULT NULL, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity',
  filter jsonb DEFAULT '{}', actor text DEFAULT 'user',
  OUT step integer, OUT source text, OUT target text, OUT actors bigint, OUT visits bigint, OUT share numeric,
  OUT average_time interval, OUT median_time interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  backward boolean := start_at IS NULL AND end_at IS NOT NULL;
  answer productgraph.path_edge[];
BEGIN
  IF steps IS NULL OR steps < 1 OR edges IS NULL OR edges < 1 THEN
    RAISE 'steps and edges must be at least 1' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  answer := productgraph.paths_from_segments(project, node, start_at, end_at, steps, edges, groups, exclude, gap, since, until,
                                             filter, actor);
  IF answer IS NULL THEN
    answer := productgraph.paths_from_rows(project, node, start_at, end_at, steps, edges, groups, exclude, gap, since, until,
                                           filter, actor);
  END IF;
  RETURN QUERY
  SELECT e.step, CASE WHEN backward THEN e.neighbour ELSE e.node END, CASE WHEN backward THEN e.node ELSE e.neighbour END,
    e.actors, e.visits, round(e.visits / sum(e.visits) OVER (PARTITION BY e.step, e.node), 4),
    productgraph.duration_of(e.average), productgraph.duration_of(e.median)
  FROM unnest(answer) e
  ORDER BY e.step, e.visits DESC, e.node COLLATE "C", e.neighbour COLLATE "C" NULLS LAST;
END
$$;
COMMENT ON FUNCTION paths(text, text, text, text, integer, integer, text[], text[], interval, timestamptz, timestamptz,
                          jsonb, text) IS
'The ways taken from node to node, as edges. A node is the value of a field or metadata.KEY, the event type ("event") or the '
'journey step ("step"); events without it are passed over, repeats in a row are one node. groups: globs such as '
'/products/*; the first that matches is the node. exclude: nodes or globs left out. A visit is a session; with gap, the '
'events of an actor with no more than gap between them (an event without a node counts for that, too). Step 1 leaves '
'the first node of the visit, or the first that is start_at; target NULL is where visits end. With end_at too, only '
'visits that get there afterwards count, up to there. With end_at alone step -1 leads to the first end_at of a visit, '
'-2 to the node before; source NULL is where visits begin. steps: how many of them. edges: so many of the most frequent '
'ones are shown, ends and beginnings among them; the others are added up in target (with end_at alone, source) other, '
'nodes without any shown edge are other, too, and ends and beginnings remain. visits: how often, actors: by '
'how many (the actor of the event that is at the source; with end_at alone at the target), share: of the visits of that '
'node at that step (0 to 1, four decimals); times are from arrival to arrival, NULL where visits begin or end. '
'Errors: 42704 unknown project, 42703 unknown field, 22023 wrong range, steps, edges, gap, filter or actor, 22004 NULL in a list.';
-- Journeys: declared ones, and how visits compare with them; and the graph of what is done at all.

CREATE FUNCTION create_journey(project text, id text, steps steps, name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := steps::jsonb;
BEGIN
  IF coalesce(create_journey.id, '') = '' OR create_journey.name = '' THEN
    RAISE 'a journey needs an id, and its name must not be empty' USING ERRCODE = 'invalid_parameter_value';
  ELSIF list IS NULL OR jsonb_typeof(list) <> 'array' OR jsonb_array_length(list) NOT BETWEEN 1 AND 32 THEN
    RAISE 'a journey needs a list of 1 to 32 steps' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Planning the conditions finds values that are not of their field's type.
  EXECUTE (SELECT format('SELECT FROM productgraph.events e WHERE false AND (%s)',
                         string_agg(productgraph.step_condition(s.value), ' OR ')) FROM jsonb_array_elements(list) s);
  INSERT INTO productgraph.journeys (org_id, project_id, id, name, steps)
  VALUES (productgraph.project_org(project), project, create_journey.id,
          coalesce(create_journey.name, create_journey.id), list);
  RETURN create_journey.id;
EXCEPTION WHEN unique_violation THEN
  RAISE 'project "%" has a journey "%" already', project, create_journey.id USING ERRCODE = 'unique_violation';
END
$$;
COMMENT ON FUNCTION create_journey(text, text, steps, text) IS
'Declares a journey, the 1 to 32 steps users are meant to take, and returns its id: what events carry as '
'gen_ai.journey.id. name: the id when NULL. Errors: 42704 unknown project, 23505 the id is taken, 42703 unknown field, '
'22023 wrong id or steps, 22P02 a value that is not of its field''s type, 42501 no right to write productgraph.journeys.';

CREATE FUNCTION drop_journey(project text, id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM productgraph.journeys j
  WHERE j.org_id = productgraph.project_org(project) AND j.project_id = project AND j.id = drop_journey.id;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION drop_journey(text, text) IS
'Forgets a declared journey, none of its events; false when there is none of that id. Errors as of create_journey().';

CREATE FUNCTION journey_steps(project text, journey text) RETURNS steps
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  list jsonb := (SELECT j.steps FROM productgraph.journeys j
                 WHERE j.org_id = org AND j.project_id = project AND j.id = journey);
BEGIN
  IF list IS NULL THEN
    RAISE 'journey "%" does not exist in project "%"', journey, project USING ERRCODE = 'undefined_object',
      HINT = 'Journeys are declared with productgraph.create_journey().';
  END IF;
  RETURN list;
END
$$;
COMMENT ON FUNCTION journey_steps(text, text) IS
'The steps of a declared journey. Error 42704 when there is no such project or journey.';

CREATE FUNCTION journey_condition(journey text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN journey IS NULL THEN 'true' ELSE format('e.journey_id IS NOT DISTINCT FROM %L', journey) END
$$;
COMMENT ON FUNCTION journey_condition(text) IS
'SQL for whether an event is of a journey, over the alias e of events; NULL stands for any.';

CREATE FUNCTION journey_visits(scope text, node text, actor text, journey text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  of_journey text := productgraph.journey_condition(journey);
BEGIN
  -- arrival tells the first event of a visit: its node is not that of the event with a node before it.
  RETURN format(
    'SELECT *, lead(node) OVER w AS next, productgraph.micros_between(arrived, coalesce(lead(arrived) OVER w, nullif(latest, arrived))) AS micros,
       max(converted) OVER (PARTITION BY session_id) >= arrived AS converts
     FROM (
       SELECT session_id, visit, min(node) FILTER (WHERE arrival) AS node, min(actor) FILTER (WHERE arrival) AS actor,
         min(timestamp) AS arrived, max(timestamp) AS latest, count(*) FILTER (WHERE event_type = ''error'') AS errors,
         max(timestamp) FILTER (WHERE conversion) AS converted, max(snapshot) AS snapshot
       FROM (
         SELECT *, count(*) FILTER (WHERE arrival) OVER (PARTITION BY session_id ORDER BY timestamp, event_sequence, event_id) AS visit
         FROM (
           SELECT *, node IS NOT NULL AND node IS DISTINCT FROM lag(node) OVER (
             PARTITION BY session_id, node IS NULL ORDER BY timestamp, event_sequence, event_id) AS arrival
           FROM (
             SELECT e.session_id COLLATE "C" AS session_id, %s AS actor,
               (CASE WHEN %s THEN %s END) COLLATE "C" AS node, e.timestamp, e.event_sequence, e.event_id, e.event_type,
               e.event_type = ''journey.conversion'' AND %s AS conversion,
               CASE WHEN e.event_type = ''snapshot.captured'' AND e.snapshot_url IS NOT NULL
                 THEN ARRAY[to_char(e.timestamp AT TIME ZONE ''UTC'', ''YYYYMMDDHH24MISSUS''), e.snapshot_url] END AS snapshot
             FROM productgraph.events e WHERE %s AND %s IS NOT NULL
           ) v
         ) v
       ) v GROUP BY session_id, visit
     ) v WINDOW w AS (PARTITION BY session_id ORDER BY visit)',
    productgraph.actor_expression(actor), of_journey, node, of_journey, scope, productgraph.actor_expression(actor));
END
$$;
COMMENT ON FUNCTION journey_visits(text, text, text, text) IS
'Part of journey_graph(): SQL for the visits of nodes; node is NULL for what a session did before the first one.';

CREATE TYPE graph_part AS (
  is_node boolean, source text, target text, visits bigint, actors bigint, exits bigint, errors bigint, converts bigint,
  median double precision, latest_snapshot text);
COMMENT ON TYPE graph_part IS
'A node of journey_graph(), or an edge from it: converts is how many of the visits have a conversion at or after their beginning, '
'median is in microseconds.';

CREATE FUNCTION packed_journey_graph(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz, by_session boolean,
  OUT is_node boolean, OUT source text, OUT target text, OUT visits bigint, OUT actors bigint, OUT exits bigint, OUT errors bigint,
  OUT converts bigint, OUT median double precision)
RETURNS SETOF record
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100
AS 'MODULE_PATHNAME', 'productgraph_packed_journey_graph';
COMMENT ON FUNCTION packed_journey_graph(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, boolean) IS
'Part of journey_graph(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them; labels of '
'its sources are nodes, and their three conditions tell conversions, errors and snapshots. When rows must be asked, one row '
'with is_node NULL, whose source is the reason.';

CREATE FUNCTION journey_graph_from_segments(
  project text, node text, journey text, groups text[], exclude text[], since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS graph_part[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reason text := coalesce(
    productgraph.rows_instead_of_segments(project, productgraph.node_fields(node) || productgraph.filter_fields(filter)
      || 'event.type'::text || CASE WHEN journey IS NOT NULL THEN 'gen_ai.journey.id' END, actor),
    CASE WHEN actor IS NULL THEN 'the actor is unknown' END);
  of_journey text := productgraph.journey_condition(journey);
  source record;
  answer productgraph.graph_part[];
BEGIN
  PERFORM productgraph.check_range(since, until);
  IF reason IS NULL THEN
    source := productgraph.packed_source(project, since, until, productgraph.filter_condition(filter),
      productgraph.condition_mask(ARRAY[format('e.event_type = ''journey.conversion'' AND %s', of_journey),
        'e.event_type = ''error''', 'e.event_type = ''snapshot.captured''']),
      format('CASE WHEN %s THEN %s END', of_journey, productgraph.node_expression(node, groups, exclude)));
    IF cardinality(source.weeks) = 0 THEN
      reason := 'nothing is packed yet';
    ELSE
      answer := ARRAY(SELECT ROW(g.*, NULL)::productgraph.graph_part FROM productgraph.packed_journey_graph(
        source.org_id, project, source.kinds, source.loose, source.weeks, since, until, actor = 'session') g);
      IF cardinality(answer) = 1 AND answer[1].is_node IS NULL THEN
        reason := answer[1].source;
        answer := NULL;
      END IF;
    END IF;
  END IF;
  PERFORM productgraph.report_path('journey_graph()', reason);
  RETURN answer;
END
$$;
COMMENT ON FUNCTION journey_graph_from_segments(text, text, text, text[], text[], timestamptz, timestamptz, jsonb, text) IS
'Part of journey_graph(): its nodes and edges, NULL when rows must be asked.';

CREATE FUNCTION journey_graph_from_rows(
  project text, node text, journey text, groups text[], exclude text[], since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS graph_part[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer productgraph.graph_part[];
BEGIN
  EXECUTE format(
    'SELECT array_agg(ROW(g.*)::productgraph.graph_part) FROM (
       SELECT grouping(next) = 1, node COLLATE "default", next COLLATE "default", count(*), count(DISTINCT actor COLLATE "C"),
         count(*) FILTER (WHERE next IS NULL), sum(errors)::bigint, count(*) FILTER (WHERE converts),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY micros::double precision), (max(snapshot))[2]
       FROM (%s) v WHERE node IS NOT NULL GROUP BY GROUPING SETS ((node), (node, next))
     ) g',
    productgraph.journey_visits(productgraph.question_scope(project, since, until, filter),
                                productgraph.node_expression(node, groups, exclude), actor, journey))
  INTO answer;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION journey_graph_from_rows(text, text, text, text[], text[], timestamptz, timestamptz, jsonb, text) IS
'Part of journey_graph(): its nodes and edges, asked of rows.';

CREATE FUNCTION journey_graph(
  project text, node text DEFAULT 'page.path', journey text DEFAULT NULL, groups text[] DEFAULT NULL,
  exclude text[] DEFAULT NULL, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity',
  filter jsonb DEFAULT '{}', actor text DEFAULT 'user',
  OUT kind text, OUT source text, OUT target text, OUT visits bigint, OUT actors bigint, OUT share numeric,
  OUT exits bigint, OUT errors bigint, OUT conversion numeric, OUT median_duration interval, OUT latest_snapshot text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  answer productgraph.graph_part[] := productgraph.journey_graph_from_segments(
    project, node, journey, groups, exclude, since, until, filter, actor);
BEGIN
  IF answer IS NULL THEN
    answer := productgraph.journey_graph_from_rows(project, node, journey, groups, exclude, since, until, filter, actor);
  END IF;
  RETURN QUERY
  SELECT CASE WHEN g.is_node THEN 'node' ELSE 'edge' END, g.source, g.target, g.visits, g.actors,
    round(g.visits / sum(g.visits) OVER (PARTITION BY g.is_node, CASE WHEN NOT g.is_node THEN g.source END), 4),
    g.exits, g.errors, round(g.converts::numeric / g.visits, 4), productgraph.duration_of(g.median), g.latest_snapshot
  FROM unnest(answer) g
  ORDER BY g.is_node DESC, g.visits DESC, g.source COLLATE "C", g.target COLLATE "C" NULLS LAST;
END
$$;
COMMENT ON FUNCTION journey_graph(text, text, text, text[], text[], timestamptz, timestamptz, jsonb, text) IS
'Nodes and the edges between them, as sessions visit them. Kind node: source is the node. Kind edge: from source to target, '
'NULL where sessions end. node, groups and exclude are those of paths(); journey: nodes and conversions only of events with '
'that gen_ai.journey.id. A visit lasts until an event with another node; events without a node belong to the visit before them. '
'Of an edge, everything is about the visits of source that end by it. visits: how many, actors: by how many (the actor of '
'the first event), share: of the visits of all nodes or of source (0 to 1, four decimals), exits: visits that end the '
'session, errors: events of type error, conversion: the share of visits at or after whose beginning the session has a '
'journey.conversion, median_duration: until the next visit, at an exit to the last event (unknown when it is the first), '
'latest_snapshot: snapshot.url of the latest snapshot.captured. Errors: 42704 unknown project, 42703 unknown field, 22023 '
'wrong range, filter or actor, 22004 NULL in a list.';
-- journey_report(): a declared journey against what actors did.

CREATE FUNCTION journey_attempts(scope text, conditions text[], counted text, journey text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  mask text;
  flags text;
BEGIN
  SELECT string_agg(format('CASE WHEN %s THEN %s ELSE 0 END', c, 1::bigint << (n::integer - 1)), ' | ' ORDER BY n),
    string_agg(CASE n WHEN 1 THEN 'mask & 1 <> 0 AND timestamp >= $2 AND timestamp < $3'
               ELSE format('mask & %s <> 0', 1::bigint << (n::integer - 1)) END, ', ' ORDER BY n)
  INTO mask, flags FROM unnest(conditions) WITH ORDINALITY u(c, n);
  -- mask has the bit of each step that an event is; attempts begin at their first step, or else at any.
  RETURN format(
    'WITH relevant AS MATERIALIZED (
       SELECT %s AS actor, e.timestamp, (%s)::bigint AS mask, e.event_type = ''page.view'' AS is_page,
         e.event_type = ''journey.conversion'' AND e.journey_id IS NOT DISTINCT FROM %L AS is_conversion
       FROM productgraph.events e
       WHERE %s AND %s IS NOT NULL AND (%s OR e.event_type IN (''page.view'', ''journey.conversion''))
     ), attempts AS (
       SELECT actor, times, coalesce(times[1], any_step) AS start FROM (
         SELECT actor, productgraph.window_funnel_times($1, ''strict_once'', timestamp, %s) AS times,
           min(timestamp) FILTER (WHERE timestamp < $3) AS any_step
         FROM relevant WHERE mask <> 0 AND timestamp >= $2 GROUP BY actor
       ) a WHERE any_step IS NOT NULL
     )', counted, mask, journey, scope, counted, array_to_string(conditions, ' OR '), flags);
END
$$;
COMMENT ON FUNCTION journey_attempts(text, text[], text, text) IS
'Part of journey_report(): SQL for the best attempt of each actor; $1 within, $2 since, $3 until.';

CREATE FUNCTION journey_facts(steps integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (steps BETWEEN 1 AND 32) IS NOT TRUE THEN
    RAISE 'a journey has 1 to 32 steps, not %', steps USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN (SELECT format(
    'SELECT a.actor, a.times, bool_or(r.is_conversion AND r.timestamp >= a.times[1]) AS converted,
       bool_or(r.mask & 1 <> 0 AND r.timestamp < a.start) AS again, ARRAY[%s]::timestamptz[] AS before,
       ARRAY[%s]::timestamptz[] AS since, ARRAY[%s]::boolean[] AS detour
     FROM attempts a JOIN relevant r ON r.actor = a.actor AND r.timestamp >= a.start - $1 AND r.timestamp <= a.start + $1
     GROUP BY a.actor, a.times, a.start
     HAVING a.times <> ''{}'' OR NOT bool_or(r.mask & 1 <> 0 AND r.timestamp < a.start)',
    string_agg(format('min(r.timestamp) FILTER (WHERE r.mask & %s <> 0 AND r.timestamp < a.start)', bit), ', ' ORDER BY k),
    string_agg(format('min(r.timestamp) FILTER (WHERE r.mask & %s <> 0 AND r.timestamp >= a.start)', bit), ', ' ORDER BY k),
    string_agg(CASE k WHEN 1 THEN 'false' ELSE format(
      'bool_or(r.timestamp > a.times[%s] AND r.timestamp < a.times[%s] AND r.mask & %s = 0 AND (r.is_page OR r.mask <> 0))',
      k - 1, k, bit | (bit >> 1)) END, ', ' ORDER BY k))
  FROM (SELECT k, 1::bigint << (k - 1) AS bit FROM generate_series(1, steps) k) b);
END
$$;
COMMENT ON FUNCTION journey_facts(integer) IS
'Part of journey_report(): SQL for what each actor did around the attempt, unless that began before the range. before '
'and since have the first time of each step before and from its start, again is whether the first step was done before, '
'too, and detour what happened on the way to each. Error 22023 unless there are 1 to 32 steps.';

CREATE FUNCTION journey_report(
  project text, journey text, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user',
  OUT step integer, OUT name text, OUT actors bigint, OUT conversion_from_start numeric,
  OUT conversion_from_previous numeric, OUT dropped bigint, OUT median_time interval,
  OUT skipped bigint, OUT out_of_order bigint, OUT detours bigint, OUT converted bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list jsonb := productgraph.journey_steps(project, journey);
  conditions text[] := ARRAY(SELECT productgraph.step_condition(s.value)
                             FROM jsonb_array_elements(list) WITH ORDINALITY s ORDER BY s.ordinality);
  scope text;
BEGIN
  PERFORM productgraph.check_range(since, until);
  IF within IS NULL OR within < interval '0' THEN
    RAISE 'within must not be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Events around the range belong to attempts that begin in it.
  scope := productgraph.question_scope(project, since - within, until + within + interval '1 microsecond', filter);
  RETURN QUERY EXECUTE format(
    '%s, facts AS MATERIALIZED (
       SELECT times, converted, detour, ARRAY(
         SELECT CASE WHEN again THEN f.since[k] ELSE coalesce(before[k], f.since[k]) END
         FROM generate_subscripts(f.since, 1) k ORDER BY k) AS firsts
       FROM (%s) f
     ), reached AS (
       SELECT s.step, count(*) FILTER (WHERE cardinality(times) >= s.step) AS actors,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY times[s.step] - times[s.step - 1]) AS median_time,
         count(*) FILTER (WHERE firsts[s.step] IS NULL AND array_remove(firsts[s.step + 1:], NULL) <> ''{}'') AS skipped,
         count(*) FILTER (WHERE firsts[s.step] < firsts[s.step - 1]) AS out_of_order,
         count(*) FILTER (WHERE detour[s.step]) AS detours,
         count(*) FILTER (WHERE converted AND cardinality(times) >= s.step) AS converted
       FROM generate_series(1, %s) s(step) LEFT JOIN facts ON true GROUP BY s.step
     )
     SELECT step, productgraph.step_name($4 -> (step - 1)), actors,
       round(actors::numeric / nullif(first_value(actors) OVER w, 0), 4),
       round(actors::numeric / nullif(coalesce(lag(actors) OVER w, actors), 0), 4),
       coalesce(lag(actors) OVER w - actors, 0), median_time, skipped, out_of_order, detours, converted
     FROM reached WINDOW w AS (ORDER BY step) ORDER BY step',
    productgraph.journey_attempts(scope, conditions, productgraph.actor_expression(actor), journey),
    productgraph.journey_facts(cardinality(conditions)), cardinality(conditions))
  USING within, since, until, list;
END
$$;
COMMENT ON FUNCTION journey_report(text, text, interval, timestamptz, timestamptz, jsonb, text) IS
'A declared journey against what actors did; a row for each of its steps. Until median_time the columns are those of '
'funnel() for the same steps: of the best attempt of each actor, whose first step lies in [since, until). The rest counts '
'actors, too. An attempt begins at the first step, or for who never took it at the first event of any step in [since, '
'until); it is looked at until "within" after it and, unless the first step was taken there already, from "within" before '
'it. skipped: never took this step, but a later one. out_of_order: took this step first before they first took '
'the one before it. detours: reached this step after, strictly between it and the one before, a page.view or another '
'step that is neither of the two. converted: reached this step and had, from the first step to '
'"within" after it, a journey.conversion with gen_ai.journey.id of this journey. Errors: 42704 unknown project or '
'journey, 42703 unknown field, 22023 wrong within, range, filter or actor.';
-- What went wrong at ingestion, from the samples in ingestion_issues.

CREATE FUNCTION ingestion_issue_summary(
  project text, since timestamptz DEFAULT '-infinity',
  OUT code text, OUT field text, OUT rejected boolean, OUT samples bigint, OUT first_noticed_at timestamptz,
  OUT last_noticed_at timestamptz, OUT last_message text, OUT last_event_id text, OUT last_sample text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
BEGIN
  RETURN QUERY
    WITH summed AS (
      SELECT i.code, i.field, i.rejected, count(*) AS samples, min(i.noticed_at) AS first_at, max(i.id) AS last_id
      FROM productgraph.ingestion_issues i
      WHERE i.org_id = org AND i.project_id = project AND i.noticed_at >= since
      GROUP BY i.code, i.field, i.rejected
    )
    SELECT s.code, s.field, s.rejected, s.samples, s.first_at, l.noticed_at, l.message, l.event_id, l.sample
    FROM summed s JOIN productgraph.ingestion_issues l
      ON l.org_id = org AND l.project_id = project AND l.id = s.last_id
    ORDER BY s.rejected DESC, s.samples DESC, s.code, s.field;
END
$$;
COMMENT ON FUNCTION ingestion_issue_summary(text, timestamptz) IS
'What ingestion rejected, and what it changed before storing it, by code and field, with the newest example of each. '
'samples counts rows of ingestion_issues, which has at most 10 a minute of each code and the newest 1,000 of a project: '
'how many events there were is in the sidecar''s metrics. Error: 42704 unknown project.';
-- What is stored of a person: forget_user() and export_user(). Their plans are made with the ids at hand, so that
-- PostgreSQL looks them up in a hash table, and EXECUTE may scan in parallel.

CREATE TYPE person_traces AS (user_ids text[], anonymous_ids text[], sessions text[]);
COMMENT ON TYPE person_traces IS
'By what a person is found: user ids as stored, the anonymous ids and the sessions they were seen with.';

CREATE FUNCTION traces_of_person(project text, user_id text) RETURNS person_traces
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  traces productgraph.person_traces;
BEGIN
  IF user_id IS NULL THEN
    RAISE 'user_id must not be null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  traces.user_ids := ARRAY[user_id];
  IF has_function_privilege('productgraph.redacted_hash(text, text)', 'EXECUTE') THEN
    traces.user_ids := array_remove(traces.user_ids || productgraph.redacted_hash(project, user_id), NULL);
  END IF;
  EXECUTE
    'SELECT coalesce(array_agg(DISTINCT t.user_anonymous_id) FILTER (WHERE t.user_anonymous_id IS NOT NULL), ''{}''),
       coalesce(array_agg(DISTINCT t.session_id), ''{}'')
     FROM (SELECT e.user_anonymous_id, e.session_id FROM productgraph.events e
           WHERE e.org_id = $1 AND e.project_id = $2 AND e.user_id = ANY ($3)
           UNION ALL SELECT s.user_anonymous_id, s.session_id FROM productgraph.sessions s
           WHERE s.org_id = $1 AND s.project_id = $2 AND s.user_id = ANY ($3)) t'
  INTO traces.anonymous_ids, traces.sessions USING org, project, traces.user_ids;
  RETURN traces;
END
$$;
COMMENT ON FUNCTION traces_of_person(text, text) IS
'Part of forget_user() and export_user(): by what a person is found. Whoever may call redacted_hash() also finds what is '
'stored under the hash of the id. Errors: 42704 unknown project, 22004 NULL user_id.';

-- Without SET, so that it becomes part of the statement that asks.
CREATE FUNCTION is_of_person(traces person_traces, user_id text, anonymous_id text, session_id text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN user_id OPERATOR(pg_catalog.=) ANY ((traces).user_ids) OR user_id IS NULL
  AND (session_id OPERATOR(pg_catalog.=) ANY ((traces).sessions)
       OR anonymous_id OPERATOR(pg_catalog.=) ANY ((traces).anonymous_ids));
COMMENT ON FUNCTION is_of_person(person_traces, text, text, text) IS
'Whether an event with these ids is of the person: it has the user id, or none, and then a session or an anonymous id '
'that was seen with it.';

CREATE FUNCTION mentions(value text, word text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN word <> '' AND value ~ ('(^|[^[:alnum:]])' || regexp_replace(word, '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]])');
END
$$;
COMMENT ON FUNCTION mentions(text, text) IS
'Whether a text holds a word, or several, with neither a letter nor a digit next to it.';

CREATE FUNCTION cut_as_samples(ids text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ARRAY(SELECT left(id, 100) FROM unnest(ids) id)
$$;
COMMENT ON FUNCTION cut_as_samples(text[]) IS 'Ids as the samples in ingestion_issues show them: their first 100 characters.';

CREATE FUNCTION mentions_user(user_ids text[], event_id text, message text, sample text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  id text;
BEGIN
  FOREACH id IN ARRAY user_ids LOOP
    -- In a sample a value is escaped as JSON.
    IF productgraph.mentions(concat_ws(E'\n', event_id, message), id)
       OR productgraph.mentions(sample, trim('"' FROM to_json(left(id, 100))::text)) THEN
      RETURN true;
    END IF;
  END LOOP;
  RETURN false;
END
$$;
COMMENT ON FUNCTION mentions_user(text[], text, text, text) IS
'Whether the texts of a row of ingestion_issues mention one of these user ids.';

CREATE FUNCTION is_about_person(
  user_ids text[], anonymous_ids text[], sessions text[], event_id text, message text, sample text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL UNSAFE
RETURN productgraph.mentions_user(user_ids, event_id, message, sample)
  OR (productgraph.json_or_text(sample) OPERATOR(pg_catalog.->>) 'session.id') OPERATOR(pg_catalog.=) ANY (sessions)
  OR (productgraph.json_or_text(sample) OPERATOR(pg_catalog.->>) 'user.anonymous_id') OPERATOR(pg_catalog.=) ANY (anonymous_ids);
COMMENT ON FUNCTION is_about_person(text[], text[], text[], text, text, text) IS
'Whether a row of ingestion_issues mentions a user id, or its sample has one of these anonymous ids or sessions, cut by '
'cut_as_samples().';

-- The rules of ingestion (src/core/session_part.cpp) over all events of a session at once; a test holds them equal.
CREATE FUNCTION rebuild_sessions(
  org uuid, project text, session_ids text[], OUT removed bigint, OUT rebuilt bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
  -- Ingestion under way has merged its events by then, or waits to merge them into what is made here.
  PERFORM FROM productgraph.sessions s
  WHERE s.org_id = org AND s.project_id = project AND s.session_id = ANY (session_ids)
  ORDER BY s.session_id COLLATE "C" FOR UPDATE;
  WITH known AS MATERIALIZED (
    SELECT s.session_id, s.started_at, s.ended_at FROM productgraph.sessions s
    WHERE s.org_id = org AND s.project_id = project AND s.session_id = ANY (session_ids)
  ), kept AS MATERIALIZED (
    SELECT e.session_id, e.timestamp AS at, e.event_type AS type, e.user_id, e.user_anonymous_id, e.event_sequence AS sequence,
      coalesce(e.event_sequence, 9223372036854775807) AS place, coalesce(e.page_path, '') COLLATE "C" AS page,
      coalesce(e.journey_id, '') COLLATE "C" AS journey, e.journey_step_id COLLATE "C" AS step
    FROM productgraph.events e
    WHERE e.org_id = org AND e.project_id = project AND e.session_id = ANY (session_ids)
      AND e.timestamp >= (SELECT min(k.started_at) FROM known k) AND e.timestamp <= (SELECT max(k.ended_at) FROM known k)
  ), summed AS MATERIALIZED (
    SELECT k.session_id, min(k.at) AS started_at, max(k.at) AS ended_at, count(*) AS events,
      count(*) FILTER (WHERE k.type = 'page.view') AS pages, count(*) FILTER (WHERE k.type = 'error') AS errors,
      min(k.at) FILTER (WHERE k.type = 'journey.conversion') AS converted_at
    FROM kept k GROUP BY k.session_id
  ), telling AS (
    SELECT m.*, u.at AS user_at, u.user_id, a.at AS user_anonymous_at, a.user_anonymous_id,
      f.at AS entry_at, f.sequence AS entry_sequence, nullif(f.page, '') AS entry_page,
      l.at AS exit_at, l.sequence AS exit_sequence, nullif(l.page, '') AS exit_page,
      j.at AS journey_at, j.sequence AS journey_sequence, nullif(j.journey, '') AS journey_id, j.step AS journey_step_id
    FROM summed m
    LEFT JOIN (SELECT DISTINCT ON (session_id) * FROM kept WHERE user_id IS NOT NULL
               ORDER BY session_id, at DESC, user_id COLLATE "C" DESC) u USING (session_id)
    LEFT JOIN (SELECT DISTINCT ON (session_id) * FROM kept WHERE user_anonymous_id IS NOT NULL
               ORDER BY session_id, at DESC, user_anonymous_id COLLATE "C" DESC) a USING (session_id)
    LEFT JOIN (SELECT DISTINCT ON (session_id) * FROM kept WHERE type = 'page.view'
               ORDER BY session_id, at, place, page) f USING (session_id)
    LEFT JOIN (SELECT DISTINCT ON (session_id) * FROM kept WHERE type = 'page.view'
               ORDER BY session_id, at DESC, place DESC, page DESC) l USING (session_id)
    LEFT JOIN (SELECT DISTINCT ON (session_id) * FROM kept WHERE step IS NOT NULL
               ORDER BY session_id, at DESC, place DESC, journey DESC, step DESC) j USING (session_id)
  ), changed AS (
    UPDATE productgraph.sessions s SET (started_at, ended_at, events, pages, errors, converted_at, user_at, user_id,
        user_anonymous_at, user_anonymous_id, entry_at, entry_sequence, entry_page, exit_at, exit_sequence, exit_page,
        journey_at, journey_sequence, journey_id, journey_step_id)
      = (t.started_at, t.ended_at, t.events, t.pages, t.errors, t.converted_at, t.user_at, t.user_id,
        t.user_anonymous_at, t.user_anonymous_id, t.entry_at, t.entry_sequence, t.entry_page, t.exit_at, t.exit_sequence, t.exit_page,
        t.journey_at, t.journey_sequence, t.journey_id, t.journey_step_id)
    FROM telling t WHERE s.org_id = org AND s.project_id = project AND s.session_id = t.session_id
    RETURNING 1
  ), emptied AS (
    DELETE FROM productgraph.sessions s
    WHERE s.org_id = org AND s.project_id = project AND s.session_id = ANY (session_ids)
      AND s.session_id NOT IN (SELECT m.session_id FROM summed m)
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM emptied), (SELECT count(*) FROM changed) INTO removed, rebuilt;
END
$$;
COMMENT ON FUNCTION rebuild_sessions(uuid, text, text[]) IS
'Part of forget_user(): computes sessions anew from the events they still have, and removes those that have none.';

CREATE FUNCTION forget_user(project text, user_id text, OUT what text, OUT removed bigint) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  traces productgraph.person_traces;
  seen text[];
  counts record;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'users can be forgotten in READ COMMITTED transactions only' USING ERRCODE = 'invalid_transaction_state';
  END IF;
  traces := productgraph.traces_of_person(project, user_id);
  WITH gone AS (
    DELETE FROM productgraph.events e
    WHERE e.org_id = org AND e.project_id = project
      AND productgraph.is_of_person(traces, e.user_id, e.user_anonymous_id, e.session_id)
    RETURNING e.session_id
  )
  SELECT count(*), coalesce(array_agg(DISTINCT g.session_id), '{}') FROM gone g INTO removed, seen;
  what := 'events';
  RETURN NEXT;
  seen := seen || traces.sessions;
  SELECT * INTO counts FROM productgraph.rebuild_sessions(org, project, seen);
  what := 'sessions';
  removed := counts.removed;
  RETURN NEXT;
  what := 'shared sessions';
  removed := counts.rebuilt;
  RETURN NEXT;
  what := 'snapshots';
  DELETE FROM productgraph.snapshots s WHERE s.org_id = org AND s.project_id = project AND s.session_id = ANY (seen);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN NEXT;
  what := 'ingestion issues';
  seen := productgraph.cut_as_samples(seen);
  traces.anonymous_ids := productgraph.cut_as_samples(traces.anonymous_ids);
  DELETE FROM productgraph.ingestion_issues i
  WHERE i.org_id = org AND i.project_id = project AND productgraph.is_about_person(
    traces.user_ids, traces.anonymous_ids, seen, i.event_id, i.message, i.sample);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION forget_user(text, text) IS
'Removes a person from a project and tells how much of each there was; called again it finds nothing. Events go that '
'have the user id, or the hash stored in its place, or no user id but a session or an anonymous id that was seen with it; '
'then their sessions (shared sessions, which others have events in, stay and lose the person), the snapshots of all of '
'these and the ingestion issues about them. Repeats of these events stay known, so that a retry brings none back. The '
'project is one of the current organization. Errors: 42704 unknown project, 22004 NULL user_id, 25000 in a transaction '
'that is not READ COMMITTED.';

CREATE FUNCTION exported_row(relation text, fields jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- The client's own objects keep their NULLs.
  RETURN jsonb_build_object('table', relation) || jsonb_strip_nulls(fields - '{metadata,attributes}'::text[])
    || CASE WHEN fields -> 'metadata' <> 'null' THEN jsonb_build_object('metadata', fields -> 'metadata') ELSE '{}' END
    || CASE WHEN fields -> 'attributes' <> 'null' THEN jsonb_build_object('attributes', fields -> 'attributes') ELSE '{}' END;
END
$$;
COMMENT ON FUNCTION exported_row(text, jsonb) IS 'Part of export_user(): a row of a table, without columns that are NULL.';

CREATE FUNCTION export_user(project text, user_id text) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  traces productgraph.person_traces := productgraph.traces_of_person(project, user_id);
  own_sessions text[];
  cut_sessions text[];
  cut_anonymous_ids text[] := productgraph.cut_as_samples(traces.anonymous_ids);
BEGIN
  own_sessions := ARRAY(
    SELECT s.session_id FROM productgraph.sessions s
    WHERE s.org_id = org AND s.project_id = project AND (s.user_id = ANY (traces.user_ids) OR s.user_id IS NULL)
      AND s.session_id IN (
        SELECT unnest(traces.sessions)
        UNION SELECT e.session_id FROM productgraph.events e
        WHERE e.org_id = org AND e.project_id = project
          AND productgraph.is_of_person(traces, e.user_id, e.user_anonymous_id, e.session_id)));
  cut_sessions := productgraph.cut_as_samples(own_sessions);
  RETURN QUERY
    SELECT held.fields
    FROM (
      SELECT 1 AS kind, e.timestamp AS at, e.event_sequence AS place, e.event_id AS id,
        productgraph.exported_row('events', to_jsonb(e)) AS fields
      FROM productgraph.events e
      WHERE e.org_id = org AND e.project_id = project
        AND productgraph.is_of_person(traces, e.user_id, e.user_anonymous_id, e.session_id)
      UNION ALL
      SELECT 0, s.started_at, NULL, s.session_id, productgraph.exported_row('sessions', to_jsonb(s)) FROM productgraph.sessions s
      WHERE s.org_id = org AND s.project_id = project AND s.session_id = ANY (own_sessions)
      UNION ALL
      SELECT 2, p.captured_at, p.sequence, p.session_id, productgraph.exported_row('snapshots', to_jsonb(p))
      FROM productgraph.snapshots p
      WHERE p.org_id = org AND p.project_id = project AND p.session_id = ANY (own_sessions)
      UNION ALL
      SELECT 3, i.noticed_at, i.id, NULL, productgraph.exported_row('ingestion_issues', to_jsonb(i)) FROM productgraph.ingestion_issues i
      WHERE i.org_id = org AND i.project_id = project
        AND productgraph.is_about_person(traces.user_ids, cut_anonymous_ids, cut_sessions, i.event_id, i.message, i.sample)
    ) held
    ORDER BY held.at, held.kind, held.place, held.id;
END
$$;
COMMENT ON FUNCTION export_user(text, text) IS
'What is stored of a person in a project, a JSON object a row, in order of time: "table" and the columns that are not '
'NULL, times in UTC. What forget_user() would remove, without sessions whose last user is another, and their snapshots. '
'As the caller sees it; without the right to call redacted_hash() ask also for the id as it is stored. Errors: 42704 '
'unknown project, 22004 NULL user_id.';
-- storage_report(): what projects take on disk.

CREATE FUNCTION index_entry_bytes(project text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  -- A line pointer, the header, and (org_id, project_id, timestamp) with their alignment.
  SELECT 4 + 8 + ((16 + 1 + octet_length(project) + 7) / 8) * 8 + 8
$$;
COMMENT ON FUNCTION index_entry_bytes(text) IS 'Bytes of an entry of the index events_by_time for events of a project.';

CREATE FUNCTION storage_of_project(
  org uuid, project text,
  OUT events bigint, OUT event_bytes bigint, OUT index_bytes bigint, OUT segment_events bigint, OUT segment_bytes bigint,
  OUT sessions bigint, OUT session_bytes bigint, OUT snapshot_bytes bigint, OUT bytes_per_event numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Of a row and its place in a page; pages are some 90 % full in an index of times, and full otherwise.
  row_header constant integer := 28;
  sampled constant integer := 1000;
  row_bytes numeric;
BEGIN
  SELECT coalesce(sum(s.events), 0), count(*) INTO events, sessions
  FROM productgraph.sessions s WHERE s.org_id = org AND s.project_id = project;
  SELECT avg(pg_column_size(r.*) + 4) INTO row_bytes FROM (
    SELECT * FROM productgraph.events e WHERE e.org_id = org AND e.project_id = project ORDER BY e.timestamp DESC LIMIT sampled) r;
  event_bytes := coalesce(events * row_bytes, 0);
  index_bytes := events * productgraph.index_entry_bytes(project) / 0.9;
  SELECT avg(pg_column_size(r.*) + 4) INTO row_bytes FROM (
    SELECT * FROM productgraph.sessions s WHERE s.org_id = org AND s.project_id = project ORDER BY s.started_at DESC LIMIT sampled) r;
  session_bytes := coalesce(sessions * row_bytes, 0);
  SELECT coalesce(sum(s.events), 0), coalesce(sum(pg_column_size(s.content) + pg_column_size(s.sessions) + row_header), 0)
  INTO segment_events, segment_bytes
  FROM productgraph.segments s WHERE s.org_id = org AND s.project_id = project;
  segment_bytes := segment_bytes + (
    SELECT coalesce(sum(pg_column_size(k.*) + 4), 0) FROM productgraph.kinds k WHERE k.org_id = org AND k.project_id = project);
  SELECT coalesce(sum(pg_column_size(s.content) + row_header), 0) INTO snapshot_bytes
  FROM productgraph.snapshots s WHERE s.org_id = org AND s.project_id = project;
  bytes_per_event := round((event_bytes + index_bytes + segment_bytes + session_bytes) / nullif(events, 0)::numeric, 1);
END
$$;
COMMENT ON FUNCTION storage_of_project(uuid, text) IS 'Part of storage_report(): one project.';

CREATE FUNCTION storage_report(
  project text DEFAULT NULL,
  OUT organization text, OUT project_id text, OUT events bigint, OUT event_bytes bigint, OUT index_bytes bigint,
  OUT segment_events bigint, OUT segment_bytes bigint, OUT sessions bigint, OUT session_bytes bigint,
  OUT snapshot_bytes bigint, OUT bytes_per_event numeric)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  chosen uuid := productgraph.current_org_id();
  listed record;
BEGIN
  IF project IS NOT NULL AND chosen IS NOT NULL THEN
    PERFORM productgraph.project_org(project);
  END IF;
  FOR listed IN
    SELECT p.org_id, o.slug, p.id FROM productgraph.projects p JOIN productgraph.organizations o ON o.id = p.org_id
    WHERE (chosen IS NULL OR p.org_id = chosen) AND (project IS NULL OR p.id = project)
    ORDER BY o.slug COLLATE "C", p.id COLLATE "C"
  LOOP
    -- Only who runs the store sees projects without having chosen an organization.
    IF chosen IS NULL THEN
      PERFORM productgraph.enter_org_to_maintain(listed.org_id);
    END IF;
    organization := listed.slug;
    project_id := listed.id;
    SELECT s.* INTO events, event_bytes, index_bytes, segment_events, segment_bytes, sessions, session_bytes, snapshot_bytes,
      bytes_per_event FROM productgraph.storage_of_project(listed.org_id, listed.id) s;
    RETURN NEXT;
  END LOOP;
  IF chosen IS NULL THEN
    PERFORM productgraph.clear_current_org(true);
  END IF;
END
$$;
COMMENT ON FUNCTION storage_report(text) IS
'What the projects of the current organization take, or one of them; without an organization chosen, those of all for '
'superusers and members of productgraph_owner. Estimates: events is what their sessions count, event_bytes that times the '
'average of the newest 1,000 rows, index_bytes by the width of an entry, session_bytes likewise; segments with their kinds, '
'and snapshots, are summed. Dead rows and event_keys, which have no project, are left out. bytes_per_event: NULL without events. Error: '
'42704 unknown project.';
-- How the store is doing, for whoever runs it: store_status(), and the record that maintain() keeps.

CREATE FUNCTION library_version() RETURNS text
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_library_version';
COMMENT ON FUNCTION library_version() IS
'The version of the library this session has loaded; that of the SQL objects is in pg_extension.';

CREATE FUNCTION setup_maintenance_record() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
  CREATE TABLE IF NOT EXISTS productgraph.maintenance_runs (
    run_at timestamptz NOT NULL,
    role name NOT NULL,
    task text NOT NULL,
    done bigint NOT NULL,
    position bigint
  );
  COMMENT ON TABLE productgraph.maintenance_runs IS
    'What maintain() did in the last 90 days, a row a task. Counts of the whole store: for no analyst to see.';
  COMMENT ON COLUMN productgraph.maintenance_runs.position IS
    'Where the next run of a task goes on that does a part of its work each time.';
  ALTER TABLE productgraph.maintenance_runs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  PERFORM productgraph.add_policy('productgraph.maintenance_runs', 'service',
    'FOR SELECT TO productgraph_service USING (true)');
  PERFORM productgraph.add_policy('productgraph.maintenance_runs', 'maintenance',
    'TO productgraph_owner USING (true)');
  ALTER TABLE productgraph.maintenance_runs OWNER TO productgraph_owner;
  GRANT SELECT ON productgraph.maintenance_runs TO productgraph_service;
  GRANT EXECUTE ON FUNCTION productgraph.record_maintenance(text, bigint, bigint), productgraph.maintenance_position(text)
    TO productgraph_owner;
  GRANT EXECUTE ON FUNCTION productgraph.store_status(), productgraph.status_of_tables(),
    productgraph.status_of_partitions(), productgraph.status_of_event_keys(), productgraph.status_of_maintenance(),
    productgraph.status_of_versions(), productgraph.status_of_settings(), productgraph.status_of_transactions()
    TO productgraph_owner, productgraph_service;
END
$$;
COMMENT ON FUNCTION setup_maintenance_record() IS 'Part of setup(): what store_status() and maintain() need.';

CREATE FUNCTION record_maintenance(task text, done bigint, "position" bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM productgraph.maintenance_runs r WHERE r.run_at < now() - interval '90 days';
  INSERT INTO productgraph.maintenance_runs (run_at, role, task, done, position)
  VALUES (now(), current_user, record_maintenance.task, coalesce(record_maintenance.done, 0), record_maintenance.position);
END
$$;
COMMENT ON FUNCTION record_maintenance(text, bigint, bigint) IS
'Part of maintain(): records a task of this transaction, and where its next run goes on.';

CREATE FUNCTION maintenance_position(task text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce((SELECT r.position FROM productgraph.maintenance_runs r WHERE r.task = maintenance_position.task
                   ORDER BY r.run_at DESC LIMIT 1), 0)
$$;
COMMENT ON FUNCTION maintenance_position(text) IS 'Part of maintain(): where the last run of a task said to go on; 0 at first.';

-- What each part of store_status() returns.
CREATE TYPE status_line AS (topic text, subject text, status text, value text, hint text, details jsonb);
COMMENT ON TYPE status_line IS 'A row of store_status().';

CREATE FUNCTION status_of_tables() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH sized AS (
    SELECT c.relname, c.relkind, c.reltuples, coalesce(s.n_live_tup, 0) AS live, coalesce(s.n_dead_tup, 0) AS dead,
      pg_table_size(c.oid) AS table_bytes, pg_indexes_size(c.oid) AS index_bytes, s.last_vacuum, s.last_autovacuum,
      s.last_autoanalyze, c.relrowsecurity AND c.relforcerowsecurity AS secured,
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indisvalid) AS broken_index
    FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p')
  ), judged AS (
    SELECT *, greatest(reltuples::bigint, live, 0) AS rows, dead > 50000 AND dead > live / 2 AS bloated FROM sized
  )
  SELECT 'table', relname::text,
    CASE WHEN NOT secured THEN 'problem' WHEN broken_index OR bloated THEN 'warning' ELSE 'ok' END,
    CASE relkind WHEN 'p' THEN 'partitioned'
      ELSE format('about %s rows, %s and %s of indexes', rows, pg_size_pretty(table_bytes), pg_size_pretty(index_bytes)) END,
    CASE WHEN NOT secured THEN 'Row-level security is off here: run productgraph.setup().'
      WHEN broken_index THEN 'An index is invalid: REINDEX it.'
      WHEN bloated THEN 'Many dead rows: VACUUM it, and look for old transactions and replication slots.' END,
    jsonb_build_object('rows', rows, 'dead_rows', dead, 'table_bytes', table_bytes, 'index_bytes', index_bytes,
      'last_vacuum', greatest(last_vacuum, last_autovacuum), 'last_analyze', last_autoanalyze)
  FROM judged ORDER BY relname COLLATE "C"
$$;
COMMENT ON FUNCTION status_of_tables() IS 'Part of store_status(): each table and partition.';

CREATE FUNCTION status_of_partitions() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH weeks AS (
    SELECT c.relname, pg_relation_size(c.oid) AS bytes,
      (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)'))::timestamptz[] AS bounds
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'productgraph.events'::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
  ), summed AS (
    SELECT count(*) AS weeks, count(*) FILTER (WHERE bounds[1] > now()) AS ahead, max(bounds[2]) AS made_until,
      bool_or(now() >= bounds[1] AND now() < bounds[2]) AS has_this_week,
      min(bounds[1]) FILTER (WHERE bytes > 0) AS oldest, max(bounds[2]) FILTER (WHERE bytes > 0) AS newest
    FROM weeks
  ), strays AS (
    SELECT coalesce(max(s.n_live_tup), 0) AS rows FROM pg_stat_all_tables s
    WHERE s.relid = to_regclass('productgraph.events_default')
  )
  SELECT 'events', 'partitions ahead',
    CASE WHEN has_this_week IS NOT TRUE THEN 'problem' WHEN ahead < 2 THEN 'warning' ELSE 'ok' END,
    format('%s weeks ahead of %s, made until %s', ahead, weeks, made_until),
    CASE WHEN has_this_week IS NOT TRUE OR ahead < 2
      THEN 'Run productgraph.maintain() every hour: events of other weeks go to events_default.' END,
    jsonb_build_object('weeks', weeks, 'weeks_ahead', ahead, 'made_until', made_until)
  FROM summed
  UNION ALL
  SELECT 'events', 'time range', 'ok',
    CASE WHEN oldest IS NULL THEN 'no events in any week' ELSE format('weeks from %s to %s', oldest, newest) END,
    NULL, jsonb_build_object('oldest_week_from', oldest, 'newest_week_to', newest)
  FROM summed
  UNION ALL
  SELECT 'events', 'events_default', CASE WHEN rows > 100000 THEN 'warning' ELSE 'ok' END, format('about %s rows', rows),
    CASE WHEN rows > 100000 THEN 'Make their weeks: productgraph.create_partition(week), or create_partitions(from, to).' END,
    jsonb_build_object('rows', rows)
  FROM strays
$$;
COMMENT ON FUNCTION status_of_partitions() IS
'Part of store_status(): the weeks of events, by their partitions; no event is read.';

CREATE FUNCTION status_of_event_keys() RETURNS SETOF status_line
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  bytes bigint;
  rows bigint;
  oldest timestamptz;
BEGIN
  SELECT sum(pg_total_relation_size(t.relid)), sum(greatest(c.reltuples::bigint, s.n_live_tup, 0)) INTO bytes, rows
  FROM (SELECT 'productgraph.event_keys'::regclass AS relid
        UNION SELECT p.relid FROM pg_partition_tree('productgraph.event_keys') p) t
  JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'r' LEFT JOIN pg_stat_all_tables s ON s.relid = t.relid;
  -- Of some 4 MB of it: the table may be large. A role that the policies confine to one organization is told nothing.
  IF pg_has_role('productgraph_owner', 'USAGE') OR NOT row_security_active('productgraph.event_keys') THEN
    EXECUTE format('SELECT min(received_at) FROM productgraph.event_keys TABLESAMPLE SYSTEM (%s)',
      least(100, 100 * 4194304.0 / greatest(bytes, 1))) INTO oldest;
  END IF;
  RETURN NEXT ('events', 'event_keys', CASE WHEN oldest < now() - interval '60 days' THEN 'warning' ELSE 'ok' END,
    format('about %s keys, %s, oldest about %s', rows, pg_size_pretty(bytes), coalesce(oldest::text, 'unknown')),
    CASE WHEN oldest < now() - interval '60 days'
      THEN 'Run productgraph.maintain(): it forgets keys after 30 days. Unless a longer time is wanted.' END,
    jsonb_build_object('rows', rows, 'bytes', bytes, 'oldest', oldest))::productgraph.status_line;
END
$$;
COMMENT ON FUNCTION status_of_event_keys() IS
'Part of store_status(): the size of event_keys, and its oldest key by a sample.';

CREATE FUNCTION status_of_maintenance() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH last AS (
    SELECT max(r.run_at) AS run_at FROM productgraph.maintenance_runs r
  ), did AS (
    SELECT l.run_at, now() - l.run_at AS age, min(r.role) AS role, jsonb_object_agg(r.task, r.done) FILTER (WHERE r.task IS NOT NULL) AS tasks
    FROM last l LEFT JOIN productgraph.maintenance_runs r ON r.run_at = l.run_at GROUP BY l.run_at
  )
  SELECT 'maintenance', 'maintain()',
    CASE WHEN age IS NULL THEN 'warning' WHEN age > interval '7 days' THEN 'problem' WHEN age > interval '1 day' THEN 'warning' ELSE 'ok' END,
    CASE WHEN age IS NULL THEN 'never run' ELSE format('last run at %s by %s', run_at, role) END,
    CASE WHEN age IS NULL OR age > interval '1 day'
      THEN 'Run productgraph.maintain() every hour, with cron or pg_cron, as a member of productgraph_owner.' END,
    jsonb_build_object('run_at', run_at, 'role', role, 'done', tasks)
  FROM did
$$;
COMMENT ON FUNCTION status_of_maintenance() IS 'Part of store_status(): the last run of maintain() and what it did.';

CREATE FUNCTION status_of_versions() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'version', 'productgraph', CASE WHEN e.extversion = l.version THEN 'ok' ELSE 'problem' END,
    format('SQL %s, library %s', e.extversion, l.version),
    CASE WHEN e.extversion <> l.version
      THEN 'Run ALTER EXTENSION productgraph UPDATE and productgraph.setup(), then start sessions anew.' END,
    jsonb_build_object('sql', e.extversion, 'library', l.version)
  FROM pg_extension e, productgraph.library_version() AS l(version) WHERE e.extname = 'productgraph'
  UNION ALL
  SELECT 'version', 'PostgreSQL', 'ok', current_setting('server_version'), NULL,
    jsonb_build_object('server_version_num', current_setting('server_version_num')::integer)
$$;
COMMENT ON FUNCTION status_of_versions() IS 'Part of store_status(): versions of the library, its SQL and the server.';

-- What each setting must not be, and what follows if it is.
CREATE FUNCTION status_of_settings() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH rules (name, bad, status, hint) AS (VALUES
    ('fsync', '^off$', 'problem', 'A crash of the machine can lose or break everything: turn it on.'),
    ('full_page_writes', '^off$', 'problem', 'A crash of the machine can break tables: turn it on.'),
    ('synchronous_commit', '^(off|local)$', 'problem',
     'Events answered 202 can be lost: off in a crash, local with a failover. Set it to on.'),
    ('autovacuum', '^off$', 'problem', 'Tables grow and transaction ids run out: turn it on.'),
    ('track_counts', '^off$', 'problem', 'Autovacuum and this function count with it: turn it on.'),
    ('zero_damaged_pages', '^on$', 'problem', 'Damaged pages are emptied: turn it off.'),
    ('default_transaction_isolation', '^(repeatable read|serializable)$', 'warning',
     'Ingestion then fails whenever two statements meet, and organizations cannot be deleted: use read committed.'),
    ('default_transaction_read_only', '^on$', 'problem', 'Ingestion cannot write: turn it off.'),
    ('log_parameter_max_length', '^(-1|[1-9].*)$', 'warning',
     'Where statements are logged, bodies of requests are, before redaction: set it to 0 for the sidecar''s role.')
  ), given AS (
    SELECT r.*, s.setting, NULL AS whose, r.name <> 'log_parameter_max_length' OR logs.statements AS matters
    FROM rules r JOIN pg_settings s ON s.name = r.name,
      (SELECT bool_or(setting <> '-1' AND setting <> 'none') AS statements FROM pg_settings
       WHERE name IN ('log_statement', 'log_min_duration_statement', 'log_min_duration_sample')) logs
    UNION ALL
    SELECT r.*, split_part(c.line, '=', 2),
      concat_ws(' in ', nullif(s.setrole, 0)::regrole::text, (SELECT datname FROM pg_database d WHERE d.oid = s.setdatabase)), true
    FROM pg_db_role_setting s, unnest(s.setconfig) AS c(line), rules r
    WHERE r.name = split_part(c.line, '=', 1) AND split_part(c.line, '=', 2) ~ r.bad AND r.status = 'problem'
      AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  )
  SELECT 'setting', name || coalesce(' of ' || whose, ''), CASE WHEN setting ~ bad AND matters THEN status ELSE 'ok' END,
    setting, CASE WHEN setting ~ bad AND matters THEN hint END, jsonb_build_object('setting', setting)
  FROM given
$$;
COMMENT ON FUNCTION status_of_settings() IS
'Part of store_status(): settings of the server as this session has them, and bad ones of roles and this database.';

CREATE FUNCTION status_of_transactions() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
  WITH ids AS (
    SELECT greatest(max(age(c.relfrozenxid)), 0) AS age FROM pg_class c
    WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 't', 'm')
  ), oldest AS (
    SELECT now() - min(a.xact_start) AS age FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
  ), slots AS (
    SELECT count(*) AS lagging FROM pg_replication_slots s WHERE NOT s.active
  )
  SELECT 'transactions', 'age of rows not frozen', CASE WHEN age > 1500000000 THEN 'problem' WHEN age > 500000000 THEN 'warning' ELSE 'ok' END,
    format('%s transactions', age), CASE WHEN age > 500000000 THEN 'VACUUM (FREEZE) the oldest tables before ids run out.' END,
    jsonb_build_object('transactions', age)
  FROM ids
  UNION ALL
  SELECT 'transactions', 'oldest open', CASE WHEN age > interval '1 hour' THEN 'warning' ELSE 'ok' END, coalesce(age::text, 'none seen'),
    CASE WHEN age > interval '1 hour' THEN 'Dead rows stay while it lasts: end it, set idle_in_transaction_session_timeout.' END,
    jsonb_build_object('seconds', extract(epoch FROM age))
  FROM oldest
  UNION ALL
  SELECT 'transactions', 'unused replication slots', CASE WHEN lagging > 0 THEN 'warning' ELSE 'ok' END, lagging::text,
    CASE WHEN lagging > 0 THEN 'They keep write-ahead log until the disk is full: drop those nobody needs.' END,
    jsonb_build_object('slots', lagging)
  FROM slots
$$;
COMMENT ON FUNCTION status_of_transactions() IS 'Part of store_status(): what keeps dead rows and write-ahead log.';

CREATE FUNCTION store_status() RETURNS SETOF status_line
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
BEGIN
  IF to_regclass('productgraph.events') IS NULL OR to_regclass('productgraph.maintenance_runs') IS NULL THEN
    RETURN NEXT ('version', 'store', 'problem', 'not set up', 'Run: SELECT productgraph.setup();', NULL)::productgraph.status_line;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT * FROM productgraph.status_of_versions()
    UNION ALL SELECT * FROM productgraph.status_of_maintenance()
    UNION ALL SELECT * FROM productgraph.status_of_partitions()
    UNION ALL SELECT * FROM productgraph.status_of_event_keys()
    UNION ALL SELECT * FROM productgraph.status_of_settings()
    UNION ALL SELECT * FROM productgraph.status_of_transactions()
    UNION ALL SELECT * FROM productgraph.status_of_tables();
END
$$;
COMMENT ON FUNCTION store_status() IS
'How the store is doing, a row a check: topic, subject, status (ok, warning, problem), value, what to do about it (hint, '
'NULL when ok) and the figures for machines (details). Rows are the estimates of PostgreSQL''s statistics, sizes are '
'bytes; no event is read. Of the whole store: for service roles, members of productgraph_owner and superusers.';
-- Who may call what is not for everybody: whoever installs the extension, who need not be a superuser, and through
-- the grants of setup() the roles of the store.
DO $$
DECLARE
  guarded regprocedure;
BEGIN
  FOREACH guarded IN ARRAY ARRAY[
    'ingest(text, text)', 'ingest(jsonb, text)', 'ingest_requests(bytea[], bytea[], text[], text[])',
    'setup()', 'setup_roles()', 'setup_tenant_tables()', 'setup_event_tables()', 'setup_security()', 'setup_removal()',
    'secure_table(regclass, name)', 'add_policy(regclass, name, text)', 'create_default_partition()',
    'create_partition(timestamptz)', 'create_partitions(timestamptz, timestamptz)', 'maintain(interval, interval, bigint)',
    'enter_org(uuid)', 'enter_org_to_maintain(uuid)', 'leave_org(uuid)', 'create_organization(text, text)',
    'create_project(uuid, text, text, jsonb)', 'create_api_key(uuid, text, text, text[], timestamptz)',
    'remove_organization_rows()', 'drop_organization(uuid)', 'remove_project_rows()', 'drop_project(text)',
    'remove_project_events(uuid, text)', 'forget_user(text, text)', 'rebuild_sessions(uuid, text, text[])',
    'delete_expired_rows(bigint)', 'delete_expired_events(uuid, text, tstzmultirange, bigint)',
    'is_expired_week(regclass, timestamptz)', 'expired_weeks()', 'drop_expired_weeks()', 'revoke_api_key(uuid, uuid)',
    'rotate_api_key(uuid, uuid, timestamptz, timestamptz)', 'note_key_uses(bytea[])',
    'add_member(regrole, uuid)', 'remove_member(regrole, uuid)',
    'setup_redaction()', 'add_redaction()', 'set_redaction(text, text[], text[], text[], text[])',
    'redacted_hash(text, text)',
    'setup_packed_tables()', 'setup_packing()', 'watch_events(regclass)', 'receipt_floor()', 'begin_packing()',
    'pack_week(uuid, text, timestamptz, bigint, timestamptz)', 'unpack_week(uuid, text, timestamptz)',
    'forget_packed(uuid, text, timestamptz)', 'note_unpacked(uuid, text, timestamptz)',
    'unpacked_events(timestamptz, timestamptz)', 'forget_dropped_weeks()', 'forget_all_packed(uuid)',
    'pack_events(bigint, timestamptz)', 'rebuild_segments(text, timestamptz, timestamptz)', 'unpack_changed()',
    'forget_packed_project(uuid, text)', 'rebuild_week(uuid, text, timestamptz, timestamptz)',
    'order_quiet_weeks(timestamptz, bigint, interval)', 'summarize_receipts()', 'segment_events(bytea, bytea)',
    'setup_maintenance_record()', 'record_maintenance(text, bigint, bigint)',
    'maintenance_position(text)', 'forget_event_keys(timestamptz, bigint, bigint)', 'store_status()', 'status_of_tables()',
    'status_of_partitions()', 'status_of_event_keys()', 'status_of_maintenance()', 'status_of_versions()',
    'status_of_settings()', 'status_of_transactions()'
  ]::regprocedure[] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', guarded);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s WITH GRANT OPTION', guarded, '@extowner@');
  END LOOP;
END
$$;
