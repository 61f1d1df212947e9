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
