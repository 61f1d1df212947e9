-- journey_report(): a declared journey against what actors did.

CREATE FUNCTION journey_attempts(scope text, conditions text[], counted text, journey text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  mask text;
  flags text;
BEGIN
  SELECT string_agg(format('CASE WHEN %s THEN %s ELSE 0 END', c, 1::bigint << (n::integer - 1)), ' | ' ORDER BY n),
    string_agg(CASE n WHEN 1 THEN 'mask & 1 <> 0 AND timestamp >= $2 AND timestamp < $3'
               ELSE format('mask & %s <> 0', 1::bigint << (n::integer - 1)) END, ', ' ORDER BY n)
  INTO mask, flags FROM unnest(conditions) WITH ORDINALITY u(c, n);
  -- mask has the bit of each step that an event is; attempts begin at their first step, or else at any.
  RETURN format(
    'WITH relevant AS MATERIALIZED (
       SELECT %s AS actor, e.timestamp, (%s)::bigint AS mask, e.event_type = ''page.view'' AS is_page,
         e.event_type = ''journey.conversion'' AND e.journey_id IS NOT DISTINCT FROM %L AS is_conversion
       FROM productgraph.events e
       WHERE %s AND %s IS NOT NULL AND (%s OR e.event_type IN (''page.view'', ''journey.conversion''))
     ), attempts AS (
       SELECT actor, times, coalesce(times[1], any_step) AS start FROM (
         SELECT actor, productgraph.window_funnel_times($1, ''strict_once'', timestamp, %s) AS times,
           min(timestamp) FILTER (WHERE timestamp < $3) AS any_step
         FROM relevant WHERE mask <> 0 AND timestamp >= $2 GROUP BY actor
       ) a WHERE any_step IS NOT NULL
     )', counted, mask, journey, scope, counted, array_to_string(conditions, ' OR '), flags);
END
$$;
COMMENT ON FUNCTION journey_attempts(text, text[], text, text) IS
'Part of journey_report(): SQL for the best attempt of each actor; $1 within, $2 since, $3 until.';

CREATE FUNCTION journey_facts(steps integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (steps BETWEEN 1 AND 32) IS NOT TRUE THEN
    RAISE 'a journey has 1 to 32 steps, not %', steps USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN (SELECT format(
    'SELECT a.actor, a.times, bool_or(r.is_conversion AND r.timestamp >= a.times[1]) AS converted,
       bool_or(r.mask & 1 <> 0 AND r.timestamp < a.start) AS again, ARRAY[%s]::timestamptz[] AS before,
       ARRAY[%s]::timestamptz[] AS since, ARRAY[%s]::boolean[] AS detour
     FROM attempts a JOIN relevant r ON r.actor = a.actor AND r.timestamp >= a.start - $1 AND r.timestamp <= a.start + $1
     GROUP BY a.actor, a.times, a.start
     HAVING a.times <> ''{}'' OR NOT bool_or(r.mask & 1 <> 0 AND r.timestamp < a.start)',
    string_agg(format('min(r.timestamp) FILTER (WHERE r.mask & %s <> 0 AND r.timestamp < a.start)', bit), ', ' ORDER BY k),
    string_agg(format('min(r.timestamp) FILTER (WHERE r.mask & %s <> 0 AND r.timestamp >= a.start)', bit), ', ' ORDER BY k),
    string_agg(CASE k WHEN 1 THEN 'false' ELSE format(
      'bool_or(r.timestamp > a.times[%s] AND r.timestamp < a.times[%s] AND r.mask & %s = 0 AND (r.is_page OR r.mask <> 0))',
      k - 1, k, bit | (bit >> 1)) END, ', ' ORDER BY k))
  FROM (SELECT k, 1::bigint << (k - 1) AS bit FROM generate_series(1, steps) k) b);
END
$$;
COMMENT ON FUNCTION journey_facts(integer) IS
'Part of journey_report(): SQL for what each actor did around the attempt, unless that began before the range. before '
'and since have the first time of each step before and from its start, again is whether the first step was done before, '
'too, and detour what happened on the way to each. Error 22023 unless there are 1 to 32 steps.';

CREATE FUNCTION journey_report(
  project text, journey text, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user',
  OUT step integer, OUT name text, OUT actors bigint, OUT conversion_from_start numeric,
  OUT conversion_from_previous numeric, OUT dropped bigint, OUT median_time interval,
  OUT skipped bigint, OUT out_of_order bigint, OUT detours bigint, OUT converted bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list jsonb := productgraph.journey_steps(project, journey);
  conditions text[] := ARRAY(SELECT productgraph.step_condition(s.value)
                             FROM jsonb_array_elements(list) WITH ORDINALITY s ORDER BY s.ordinality);
  scope text;
BEGIN
  PERFORM productgraph.check_range(since, until);
  IF within IS NULL OR within < interval '0' THEN
    RAISE 'within must not be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Events around the range belong to attempts that begin in it.
  scope := productgraph.question_scope(project, since - within, until + within + interval '1 microsecond', filter);
  RETURN QUERY EXECUTE format(
    '%s, facts AS MATERIALIZED (
       SELECT times, converted, detour, ARRAY(
         SELECT CASE WHEN again THEN f.since[k] ELSE coalesce(before[k], f.since[k]) END
         FROM generate_subscripts(f.since, 1) k ORDER BY k) AS firsts
       FROM (%s) f
     ), reached AS (
       SELECT s.step, count(*) FILTER (WHERE cardinality(times) >= s.step) AS actors,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY times[s.step] - times[s.step - 1]) AS median_time,
         count(*) FILTER (WHERE firsts[s.step] IS NULL AND array_remove(firsts[s.step + 1:], NULL) <> ''{}'') AS skipped,
         count(*) FILTER (WHERE firsts[s.step] < firsts[s.step - 1]) AS out_of_order,
         count(*) FILTER (WHERE detour[s.step]) AS detours,
         count(*) FILTER (WHERE converted AND cardinality(times) >= s.step) AS converted
       FROM generate_series(1, %s) s(step) LEFT JOIN facts ON true GROUP BY s.step
     )
     SELECT step, productgraph.step_name($4 -> (step - 1)), actors,
       round(actors::numeric / nullif(first_value(actors) OVER w, 0), 4),
       round(actors::numeric / nullif(coalesce(lag(actors) OVER w, actors), 0), 4),
       coalesce(lag(actors) OVER w - actors, 0), median_time, skipped, out_of_order, detours, converted
     FROM reached WINDOW w AS (ORDER BY step) ORDER BY step',
    productgraph.journey_attempts(scope, conditions, productgraph.actor_expression(actor), journey),
    productgraph.journey_facts(cardinality(conditions)), cardinality(conditions))
  USING within, since, until, list;
END
$$;
COMMENT ON FUNCTION journey_report(text, text, interval, timestamptz, timestamptz, jsonb, text) IS
'A declared journey against what actors did; a row for each of its steps. Until median_time the columns are those of '
'funnel() for the same steps: of the best attempt of each actor, whose first step lies in [since, until). The rest counts '
'actors, too. An attempt begins at the first step, or for who never took it at the first event of any step in [since, '
'until); it is looked at until "within" after it and, unless the first step was taken there already, from "within" before '
'it. skipped: never took this step, but a later one. out_of_order: took this step first before they first took '
'the one before it. detours: reached this step after, strictly between it and the one before, a page.view or another '
'step that is neither of the two. converted: reached this step and had, from the first step to '
'"within" after it, a journey.conversion with gen_ai.journey.id of this journey. Errors: 42704 unknown project or '
'journey, 42703 unknown field, 22023 wrong within, range, filter or actor.';
