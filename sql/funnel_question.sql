-- funnel(): how far actors get, and how fast.

CREATE FUNCTION check_attribution(breakdown text, attribution text, steps steps) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF breakdown IS NOT NULL
     AND (NOT coalesce(attribution IN ('first', 'last') OR attribution ~ '^[1-9][0-9]?$', false)
          OR (attribution ~ '^[0-9]' AND attribution::integer > jsonb_array_length(steps::jsonb))) THEN
    RAISE 'unknown attribution "%"', attribution USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Choices are first, last, and the number of a step.';
  END IF;
END
$$;
COMMENT ON FUNCTION check_attribution(text, text, steps) IS
'Error 22023 unless it is clear whose value attempts at a funnel are broken down by.';

CREATE FUNCTION attempt_labels(
  steps steps, scope text, actor text, hold text, in_session boolean, step_order text, breakdown text, attribution text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  value text;
  matches text;
BEGIN
  IF breakdown IS NULL THEN
    RETURN 'SELECT NULL::text AS label, a.times FROM attempts a';
  END IF;
  value := productgraph.field_expression(breakdown);
  -- With steps in any order there is no telling which of them the k-th event was.
  SELECT CASE step_order WHEN 'any' THEN format('(%s)', string_agg(productgraph.step_condition(s.value), ' OR '))
           ELSE format('CASE s.step %s END', string_agg(format('WHEN %s THEN %s', s.ordinality,
                                                               productgraph.step_condition(s.value)), ' ')) END
  INTO matches FROM jsonb_array_elements(steps::jsonb) WITH ORDINALITY s;
  RETURN format(
    'SELECT t.label, a.times
     FROM attempts a LEFT JOIN (
       SELECT id, (array_agg(value ORDER BY step %s))[1] AS label
       FROM (
         SELECT a.id, s.step, min((%s)::text COLLATE "C") AS value
         FROM attempts a CROSS JOIN LATERAL unnest(a.times) WITH ORDINALITY s(at, step)
         JOIN productgraph.events e ON e.timestamp = s.at AND %s = a.actor
         WHERE %s AND %s AND %s GROUP BY a.id, s.step
       ) touched WHERE value IS NOT NULL GROUP BY id
     ) t USING (id)',
    CASE attribution WHEN 'last' THEN 'DESC' ELSE '' END, value, productgraph.actor_expression(actor), scope, matches,
    concat_ws(' AND ', CASE WHEN attribution NOT IN ('first', 'last') THEN 's.step = ' || attribution ELSE 'true' END,
      CASE WHEN in_session THEN 'e.session_id = a.session_id' END,
      CASE WHEN hold IS NOT NULL THEN productgraph.field_expression(hold) || ' = a.held' END));
END
$$;
COMMENT ON FUNCTION attempt_labels(steps, text, text, text, boolean, text, text, text) IS
'SQL for times and label of each attempt in the relation attempts(id, actor, session_id, held, times): the value of a field in '
'the first or last of its steps'' events that has one, or in the event of the step of a number.';

CREATE FUNCTION micros_between(earlier timestamptz, later timestamptz) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_micros_between';
COMMENT ON FUNCTION micros_between(timestamptz, timestamptz) IS
'Microseconds from one time to a later one; NULL when one of them is infinite.';

CREATE FUNCTION duration_of(micros double precision) RETURNS interval
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT justify_hours(make_interval(secs => round(micros) / 1000000)) $$;
COMMENT ON FUNCTION duration_of(double precision) IS
'An interval of so many microseconds, in days and time as the difference of two times is.';

CREATE TYPE reached_step AS (
  place integer, label text, step integer, actors bigint, median double precision, average bigint, p95 double precision);
COMMENT ON TYPE reached_step IS
'How many attempts at a funnel reached a step, and the microseconds they needed from the step taken before it; place and label '
'are those of the value that they are broken down by.';

CREATE FUNCTION packed_funnel(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  "window" interval, mode text, conditions integer, begin_before timestamptz, total boolean, by_session boolean, in_session boolean, hold boolean,
  breakdown boolean, attribution text, top integer)
RETURNS SETOF reached_step
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 5
AS 'MODULE_PATHNAME', 'productgraph_packed_funnel';
COMMENT ON FUNCTION packed_funnel(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, interval, text, integer, timestamptz,
                                  boolean, boolean, boolean, boolean, boolean, text, integer) IS
'Part of funnel(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them; labels of '
'its sources are what is held or broken down by. Of each label by place, and of each step: how many attempts reached it, '
'and the microseconds from the step taken before it. No rows when so many events are not packed that rows must be asked.';

CREATE FUNCTION funnel_from_segments(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb, hold text,
  in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps, counting text,
  breakdown text, attribution text, top integer)
RETURNS SETOF reached_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asked record := productgraph.attempts_in_segments(project, steps, within, since, until, actor, filter, hold, in_session,
    exclude_incomplete, step_order, per_step, exclude, counting, breakdown);
BEGIN
  IF asked.reason IS NULL THEN
    RETURN QUERY EXECUTE format('SELECT * FROM productgraph.packed_funnel(%s, %s, %L, %s)', asked.arguments,
      (breakdown IS NOT NULL)::text, attribution, coalesce(top::text, 'NULL'));
    IF NOT FOUND THEN
      asked.reason := 'too many events are not packed yet';
    END IF;
  END IF;
  PERFORM productgraph.report_path('funnel()', asked.reason);
END
$$;
COMMENT ON FUNCTION funnel_from_segments(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text, text, integer) IS
'Part of funnel(): the rows of packed_funnel(), none when rows must be asked.';

CREATE FUNCTION funnel_from_rows(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb, hold text,
  in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps, counting text,
  breakdown text, attribution text, top integer)
RETURNS SETOF reached_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  scope text := productgraph.attempts_scope(project, since, until, productgraph.attempts_span(steps, within, per_step), filter);
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (SELECT row_number() OVER () AS id, a.* FROM (%s) a),
     labelled AS (%s),
     ranked AS (
       SELECT label, row_number() OVER (ORDER BY count(*) DESC, label COLLATE "C") AS place
       FROM labelled WHERE label IS NOT NULL GROUP BY label
     ), named AS (
       SELECT CASE WHEN r.place IS NOT NULL THEN least(r.place, $2 + 1) END AS place,
         CASE WHEN r.place <= coalesce($2, r.place) THEN l.label WHEN l.label IS NOT NULL THEN ''other'' END AS label, l.times
       FROM labelled l LEFT JOIN ranked r ON r.label = l.label
     ), timed AS (
       SELECT a.place, a.label, s.step, a.times[s.step] AS at, productgraph.micros_between(%s, a.times[s.step]) AS micros
       FROM named a CROSS JOIN generate_series(1, $1) s(step)
     )
     SELECT coalesce(place, 2147483647)::integer, label, step, count(at),
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY micros::double precision)), round(avg(micros))::bigint,
       (percentile_cont(0.95) WITHIN GROUP (ORDER BY micros::double precision))
     FROM timed GROUP BY place, label, step',
    productgraph.attempts_query(project, steps, within, since, until, actor, filter, hold, in_session, exclude_incomplete,
      step_order, per_step, exclude, counting),
    productgraph.attempt_labels(steps, scope, actor, hold, in_session, step_order, breakdown, attribution),
    -- The time before: that of the last step taken.
    CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(steps::jsonb) j WHERE productgraph.is_optional_step(j.value))
      THEN '(SELECT max(t) FROM unnest(a.times[:s.step - 1]) t)' ELSE 'a.times[s.step - 1]' END)
  USING jsonb_array_length(steps::jsonb), top;
