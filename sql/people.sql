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
  spans tstzrange[] := ARRAY(SELECT productgraph.event_spans());
  span tstzrange;
  parts bigint := 0;
  deleted bigint;
  met text[];
  seen text[] := '{}';
  counts record;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'users can be forgotten in READ COMMITTED transactions only' USING ERRCODE = 'invalid_transaction_state';
  END IF;
  PERFORM productgraph.report_progress(format('forgetting a user of project "%s": looking for traces', project));
  traces := productgraph.traces_of_person(project, user_id);
  removed := 0;
  FOREACH span IN ARRAY spans LOOP
    PERFORM productgraph.report_progress(format('forgetting a user of project "%s": deleting events, by week', project),
      parts, cardinality(spans));
    WITH gone AS (
      DELETE FROM productgraph.events e
      WHERE e.org_id = org AND e.project_id = project
        AND (lower(span) IS NULL OR e.timestamp >= lower(span)) AND (upper(span) IS NULL OR e.timestamp < upper(span))
        AND productgraph.is_of_person(traces, e.user_id, e.user_anonymous_id, e.session_id)
      RETURNING e.session_id
    )
    SELECT count(*), coalesce(array_agg(DISTINCT g.session_id), '{}') FROM gone g INTO deleted, met;
    removed := removed + deleted;
    seen := seen || met;
    parts := parts + 1;
  END LOOP;
  what := 'events';
  RETURN NEXT;
  PERFORM productgraph.report_progress(format('forgetting a user of project "%s": sessions', project));
  seen := ARRAY(SELECT DISTINCT s FROM unnest(seen || traces.sessions) s);
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
