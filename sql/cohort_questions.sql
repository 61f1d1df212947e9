-- Who comes, comes back and stays away: active_users(), lifecycle(), stickiness().

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
