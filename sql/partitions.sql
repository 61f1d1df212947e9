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
