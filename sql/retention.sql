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
    PERFORM productgraph.report_progress(format('deleting expired rows of project "%s"', expiring.id), done, max_rows);
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