END
$$;
COMMENT ON FUNCTION funnel_from_rows(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text, text, integer) IS
'Part of funnel(): what packed_funnel() would say, asked of rows.';

CREATE FUNCTION funnel(
  project text, steps steps DEFAULT NULL, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, counting text DEFAULT 'unique',
  breakdown text DEFAULT NULL, attribution text DEFAULT 'first', top integer DEFAULT 10,
  OUT step integer, OUT name text, OUT actors bigint,
  OUT conversion_from_start numeric, OUT conversion_from_previous numeric, OUT dropped bigint,
  OUT median_time interval, OUT average_time interval, OUT p95_time interval, OUT breakdown_value text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  previous_steps integer[] := productgraph.previous_steps(list);
  reached productgraph.reached_step[];
BEGIN
  IF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all values.';
  END IF;
  PERFORM productgraph.check_attribution(breakdown, attribution, list);
  reached := ARRAY(SELECT r FROM productgraph.funnel_from_segments(project, list, within, since, until, actor, filter, hold,
    in_session, exclude_incomplete, step_order, per_step, exclude, counting, breakdown, attribution, top) r);
  IF cardinality(reached) = 0 THEN
    reached := ARRAY(SELECT r FROM productgraph.funnel_from_rows(project, list, within, since, until, actor, filter, hold,
      in_session, exclude_incomplete, step_order, per_step, exclude, counting, breakdown, attribution, top) r);
  END IF;
  RETURN QUERY
  WITH reached AS (SELECT r.* FROM unnest(reached) r),
  labels AS (
    SELECT DISTINCT r.place, r.label FROM reached r WHERE breakdown IS NOT NULL AND r.step = 1 AND r.actors > 0
    UNION ALL SELECT min(r.place), NULL FROM reached r WHERE breakdown IS NULL
  )
  SELECT s.step, productgraph.step_name(list::jsonb -> (s.step - 1)), coalesce(r.actors, 0),
    round(r.actors::numeric / first.actors, 4), round(r.actors::numeric / nullif(coalesce(previous.actors, r.actors), 0), 4),
    CASE WHEN productgraph.is_optional_step(list::jsonb -> (s.step - 1)) THEN 0 ELSE coalesce(previous.actors - r.actors, 0) END,
    productgraph.duration_of(r.median), productgraph.duration_of(r.average), productgraph.duration_of(r.p95), l.label
  FROM labels l
  CROSS JOIN generate_series(1, jsonb_array_length(list::jsonb)) s(step)
  LEFT JOIN reached r ON r.step = s.step AND r.place = l.place
  LEFT JOIN reached first ON first.step = 1 AND first.place = l.place AND first.actors > 0
  LEFT JOIN reached previous ON previous.step = previous_steps[s.step] AND previous.place = l.place
  WHERE breakdown IS NULL OR l.place IS NOT NULL
  ORDER BY l.place, s.step;
END
$$;
COMMENT ON FUNCTION funnel(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text, boolean, steps, text, text,
  text, integer) IS
'How many actors take the steps, each at most "within" after the first, and how long they need. One row a step: actors that '
'reached it in their best attempt, the share of the first and of the previous step (0 to 1, four decimals, NULL of '
'nothing), those lost since the previous step, and the time from the step taken before it (NULL for the first). The first '
'step lies in [since, until). An event serves one step of an attempt. A step with "optional":true may be left out: it '
'loses nobody, and the step after it is compared with the last one that is not optional. actor: user (user id, else '
'anonymous id, else session), session, or metadata.KEY. filter: conditions as in a step, on all events. '
'journey: a declared one, instead of steps. hold: a field that must have one value over all steps of an attempt. '
'in_session: all steps in one session. exclude_incomplete: leaves out first steps whose window has not passed yet. '
'step_order: ordered, strict (no other event of the actor between the steps), or any (row k counts those that took k of '
'the steps in whatever order). per_step: "within" is the time from a step to the next. exclude: events, like steps, that '
'break an attempt, so that it counts for nothing: those later than step "after" (1) and earlier than step "before" (the '
'last), inside the window. counting: unique actors, or total attempts one after the other, the next one beginning when the '
'one before it completed, was broken or its window has passed. breakdown: a field or metadata.KEY by whose values '
'attempts are told apart, in breakdown_value, the "top" most frequent by themselves, the rest as ''other'', none as NULL; '
'attribution: whose value counts, that of the first or last step''s event that has one, or of the step with this number '
'(of several events at one time the smallest). Errors: 42704 unknown project or journey, 42703 unknown field, 22023 wrong '
'steps, window, range or other option.';
