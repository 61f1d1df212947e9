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
  PERFORM productgraph.require_store();
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
