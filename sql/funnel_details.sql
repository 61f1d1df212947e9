-- Who gets how far in a funnel, when, and how fast.

CREATE FUNCTION funnel_actors(
  project text, steps steps DEFAULT NULL, reached integer DEFAULT NULL, dropped boolean DEFAULT false, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  OUT who text, OUT steps_reached integer, OUT started_at timestamptz, OUT reached_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  last_step integer := coalesce(reached, jsonb_array_length(list::jsonb));
BEGIN
  IF last_step NOT BETWEEN 1 AND jsonb_array_length(list::jsonb) THEN
    RAISE 'there is no step %', last_step USING ERRCODE = 'invalid_parameter_value',
      HINT = format('Steps are 1 to %s.', jsonb_array_length(list::jsonb));
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT actor, cardinality(times), times[1], times[cardinality(times)] FROM (%s) attempts
     WHERE CASE WHEN $2 THEN times[$1] IS NULL AND cardinality(times) >= $3 ELSE times[$1] IS NOT NULL END
     ORDER BY 3, 1, 4',
    productgraph.attempts_source('funnel_actors()', true, project, list, within, since, until, actor, filter, hold, in_session,
      exclude_incomplete, step_order, per_step, exclude, counting))
  USING last_step, dropped, (productgraph.previous_steps(list))[last_step];
END
$$;
COMMENT ON FUNCTION funnel_actors(
  text, steps, integer, boolean, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text, boolean,
  steps, text) IS
'The actors that funnel() counts at a step ("reached", by default the last one), or with dropped those that reached the '
'step before it (the last that is not optional) and not this one: how many steps each came to, and when it took the first '
'and the last of them. With counting total one row for each attempt. Options and errors as in funnel(); 22023 when there '
'is no such step.';

CREATE FUNCTION funnel_trend(
  project text, steps steps DEFAULT NULL, period text DEFAULT 'day', within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', timezone text DEFAULT NULL, journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  OUT period_start timestamptz, OUT entered bigint, OUT completed bigint, OUT conversion numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 30
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  zone text := productgraph.check_timezone(timezone);
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH counted AS (
       SELECT period_number AS n, count(*) AS entered, count(*) FILTER (WHERE cardinality(times) = $1) AS completed
       FROM (%s) attempts GROUP BY 1
     )
     SELECT %s, coalesce(c.entered, 0), coalesce(c.completed, 0), round(c.completed::numeric / c.entered, 4)
     FROM %s s(n) LEFT JOIN counted c ON c.n = s.n ORDER BY s.n',
    productgraph.attempts_source('funnel_trend()', false, project, list, within, since, until, actor, filter, hold, in_session,
      exclude_incomplete, step_order, per_step, exclude, counting, period, zone),
    productgraph.period_start(period, zone, 's.n'),
    productgraph.period_series(period, zone, '-infinity', 'infinity', 'counted'))
  USING jsonb_array_length(list::jsonb);
END
$$;
COMMENT ON FUNCTION funnel_trend(
  text, steps, text, interval, timestamptz, timestamptz, text, jsonb, text, text, text, boolean, boolean, text, boolean, steps,
  text) IS
'By the period (hour, day, week, month of the time zone, by default the session''s) in which attempts begin: the actors '
'that entered the funnel in it and those of them whose best attempt from it completed, and the share (NULL when nobody '
'entered); with counting total the attempts. Periods between the first and the last with an entry are all there. Options '
'and errors as in funnel(); 22023 too for attempts that may take more than 1,000 periods, 54000 for more than 10,000 of '
'them.';

CREATE FUNCTION funnel_times(
  project text, steps steps DEFAULT NULL, from_step integer DEFAULT 1, to_step integer DEFAULT NULL, bins integer DEFAULT 10,
  within interval DEFAULT '1 day', since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity',
  actor text DEFAULT 'user', filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  OUT bin_start interval, OUT bin_end interval, OUT actors bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  last_step integer := coalesce(to_step, jsonb_array_length(list::jsonb));
BEGIN
  IF (from_step >= 1 AND last_step <= jsonb_array_length(list::jsonb) AND from_step < last_step) IS NOT TRUE THEN
    RAISE 'from_step (%) must lie before to_step (%), both between 1 and %', from_step, last_step,
      jsonb_array_length(list::jsonb) USING ERRCODE = 'invalid_parameter_value';
  ELSIF (bins BETWEEN 1 AND 1000) IS NOT TRUE THEN
    RAISE 'bins must be between 1 and 1000, not %', bins USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH needed AS (
       SELECT extract(epoch FROM times[$2] - times[$1]) AS seconds FROM (%s) attempts
       WHERE times[$1] IS NOT NULL AND times[$2] IS NOT NULL
     ), bounds AS (
       SELECT min(seconds) AS low, greatest((max(seconds) - min(seconds)) / $3, 0.000001) AS width FROM needed
     )
     SELECT make_interval(secs => (b.low + (bin - 1) * b.width)::float8), make_interval(secs => (b.low + bin * b.width)::float8),
       count(n.seconds)
     FROM bounds b, generate_series(1, $3) bin
     LEFT JOIN needed n ON bin = least(floor((n.seconds - (SELECT low FROM bounds)) / (SELECT width FROM bounds)) + 1, $3)
     WHERE b.low IS NOT NULL
     GROUP BY bin, b.low, b.width ORDER BY bin',
    productgraph.attempts_source('funnel_times()', false, project, list, within, since, until, actor, filter, hold, in_session,
      exclude_incomplete, step_order, per_step, exclude, counting))
  USING from_step, last_step, bins;
END
$$;
COMMENT ON FUNCTION funnel_times(
  text, steps, integer, integer, integer, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text,
  boolean, steps, text) IS
'A histogram of the time that actors need from one step to another (by default from the first to the last) in their best '
'attempt, or with counting total in each: equal bins from the shortest time to the longest, each with its start (included) '
'and end (excluded but for the last). No rows when nobody got there. Options and errors as in funnel(); 22023 for wrong '
'steps or bins (1 to 1,000).';
