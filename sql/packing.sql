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
  ELSIF productgraph.has_subscription() THEN
    PERFORM productgraph.unpack_week(p.org_id, p.project_id, p.week)
    FROM productgraph.packed_weeks p WHERE p.packed_until > '-infinity' ORDER BY p.week DESC, p.org_id, p.project_id;
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
        PERFORM productgraph.record_maintenance_error('events packed',
          format('project "%s", week of %s: %s', waiting.project_id, scope.week, SQLERRM));
      END;
      BEGIN
        PERFORM productgraph.note_unpacked(waiting.org_id, waiting.project_id, scope.week);
      EXCEPTION WHEN lock_not_available THEN
        NULL; -- What somebody has locked is noted.
      END;
    END LOOP;
    EXIT WHEN packed >= most;
  END LOOP;
  packed := packed + productgraph.order_quiet_weeks(received_before, most - packed);
END
$$;
COMMENT ON FUNCTION pack_events(bigint, timestamptz) IS
'Part of maintain(): packs the events that are not packed yet, the latest weeks first, until it has packed at least so many. '
'Ingestion and questions go on meanwhile. Returns how many events it packed and how many segments it merged; nothing '
'when received_before, which is what begin_packing() returned in this transaction, is NULL: another session is at it; and '
'where has_subscription() it unpacks instead. A week that cannot be packed is left for the next time with a warning, which '
'maintenance_runs notes.';

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
