-- What the funnel questions are made of: their steps, exclusions and attempts, as SQL over the alias e of events.

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
  ELSIF EXISTS (SELECT FROM jsonb_array_elements(list::jsonb) s
                WHERE jsonb_typeof(s.value) = 'object' AND jsonb_typeof(s.value -> 'optional') <> 'boolean') THEN
    RAISE '"optional" of a step must be true or false' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN list;
END
$$;
COMMENT ON FUNCTION funnel_steps(text, steps, text) IS
'The steps of a funnel: those given, or those of a declared journey. Error 22023 unless it is one of the two and has 1 to '
'32 steps.';

CREATE FUNCTION is_optional_step(step jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT jsonb_typeof(step) = 'object' AND coalesce(step -> 'optional' = 'true', false) $$;
COMMENT ON FUNCTION is_optional_step(jsonb) IS 'Whether a step of a funnel may be left out.';

CREATE FUNCTION previous_steps(steps steps) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(coalesce(previous, 0) ORDER BY ordinality)
  FROM (SELECT s.ordinality,
          max(s.ordinality::integer) FILTER (WHERE NOT productgraph.is_optional_step(s.value))
            OVER (ORDER BY s.ordinality ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous
        FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY s) p
$$;
COMMENT ON FUNCTION previous_steps(steps) IS
'For each step of a funnel the number of the last one before it that is not optional; 0 for the first.';

CREATE FUNCTION funnel_exclusions(exclude steps, steps steps, OUT condition text, OUT mode text) RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := CASE jsonb_typeof(exclude::jsonb) WHEN 'array' THEN exclude::jsonb ELSE jsonb_build_array(exclude::jsonb) END;
  excluded jsonb;
  "end" jsonb;
BEGIN
  IF exclude IS NULL THEN
    RETURN;
  END IF;
  FOR excluded IN SELECT e.value FROM jsonb_array_elements(list) WITH ORDINALITY e ORDER BY e.ordinality LOOP
    IF jsonb_typeof(excluded) = 'object' THEN
      FOREACH "end" IN ARRAY ARRAY[excluded -> 'after', excluded -> 'before'] LOOP
        IF "end" IS NOT NULL AND NOT ("end" #>> '{}') ~ '^([1-9]|[12][0-9]|3[0-2])$' THEN
          RAISE '"after" and "before" of an exclusion must be numbers of steps, not %', "end"
            USING ERRCODE = 'invalid_parameter_value';
        END IF;
      END LOOP;
      condition := productgraph.step_condition(excluded - 'after' - 'before');
      mode := format('exclude %s-%s', coalesce(excluded ->> 'after', '1'),
                     coalesce(excluded ->> 'before', jsonb_array_length(steps::jsonb)::text));
    ELSE
      condition := productgraph.step_condition(excluded);
      mode := format('exclude 1-%s', jsonb_array_length(steps::jsonb));
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION funnel_exclusions(steps, steps) IS
'The exclusions of a funnel: of each the SQL for its events, and the mode of funnel_attempt() for the steps it lies between.';

CREATE FUNCTION attempts_span(steps steps, within interval, per_step boolean) RETURNS interval
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF within IS NULL OR NOT within >= interval '0' THEN
    RAISE 'within must not be null or negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN CASE WHEN per_step THEN within * (jsonb_array_length(steps::jsonb) - 1) ELSE within END;
END
$$;
COMMENT ON FUNCTION attempts_span(steps, interval, boolean) IS
'How long an attempt at a funnel can take. Error 22023 for a window that is NULL or negative.';

CREATE FUNCTION attempts_scope(project text, since timestamptz, until timestamptz, span interval, filter jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.check_range(since, until);
  RETURN format('e.org_id = %L::uuid AND e.project_id = %L AND e.timestamp >= %s AND e.timestamp <= %s + %L::interval AND %s',
    productgraph.project_org(project), project, productgraph.timestamp_literal(since), productgraph.timestamp_literal(until),
    span, productgraph.filter_condition(filter));
END
$$;
COMMENT ON FUNCTION attempts_scope(text, timestamptz, timestamptz, interval, jsonb) IS
'SQL for the events that attempts look at: those of a project that pass the filter, from since to a span after until.';

CREATE FUNCTION attempt_parts(
  steps steps, exclude steps, step_order text, per_step boolean, counting text,
  OUT conditions text[], OUT excluded text[], OUT mode text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  modes text[];
BEGIN
  PERFORM productgraph.check_choice('step_order', step_order, '{ordered,strict,any}');
  PERFORM productgraph.check_choice('counting', counting, '{unique,total}');
  SELECT array_agg(productgraph.step_condition(s.value) ORDER BY s.ordinality),
    array_agg('optional ' || s.ordinality) FILTER (WHERE productgraph.is_optional_step(s.value))
  INTO conditions, modes FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY s;
  SELECT coalesce(array_agg(x.condition), '{}'), modes || array_agg(x.mode) INTO excluded, modes
  FROM productgraph.funnel_exclusions(exclude, steps) x;
  mode := concat_ws(', ', nullif(step_order, 'ordered'), CASE WHEN per_step THEN 'per_step' END, array_to_string(modes, ', '));
END
$$;
COMMENT ON FUNCTION attempt_parts(steps, steps, text, boolean, text) IS
'What funnel_attempt() needs of a funnel: SQL for its steps and for its exclusions, and the mode. Error 22023 for a '
'step_order or counting that there is not.';

CREATE FUNCTION attempts_query(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb,
  hold text, in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps,
  counting text, period text DEFAULT NULL, timezone text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counted text := productgraph.actor_expression(actor);
  -- What tells attempts apart besides the actor; of several the best one counts.
  held text := CASE WHEN hold IS NOT NULL THEN productgraph.field_expression(hold) END;
  span interval := productgraph.attempts_span(steps, within, per_step);
  scope text := productgraph.attempts_scope(project, since, until, span, filter);
  parts record := productgraph.attempt_parts(steps, exclude, step_order, per_step, counting);
  conditions text[] := parts.conditions;
  begins text;
  relevant text;
  grouped text;
BEGIN
  IF period IS NOT NULL AND span > productgraph.check_period(period) * 1000 THEN
    RAISE 'an attempt may take % periods at most', 1000 USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Choose a shorter window or a longer period.';
  END IF;
  relevant := array_to_string(conditions || parts.excluded, ' OR ');
  -- The range of time is that of the first step; later steps follow within the window. With a period, an event takes part
  -- in every period from which it can be reached, and may begin an attempt in its own one only.
  begins := concat_ws(' AND ', 'e.timestamp < ' || productgraph.timestamp_literal(until),
    CASE WHEN exclude_incomplete THEN format('e.timestamp + %L::interval <= now()', span) END,
    CASE WHEN period IS NOT NULL AND counting = 'unique'
         THEN productgraph.period_number(period, timezone) || ' = p.number' END);
  IF step_order = 'any' THEN
    conditions := conditions || parts.excluded || format('(%s) AND %s', array_to_string(conditions, ' OR '), begins);
  ELSE
    conditions := format('%s AND %s', conditions[1], begins) || conditions[2:] || parts.excluded;
  END IF;
  grouped := format(
    'SELECT %s AS actor, p.number AS period_number, %s AS session_id, %s AS held,
       productgraph.%s(%L, %L, e.timestamp, %s)
     FROM productgraph.events e, LATERAL %s p(number)
     WHERE %s AND %s AND %s AND %1$s IS NOT NULL
     GROUP BY 1, 2, 3, 4',
    counted, CASE WHEN in_session THEN 'e.session_id' ELSE 'NULL::text' END, coalesce(held, 'NULL::text'),
    CASE counting WHEN 'unique' THEN 'funnel_attempt' ELSE 'funnel_attempts' END, within,
    parts.mode, array_to_string(conditions, ', '),
    CASE WHEN period IS NULL OR counting = 'total' THEN '(VALUES (NULL::integer))'
      ELSE format('generate_series(%s, %s)', productgraph.period_number(period, timezone,
                    format('greatest(e.timestamp - %L::interval, %s)', span, productgraph.timestamp_literal(since))),
                  productgraph.period_number(period, timezone)) END,
    scope, CASE WHEN step_order = 'strict' THEN 'true' ELSE '(' || relevant || ')' END,
    coalesce(held || ' IS NOT NULL', 'true'));
  IF counting = 'total' THEN
    RETURN format(
      'SELECT g.actor, %s AS period_number, g.session_id, g.held, a.times
       FROM (%s) g(actor, period_number, session_id, held, attempts), unnest(g.attempts) a',
      CASE WHEN period IS NULL THEN 'NULL::integer' ELSE productgraph.period_number(period, timezone, 'a.times[1]') END,
      grouped);
  END IF;
  RETURN format(
    CASE WHEN in_session OR held IS NOT NULL THEN
      'SELECT DISTINCT ON (actor, period_number) * FROM (%s) a(actor, period_number, session_id, held, times)
       WHERE cardinality(times) > 0
       ORDER BY actor, period_number, cardinality(times) DESC, times[cardinality(times)], times[1] DESC, times,
         session_id, held'
    ELSE 'SELECT * FROM (%s) a(actor, period_number, session_id, held, times) WHERE cardinality(times) > 0' END, grouped);
END
$$;
COMMENT ON FUNCTION attempts_query(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text, text) IS
'SQL for the attempts at a funnel that count: actor, period_number (of the time zone''s period in which it began, NULL '
'without a period), session_id and held (where attempts are told apart by them, else NULL), and times, those of the steps '
'up to the last one taken, NULL for optional ones left out. One row for each actor, or with a period for each in which it '
'began; with counting total one for each attempt.';
