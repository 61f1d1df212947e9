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
  counts productgraph.activity_count[];
  days text;
BEGIN
  IF period = 'hour' THEN
    RAISE 'unknown period "hour"' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Active users are those of a day, week or month; trend(…, measure => ''unique'') counts those of an hour.';
  END IF;
  PERFORM productgraph.check_range(since, until);
  counts := productgraph.activity_from_segments('active_users()', project, what, 'day', period, '-infinity', until, filter, actor, zone);
  -- An active day counts for a window of w days until its end or the actor's next active day, whichever is first; so
  -- sums of what begins and ends are distinct counts.
  days := CASE WHEN counts IS NOT NULL THEN format(
    'counted AS MATERIALIZED (
       SELECT c.*, number::integer AS day, %s AS n FROM unnest($1) c
     ), days AS (
       SELECT day, n FROM counted WHERE active > 0
     ), active AS (
       SELECT n, sum(active)::bigint AS days, sum(joining)::bigint AS actors, sum(fresh)::bigint AS new_actors
       FROM counted WHERE active > 0 GROUP BY n
     ), changes AS (
       SELECT day, active - out_of_7 AS in_7, active - out_of_30 AS in_30 FROM counted
     )', productgraph.period_number(period, zone, productgraph.period_start('day', zone, 'c.number')))
  ELSE format(
    'days AS MATERIALIZED (
       SELECT %s AS day, %s AS n, %s AS actor FROM productgraph.events e
       WHERE %4$s AND %5$s AND %3$s IS NOT NULL GROUP BY 1, 2, 3
     ), marked AS MATERIALIZED (
       SELECT day, n, lag(n) OVER w AS previous_n, lead(day) OVER w AS next_day
       FROM days WINDOW w AS (PARTITION BY actor ORDER BY day)
     ), active AS MATERIALIZED (
       SELECT n, count(*) AS days, count(*) FILTER (WHERE previous_n IS DISTINCT FROM n) AS actors,
         count(*) FILTER (WHERE previous_n IS NULL) AS new_actors
       FROM marked GROUP BY n
     ), changes AS (
       SELECT day, count(*) AS in_7, count(*) AS in_30 FROM marked GROUP BY day
       UNION ALL SELECT least(day + 7, next_day), -count(*), 0 FROM marked GROUP BY 1
       UNION ALL SELECT least(day + 30, next_day), 0, -count(*) FROM marked GROUP BY 1
     )',
    productgraph.period_number('day', zone), productgraph.period_number(period, zone), counted,
    productgraph.question_scope(project, '-infinity', until, filter), productgraph.any_step_condition(what)) END;
  RETURN QUERY EXECUTE format(
    'WITH %s, periods AS (
       SELECT n, %s AS starts, %s AS first_day, least(%s - 1, %s) AS last_day FROM %s s(n)
     ), rolling AS (
       SELECT day, sum(sum(in_7)) OVER w AS in_7, sum(sum(in_30)) OVER w AS in_30
       FROM (SELECT * FROM changes UNION ALL SELECT last_day, 0, 0 FROM periods) c
       GROUP BY day WINDOW w AS (ORDER BY day)
     )
     SELECT p.starts, coalesce(a.actors, 0), coalesce(a.new_actors, 0), r.in_7::bigint, r.in_30::bigint,
       round(coalesce(a.days, 0)::numeric / (p.last_day - p.first_day + 1) / nullif(r.in_30, 0), 4)
     FROM periods p JOIN rolling r ON r.day = p.last_day LEFT JOIN active a ON a.n = p.n
     ORDER BY p.n',
    days, productgraph.period_start(period, zone, 'n'),
    productgraph.period_number('day', zone, productgraph.period_start(period, zone, 'n')),
    productgraph.period_number('day', zone, productgraph.period_start(period, zone, 'n + 1')), last_day,
    productgraph.period_series(period, zone, since, until, 'days'))
  USING counts;
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
  counts productgraph.activity_count[];
  present text;
BEGIN
  PERFORM productgraph.check_range(since, until);
  counts := productgraph.activity_from_segments('lifecycle()', project, what, period, NULL, '-infinity', until, filter, actor, zone);
  present := CASE WHEN counts IS NOT NULL THEN
    'active AS (
       SELECT number AS n FROM unnest($1) WHERE active > 0
     ), present AS (
       SELECT number AS n, fresh AS new, "returning", resurrecting FROM unnest($1)
     ), absent AS (
       SELECT number + 1 AS n, leaving AS dormant FROM unnest($1)
     )'
  ELSE format(
    'active AS MATERIALIZED (
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
     )',
    productgraph.period_number(period, zone), productgraph.actor_expression(actor),
    productgraph.question_scope(project, '-infinity', until, filter), productgraph.any_step_condition(what)) END;
  RETURN QUERY EXECUTE format(
    'WITH %s
     SELECT %s, coalesce(p.new, 0), coalesce(p."returning", 0), coalesce(p.resurrecting, 0), coalesce(a.dormant, 0)
     FROM %s s(n) LEFT JOIN present p ON p.n = s.n LEFT JOIN absent a ON a.n = s.n
     ORDER BY s.n',
    present, productgraph.period_start(period, zone, 's.n'),
    productgraph.period_series(period, zone, since, until, 'active'))
  USING counts;
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
DECLARE
  zone text := productgraph.check_timezone(timezone);
  counts productgraph.stickiness_count[];
  counted text;
BEGIN
  PERFORM productgraph.check_range(since, until);
  counts := productgraph.stickiness_from_segments(project, what, period, since, until, filter, actor, zone);
  counted := CASE WHEN counts IS NOT NULL THEN 'SELECT * FROM unnest($1)'
  ELSE format(
    'SELECT periods, count(*) AS actors
     FROM (SELECT count(*)::integer AS periods FROM (
             SELECT %s AS n, %s AS actor FROM productgraph.events e
             WHERE %s AND %s AND %2$s IS NOT NULL GROUP BY 1, 2) active GROUP BY actor) a
     GROUP BY periods',
    productgraph.period_number(period, zone), productgraph.actor_expression(actor),
    productgraph.question_scope(project, since, until, filter), productgraph.any_step_condition(what)) END;
  RETURN QUERY EXECUTE format(
    'WITH counted AS MATERIALIZED (%s)
     SELECT s.periods, coalesce(c.actors, 0), round(coalesce(c.actors, 0) / (SELECT sum(actors) FROM counted), 4)
     FROM generate_series(1, (SELECT max(periods) FROM counted)) s(periods) LEFT JOIN counted c USING (periods)
     ORDER BY s.periods', counted)
  USING counts;
END
$$;
COMMENT ON FUNCTION stickiness(text, steps, text, timestamptz, timestamptz, jsonb, text, text) IS
'Actors by the number of distinct periods of [since, until) in which they were active, from 1 to the largest number, '
'and their share of all active actors (0 to 1, four decimals). what: events that match any of these steps, NULL = all. '
'period: hour, day, week, month, by the calendar of the time zone. Errors: 42704 unknown project, 42703 unknown field, '
'22023 wrong period, range, filter, actor, step or time zone.';
