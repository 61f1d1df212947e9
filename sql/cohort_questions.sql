-- Who comes, comes back and stays away: active_users(), lifecycle(), stickiness(), retention_table().

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
BEGIN
  IF period = 'hour' THEN
    RAISE 'unknown period "hour"' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Active users are those of a day, week or month; trend(…, measure => ''unique'') counts those of an hour.';
  END IF;
  PERFORM productgraph.check_range(since, until);
  -- An active day counts for a window of w days until its end or the actor's next active day, whichever is first; so
  -- sums of what begins and ends are distinct counts.
  RETURN QUERY EXECUTE format(
    'WITH days AS MATERIALIZED (
       SELECT %s AS day, %s AS n, %s AS actor FROM productgraph.events e
       WHERE %4$s AND %5$s AND %3$s IS NOT NULL GROUP BY 1, 2, 3
     ), marked AS MATERIALIZED (
       SELECT day, n, lag(n) OVER w AS previous_n, lead(day) OVER w AS next_day
       FROM days WINDOW w AS (PARTITION BY actor ORDER BY day)
     ), active AS MATERIALIZED (
       SELECT n, count(*) AS days, count(*) FILTER (WHERE previous_n IS DISTINCT FROM n) AS actors,
         count(*) FILTER (WHERE previous_n IS NULL) AS new_actors, min(day) AS first_day
       FROM marked GROUP BY n
     ), changes AS (
       SELECT day, count(*) AS in_7, count(*) AS in_30 FROM marked GROUP BY day
       UNION ALL SELECT least(day + 7, next_day), -count(*), 0 FROM marked GROUP BY 1
       UNION ALL SELECT least(day + 30, next_day), 0, -count(*) FROM marked GROUP BY 1
     ), periods AS (
       SELECT n, %6$s AS starts, %7$s AS first_day, least(%8$s - 1, %9$s) AS last_day FROM %10$s s(n)
     ), rolling AS (
       SELECT day, sum(sum(in_7)) OVER w AS in_7, sum(sum(in_30)) OVER w AS in_30
       FROM (SELECT * FROM changes UNION ALL SELECT last_day, 0, 0 FROM periods) c
       GROUP BY day WINDOW w AS (ORDER BY day)
     )
     SELECT p.starts, coalesce(a.actors, 0), coalesce(a.new_actors, 0), r.in_7::bigint, r.in_30::bigint,
       round(coalesce(a.days, 0)::numeric / (p.last_day - p.first_day + 1) / nullif(r.in_30, 0), 4)
     FROM periods p JOIN rolling r ON r.day = p.last_day LEFT JOIN active a ON a.n = p.n
     ORDER BY p.n',
    productgraph.period_number('day', zone), productgraph.period_number(period, zone), counted,
    productgraph.question_scope(project, '-infinity', until, filter), productgraph.any_step_condition(what),
    productgraph.period_start(period, zone, 'n'),
    productgraph.period_number('day', zone, productgraph.period_start(period, zone, 'n')),
    productgraph.period_number('day', zone, productgraph.period_start(period, zone, 'n + 1')), last_day,
    productgraph.period_series(period, zone, since, until, 'days'));
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
BEGIN
  PERFORM productgraph.check_range(since, until);
  RETURN QUERY EXECUTE format(
    'WITH active AS MATERIALIZED (
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
     )
     SELECT %5$s, coalesce(p.new, 0), coalesce(p."returning", 0), coalesce(p.resurrecting, 0), coalesce(a.dormant, 0)
     FROM %6$s s(n) LEFT JOIN present p ON p.n = s.n LEFT JOIN absent a ON a.n = s.n
     ORDER BY s.n',
    productgraph.period_number(period, zone), productgraph.actor_expression(actor),
    productgraph.question_scope(project, '-infinity', until, filter), productgraph.any_step_condition(what),
    productgraph.period_start(period, zone, 's.n'),
    productgraph.period_series(period, zone, since, until, 'active'));
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
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH active AS (
       SELECT %s AS n, %s AS actor FROM productgraph.events e
       WHERE %s AND %s AND %2$s IS NOT NULL GROUP BY 1, 2
     ), counted AS MATERIALIZED (
       SELECT periods, count(*) AS actors FROM (SELECT count(*)::integer AS periods FROM active GROUP BY actor) a
       GROUP BY periods
     )
     SELECT s.periods, coalesce(c.actors, 0), round(coalesce(c.actors, 0) / (SELECT sum(actors) FROM counted), 4)
     FROM generate_series(1, (SELECT max(periods) FROM counted)) s(periods) LEFT JOIN counted c USING (periods)
     ORDER BY s.periods',
    productgraph.period_number(period, productgraph.check_timezone(timezone)), productgraph.actor_expression(actor),
    productgraph.question_scope(project, since, until, filter), productgraph.any_step_condition(what));
