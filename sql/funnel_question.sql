-- Funnels over the store: how far actors get, who they are, when, and how fast.

CREATE FUNCTION funnel_steps(project text, steps steps, journey text) RETURNS steps
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list productgraph.steps := steps;
BEGIN
  IF (steps IS NULL) = (journey IS NULL) THEN
    RAISE 'a funnel needs either steps or a declared journey' USING ERRCODE = 'invalid_parameter_value';
  ELSIF journey IS NOT NULL THEN
    list := productgraph.journey_steps(project, journey);
  END IF;
  IF jsonb_typeof(list::jsonb) <> 'array' OR jsonb_array_length(list::jsonb) NOT BETWEEN 1 AND 32 THEN
    RAISE 'a funnel needs a list of 1 to 32 steps' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN list;
END
$$;
COMMENT ON FUNCTION funnel_steps(text, steps, text) IS
'The steps of a funnel: those given, or those of a declared journey. Error 22023 unless it is one of the two and has 1 to '
'32 steps.';

CREATE FUNCTION funnel_attempts(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb,
  hold text, in_session boolean, exclude_incomplete boolean, period text DEFAULT NULL, timezone text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted text := productgraph.actor_expression(actor);
  conditions text[];
  -- What tells attempts apart besides the actor; of several the best one counts.
  held text := CASE WHEN hold IS NOT NULL THEN productgraph.field_expression(hold) END;
  apart text := concat(CASE WHEN in_session THEN ', e.session_id' END, ', ' || held);
  attempts text;
BEGIN
  PERFORM productgraph.check_range(since, until);
  IF within IS NULL OR NOT within >= interval '0' THEN
    RAISE 'within must not be null or negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT array_agg(productgraph.step_condition(s.value) ORDER BY s.ordinality) INTO conditions
  FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY s;
  -- The range of time is that of the first step; later steps follow within the window. With a period, an event takes part
  -- in every period from which it can be reached, and is a first step in its own one only.
  attempts := format(
    'SELECT %1$s AS actor, p.number AS period_number, productgraph.window_funnel_times(%2$L, ''strict_once'', e.timestamp, %3$s) AS times
     FROM productgraph.events e, LATERAL %4$s p(number)
     WHERE e.org_id = %5$L AND e.project_id = %6$L AND e.timestamp >= %7$L AND e.timestamp <= %8$L::timestamptz + %2$L::interval
       AND %9$s AND (%10$s) AND %1$s IS NOT NULL AND %11$s
     GROUP BY 1, 2%12$s',
    counted, within,
    array_to_string(ARRAY[concat(conditions[1], format(' AND e.timestamp < %L', until),
        CASE WHEN exclude_incomplete THEN format(' AND e.timestamp + %L::interval <= now()', within) END,
        CASE WHEN period IS NOT NULL THEN ' AND ' || productgraph.period_number(period, timezone) || ' = p.number' END)]
      || conditions[2:], ', '),
    CASE WHEN period IS NULL THEN '(VALUES (NULL::integer))'
      ELSE format('generate_series(%s, %s)', productgraph.period_number(period, timezone,
                    format('greatest(e.timestamp - %L::interval, %L::timestamptz)', within, since)),
                  productgraph.period_number(period, timezone)) END,
    productgraph.project_org(project), project, since, until,
    productgraph.filter_condition(filter), array_to_string(conditions, ' OR '),
    coalesce(held || ' IS NOT NULL', 'true'), apart);
  IF apart = '' THEN
    RETURN attempts;
  END IF;
  RETURN format(
    'SELECT DISTINCT ON (actor, period_number) actor, period_number, times FROM (%s) a
     ORDER BY actor, period_number, cardinality(times) DESC, times[cardinality(times)], times[1] DESC', attempts);
END
$$;
COMMENT ON FUNCTION funnel_attempts(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, text) IS
'SQL for the best attempt of each actor at a funnel: actor, period_number (NULL without a period), and times of the '
'steps reached, empty when none was; with a period one for each period of the time zone in which an attempt can begin.';

CREATE FUNCTION funnel(
  project text, steps steps DEFAULT NULL, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false,
  OUT step integer, OUT name text, OUT actors bigint,
  OUT conversion_from_start numeric, OUT conversion_from_previous numeric, OUT dropped bigint,
  OUT median_time interval, OUT average_time interval, OUT p95_time interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (%s), reached AS (
       SELECT s.step, productgraph.step_name($1 -> (s.step - 1)) AS name,
         count(*) FILTER (WHERE cardinality(a.times) >= s.step) AS actors,
         percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY a.times[s.step] - a.times[s.step - 1]) AS times,
         avg(a.times[s.step] - a.times[s.step - 1]) AS average
       FROM generate_series(1, jsonb_array_length($1)) s(step) LEFT JOIN attempts a ON true
       GROUP BY s.step
     )
     SELECT step, name, actors,
       round(actors::numeric / nullif(first_value(actors) OVER w, 0), 4),
       round(actors::numeric / nullif(coalesce(lag(actors) OVER w, actors), 0), 4),
       coalesce(lag(actors) OVER w - actors, 0),
       times[1], average, times[2]
     FROM reached WINDOW w AS (ORDER BY step) ORDER BY step',
    productgraph.funnel_attempts(project, list, within, since, until, actor, filter, hold, in_session, exclude_incomplete))
  USING list::jsonb;
END
$$;
COMMENT ON FUNCTION funnel(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean) IS
'How many actors take the steps in order, each at most "within" after the first, and how long they need. One row a '
'step: actors that reached it in their best attempt, the share of the first and of the previous step (0 to 1, four '
'decimals, NULL of nothing), those lost since the previous step, and the time from the previous step (NULL for the '
'first). The first step lies in [since, until). An event serves one step of an attempt. actor: user (user id, else '
'anonymous id, else session), session, or metadata.KEY. filter: conditions as in a step, on all events. '
'journey: a declared one, instead of steps. hold: a field that must have one value over all steps of an attempt. '
'in_session: all steps in one session. exclude_incomplete: leaves out first steps whose window has not passed yet. '
'Errors: 42704 unknown project or journey, 42703 unknown field, 22023 wrong steps, window, range or actor.';

CREATE FUNCTION funnel_actors(
  project text, steps steps DEFAULT NULL, reached integer DEFAULT NULL, dropped boolean DEFAULT false, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false,
  OUT who text, OUT steps_reached integer, OUT started_at timestamptz, OUT reached_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path = pg_catalog, pg_temp
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
     WHERE CASE WHEN $2 THEN cardinality(times) = $1 - 1 ELSE cardinality(times) >= $1 END AND cardinality(times) > 0
     ORDER BY 3, 1',
    productgraph.funnel_attempts(project, list, within, since, until, actor, filter, hold, in_session, exclude_incomplete))
  USING last_step, dropped;
END
$$;
COMMENT ON FUNCTION funnel_actors(
  text, steps, integer, boolean, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean) IS
'The actors that funnel() counts at a step ("reached", by default the last one), or with dropped those that reached the '
'step before it and not this one: how many steps each reached, and when it took the first and the last of them. Options '
'and errors as in funnel(); 22023 when there is no such step.';

CREATE FUNCTION funnel_trend(
  project text, steps steps DEFAULT NULL, period text DEFAULT 'day', within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', timezone text DEFAULT NULL, journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false,
  OUT period_start timestamptz, OUT entered bigint, OUT completed bigint, OUT conversion numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 30
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  zone text := productgraph.check_timezone(timezone);
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH counted AS (
       SELECT period_number, count(*) AS entered, count(*) FILTER (WHERE cardinality(times) = $1) AS completed
       FROM (%s) attempts WHERE cardinality(times) > 0 GROUP BY 1
     )
     SELECT %s, coalesce(c.entered, 0), coalesce(c.completed, 0), round(c.completed::numeric / c.entered, 4)
     FROM (SELECT min(period_number) AS first, max(period_number) AS last FROM counted) r,
       LATERAL generate_series(r.first, r.last) n LEFT JOIN counted c ON c.period_number = n ORDER BY n',
    productgraph.funnel_attempts(project, list, within, since, until, actor, filter, hold, in_session, exclude_incomplete,
      period, zone),
    productgraph.period_start(period, zone, 'n'))
  USING jsonb_array_length(list::jsonb);
END
$$;
COMMENT ON FUNCTION funnel_trend(
  text, steps, text, interval, timestamptz, timestamptz, text, jsonb, text, text, text, boolean, boolean) IS
'By the period (hour, day, week, month of the time zone, by default the session''s) in which attempts begin: the actors '
'that entered the funnel in it and those of them whose best attempt from it completed, and the share (NULL when nobody '
'entered). Periods between the first and the last with an entry are all there. Options and errors as in funnel().';

CREATE FUNCTION funnel_times(
  project text, steps steps DEFAULT NULL, from_step integer DEFAULT 1, to_step integer DEFAULT NULL, bins integer DEFAULT 10,
  within interval DEFAULT '1 day', since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity',
  actor text DEFAULT 'user', filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false,
  OUT bin_start interval, OUT bin_end interval, OUT actors bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  last_step integer := coalesce(to_step, jsonb_array_length(list::jsonb));
BEGIN
  IF from_step < 1 OR last_step > jsonb_array_length(list::jsonb) OR from_step >= last_step THEN
    RAISE 'from_step (%) must lie before to_step (%), both between 1 and %', from_step, last_step,
      jsonb_array_length(list::jsonb) USING ERRCODE = 'invalid_parameter_value';
  ELSIF bins NOT BETWEEN 1 AND 1000 THEN
    RAISE 'bins must be between 1 and 1000, not %', bins USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH needed AS (
       SELECT extract(epoch FROM times[$2] - times[$1]) AS seconds FROM (%s) attempts WHERE cardinality(times) >= $2
     ), bounds AS (
       SELECT min(seconds) AS low, greatest((max(seconds) - min(seconds)) / $3, 0.000001) AS width FROM needed
     )
     SELECT make_interval(secs => (b.low + (bin - 1) * b.width)::float8), make_interval(secs => (b.low + bin * b.width)::float8),
       count(n.seconds)
     FROM bounds b, generate_series(1, $3) bin
     LEFT JOIN needed n ON bin = least(floor((n.seconds - (SELECT low FROM bounds)) / (SELECT width FROM bounds)) + 1, $3)
     WHERE b.low IS NOT NULL
     GROUP BY bin, b.low, b.width ORDER BY bin',
    productgraph.funnel_attempts(project, list, within, since, until, actor, filter, hold, in_session, exclude_incomplete))
  USING from_step, last_step, bins;
END
$$;
COMMENT ON FUNCTION funnel_times(
  text, steps, integer, integer, integer, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean) IS
'A histogram of the time that actors need from one step to another (by default from the first to the last) in their best '
'attempt: equal bins from the shortest time to the longest, each with its start (included) and end (excluded but for the '
'last). No rows when nobody got there. Options and errors as in funnel(); 22023 for wrong steps or bins (1 to 1,000).';
