-- Partitions of events: a week each, from Monday 00:00 UTC, made ahead, and a default one for every other time.

CREATE FUNCTION is_attached(partition regclass) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = partition AND i.inhparent = to_regclass('productgraph.events')
                 AND NOT i.inhdetachpending)
$$;
COMMENT ON FUNCTION is_attached(regclass) IS 'Whether a table is a partition of events.';

CREATE FUNCTION create_default_partition() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF to_regclass('productgraph.events_default') IS NULL THEN
    CREATE TABLE productgraph.events_default PARTITION OF productgraph.events DEFAULT;
    PERFORM productgraph.secure_table('productgraph.events_default');
  ELSIF NOT productgraph.is_attached('productgraph.events_default') THEN
    RAISE WARNING 'productgraph.events_default is detached from events: events of weeks without a partition are refused'
      USING HINT = 'ALTER TABLE productgraph.events ATTACH PARTITION productgraph.events_default DEFAULT';
  END IF;
END
$$;
COMMENT ON FUNCTION create_default_partition() IS
'Part of setup(): the home of events from outside the weeks made. Warns when it is there and detached.';

CREATE FUNCTION create_partition(week timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  from_time timestamptz := date_trunc('week', week);
  to_time timestamptz;
  partition text;
  columns text;
BEGIN
  -- Others have no name of eight digits.
  IF (from_time >= '0001-01-01' AND from_time < '10000-01-01') IS NOT TRUE THEN
    RAISE 'events have no week of %', coalesce(week::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Weeks are those of the years 1 to 9999; other events lie in events_default.';
  END IF;
  to_time := from_time + interval '7 days';
  partition := format('productgraph.%I', 'events_' || to_char(from_time, 'YYYYMMDD'));
  IF to_regclass(partition) IS NOT NULL THEN
    IF NOT productgraph.is_attached(partition::regclass) THEN
      RAISE 'table % is detached from events', partition USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = format('Rename it; or move to it what events_default has of that week, and ALTER TABLE productgraph.events '
                      'ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L).', partition, from_time, to_time);
    END IF;
    RETURN false;
  END IF;
  -- Of one that was there before and was dropped.
  PERFORM productgraph.forget_dropped_weeks();
  -- Made apart and attached, which holds up readers and writers less than creating it in place. What identity gives is the parent's.
  EXECUTE format('CREATE TABLE %s (LIKE productgraph.events INCLUDING ALL EXCLUDING IDENTITY)%s', partition,
    (SELECT format(' TABLESPACE %I', s.spcname) FROM pg_class c JOIN pg_tablespace s ON s.oid = c.reltablespace
     WHERE c.oid = 'productgraph.events'::regclass));
  -- Rows of that week that came before it was there.
  IF to_regclass('productgraph.events_default') IS NOT NULL THEN
    LOCK TABLE productgraph.events_default IN SHARE ROW EXCLUSIVE MODE;
    columns := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                WHERE a.attrelid = 'productgraph.events'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '');
    EXECUTE format(
      'WITH moved AS (DELETE FROM productgraph.events_default WHERE timestamp >= %1$L AND timestamp < %2$L RETURNING %3$s)
       INSERT INTO %4$s (%3$s) SELECT %3$s FROM moved', from_time, to_time, columns, partition);
  END IF;
  EXECUTE format('ALTER TABLE productgraph.events ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                 partition, from_time, to_time);
  PERFORM productgraph.secure_table(partition::regclass);
  PERFORM productgraph.watch_events(partition::regclass);
  RETURN true;
END
$$;
COMMENT ON FUNCTION create_partition(timestamptz) IS
'Makes the partition of events for the week of a time, in the tablespace of events; false when it is there. Errors: 22023 a week '
'outside of the years 1 to 9999, 55000 a table of its name is there and detached.';

CREATE FUNCTION create_partitions(from_time timestamptz, to_time timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  most constant interval := '7000 days';
  week timestamptz;
  missing bigint := 0;
  hint text;
BEGIN
  IF NOT (isfinite(from_time) AND isfinite(to_time)) OR to_time > from_time + most THEN
    RAISE 'there are more than 1000 weeks from % to %', from_time, to_time
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Each is a table: make those that have events, which may lie in events_default till then.';
  END IF;
  FOR week IN SELECT generate_series(date_trunc('week', from_time), to_time, interval '7 days') LOOP
    BEGIN
      missing := missing + productgraph.create_partition(week)::integer;
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
      GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
      RAISE WARNING '%', SQLERRM USING HINT = hint;
    END;
  END LOOP;
  RETURN missing;
END
$$;
COMMENT ON FUNCTION create_partitions(timestamptz, timestamptz) IS
'Makes the partitions of events for all weeks from one time to another; returns how many were missing. A week whose table is there '
'and detached is left with a warning. Errors: 22023 an infinite time, more than 1,000 weeks, a week outside of the years 1 to 9999.';