END
$$;
COMMENT ON FUNCTION stickiness(text, steps, text, timestamptz, timestamptz, jsonb, text, text) IS
'Actors by the number of distinct periods of [since, until) in which they were active, from 1 to the largest number, '
'and their share of all active actors (0 to 1, four decimals). what: events that match any of these steps, NULL = all. '
'period: hour, day, week, month, by the calendar of the time zone. Errors: 42704 unknown project, 42703 unknown field, '
'22023 wrong period, range, filter, actor, step or time zone.';

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
  number text := productgraph.period_number(period, zone);
  counted text := productgraph.actor_expression(actor);
  label text := CASE WHEN breakdown IS NULL THEN 'NULL::text'
                     ELSE '(' || productgraph.field_expression(breakdown) || ')::text' END;
  length interval := CASE productgraph.check_period(period) WHEN '1 month' THEN interval '720 hours'
                          WHEN '7 days' THEN '168 hours' WHEN '1 day' THEN '24 hours' ELSE '1 hour' END;
  rolling boolean := periods_by = 'rolling';
  firsts integer[];
  starts text;
  returns text;
  scope text := productgraph.question_scope(project, CASE cohort WHEN 'first' THEN '-infinity' ELSE since END,
                                            until, filter);
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
    productgraph.question_scope(project, since, CASE retained WHEN 'on' THEN until + length * 1.1 * (periods + 2)
                                                ELSE 'infinity' END, filter),
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
     ), brackets AS (
       SELECT b AS first, coalesce(lead(b) OVER (ORDER BY b), $2) AS ends FROM unnest($1) b
     )
     SELECT c.starts, z.label, z.size, b.first, coalesce(sum(r.actors), 0)::bigint,
       round(coalesce(sum(r.actors), 0) / z.size, 4), %s <= now()
     FROM sizes z CROSS JOIN brackets b CROSS JOIN LATERAL (SELECT %s AS starts, %s AS next_starts) c
     LEFT JOIN reached r ON r.n = z.n AND r.label IS NOT DISTINCT FROM z.label AND r.point %s b.first
     WHERE %s <= now()
     GROUP BY z.n, z.label, z.size, b.first, b.ends, c.starts, c.next_starts
     ORDER BY z.n, z.label COLLATE "C" NULLS LAST, b.first',
    productgraph.period_number(period, zone, 's.started_at'), starts, productgraph.timestamp_literal(since), returns,
    CASE WHEN rolling
      THEN format('floor(date_part(''epoch'', r.returned_at - s.started_at) / %s)::integer', extract(epoch FROM length)::integer)
      ELSE '(r.n - s.n)::integer' END,
    CASE WHEN retained = 'on' AND rolling THEN format('AND r.returned_at < s.started_at + %L::interval', length * periods)
         WHEN retained = 'on' THEN format('AND r.n < s.n + %s', periods) ELSE '' END,
    -- By the calendar an actor comes once for each cohort and period as it is.
    CASE WHEN retained = 'on_or_after' THEN 'SELECT n, label, actor, max(away) AS point FROM kept GROUP BY n, label, actor'
         WHEN rolling OR brackets IS NOT NULL
         THEN 'SELECT DISTINCT n, label, actor, $1[width_bucket(away, $1)] AS point FROM kept'
         ELSE 'SELECT n, label, away AS point FROM kept' END,
    CASE WHEN rolling THEN format('c.next_starts + b.ends * %L::interval', length)
         ELSE productgraph.period_start(period, zone, 'z.n + b.ends') END,
    productgraph.period_start(period, zone, 'z.n'), productgraph.period_start(period, zone, 'z.n + 1'),
    CASE retained WHEN 'on' THEN '=' ELSE '>=' END,
    CASE WHEN rolling THEN format('c.starts + b.first * %L::interval', length)
         ELSE productgraph.period_start(period, zone, 'z.n + b.first') END)
  USING firsts, periods;
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
