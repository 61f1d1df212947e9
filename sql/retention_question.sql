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
