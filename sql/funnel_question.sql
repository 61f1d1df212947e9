-- funnel(): how far actors get, and how fast.

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
  ELSIF NOT coalesce(attribution IN ('first', 'last') OR attribution ~ '^[1-9][0-9]?$', false)
        OR (attribution ~ '^[0-9]' AND attribution::integer > jsonb_array_length(steps::jsonb)) THEN
    RAISE 'unknown attribution "%"', attribution USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Choices are first, last, and the number of a step.';
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
  scope text := productgraph.attempts_scope(project, since, until, productgraph.attempts_span(list, within, per_step), filter);
  previous integer[] := productgraph.previous_steps(list);
BEGIN
  IF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all values.';
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (SELECT row_number() OVER () AS id, a.* FROM (%s) a),
     labelled AS (%s),
     ranked AS (
       SELECT label, row_number() OVER (ORDER BY count(*) DESC, label COLLATE "C") AS place
       FROM labelled WHERE label IS NOT NULL GROUP BY label
     ), named AS (
       SELECT CASE WHEN r.place <= coalesce($3, r.place) THEN r.place END AS place,
         CASE WHEN r.place <= coalesce($3, r.place) THEN l.label WHEN l.label IS NOT NULL THEN ''other'' END AS label, l.times
       FROM labelled l LEFT JOIN ranked r ON r.label = l.label
     ), reached AS MATERIALIZED (
       SELECT a.place, a.label, s.step, count(a.times[s.step]) AS actors,
         percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY a.times[s.step] - %s) AS times,
         avg(a.times[s.step] - %3$s) AS average
       FROM named a CROSS JOIN generate_series(1, cardinality($2)) s(step)
       GROUP BY a.place, a.label, s.step
     )
     SELECT s.step, productgraph.step_name($1 -> (s.step - 1)), coalesce(r.actors, 0),
       round(r.actors::numeric / first.actors, 4), round(r.actors::numeric / nullif(coalesce(previous.actors, r.actors), 0), 4),
       CASE WHEN s.optional THEN 0 ELSE coalesce(previous.actors - r.actors, 0) END,
       r.times[1], r.average, r.times[2], l.label
     FROM (%s) l(place, label)
     CROSS JOIN (SELECT step, productgraph.is_optional_step($1 -> (step - 1)) AS optional
                 FROM generate_series(1, cardinality($2)) step) s
     LEFT JOIN reached r ON r.step = s.step AND (r.place, r.label) IS NOT DISTINCT FROM (l.place, l.label)
     LEFT JOIN reached first ON first.step = 1 AND (first.place, first.label) IS NOT DISTINCT FROM (l.place, l.label)
     LEFT JOIN reached previous ON previous.step = $2[s.step]
       AND (previous.place, previous.label) IS NOT DISTINCT FROM (l.place, l.label)
     ORDER BY l.place, l.label NULLS LAST, s.step',
    productgraph.attempts_query(project, list, within, since, until, actor, filter, hold, in_session, exclude_incomplete,
      step_order, per_step, exclude, counting),
    productgraph.attempt_labels(list, scope, actor, hold, in_session, step_order, breakdown, attribution),
    -- The time before: that of the last step taken.
    CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(list::jsonb) j WHERE productgraph.is_optional_step(j.value))
      THEN '(SELECT max(t) FROM unnest(a.times[:s.step - 1]) t)' ELSE 'a.times[s.step - 1]' END,
    CASE WHEN breakdown IS NULL THEN 'VALUES (NULL::bigint, NULL::text)' ELSE 'SELECT DISTINCT place, label FROM reached' END)
  USING list::jsonb, previous, top;
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
