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
