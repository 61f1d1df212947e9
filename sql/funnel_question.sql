-- funnel(): how far actors get.

CREATE FUNCTION funnel(
  project text, steps steps, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}',
  OUT step integer, OUT name text, OUT actors bigint,
  OUT conversion_from_start numeric, OUT conversion_from_previous numeric, OUT dropped bigint,
  OUT median_time interval, OUT average_time interval, OUT p95_time interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := steps::jsonb;
  org_id uuid := productgraph.project_org(project);
  counted text := productgraph.actor_expression(actor);
  conditions text[];
  attempts text;
BEGIN
  IF jsonb_typeof(list) <> 'array' OR jsonb_array_length(list) NOT BETWEEN 1 AND 32 THEN
    RAISE 'a funnel needs a list of 1 to 32 steps' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT within >= interval '0' THEN
    RAISE 'within must not be negative' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT since <= until THEN
    RAISE 'since (%) is later than until (%)', since, until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT array_agg(productgraph.step_condition(s.value) ORDER BY s.ordinality) INTO conditions
  FROM jsonb_array_elements(list) WITH ORDINALITY s;
  -- The range of time is that of the first step; later steps follow within the window.
  attempts := format(
    'SELECT productgraph.window_funnel_times($3, ''strict_once'', e.timestamp, %s) AS times
     FROM productgraph.events e
     WHERE e.org_id = $1 AND e.project_id = $2 AND e.timestamp >= $4 AND e.timestamp <= $5 + $3
       AND %s AND (%s) AND %s IS NOT NULL
     GROUP BY %s',
    array_to_string(ARRAY[conditions[1] || ' AND e.timestamp < $5'] || conditions[2:], ', '),
    productgraph.filter_condition(filter), array_to_string(conditions, ' OR '), counted, counted);
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (%s), reached AS (
       SELECT s.step, productgraph.step_name($6 -> (s.step - 1)) AS name,
         count(*) FILTER (WHERE cardinality(a.times) >= s.step) AS actors,
         percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY a.times[s.step] - a.times[s.step - 1]) AS times,
         avg(a.times[s.step] - a.times[s.step - 1]) AS average
       FROM generate_series(1, jsonb_array_length($6)) s(step) LEFT JOIN attempts a ON true
       GROUP BY s.step
     )
     SELECT step, name, actors,
       round(actors::numeric / nullif(first_value(actors) OVER w, 0), 4),
       round(actors::numeric / nullif(coalesce(lag(actors) OVER w, actors), 0), 4),
       coalesce(lag(actors) OVER w - actors, 0),
       times[1], average, times[2]
     FROM reached WINDOW w AS (ORDER BY step) ORDER BY step', attempts)
  USING org_id, project, within, since, until, list;
END
$$;
COMMENT ON FUNCTION funnel(text, steps, interval, timestamptz, timestamptz, text, jsonb) IS
'How many actors take the steps in order, each at most "within" after the first, and how long they need. One row a '
'step: actors that reached it in their best attempt, the share of the first and of the previous step (0 to 1, four '
'decimals, NULL of nothing), those lost since the previous step, and the time from the previous step (NULL for the '
'first). The first step lies in [since, until). An event serves one step of an attempt. actor: user (user id, else '
'anonymous id, else session), session, or metadata.KEY. filter: conditions as in a step, on all events. Errors: 42704 unknown project, 42703 unknown field, 22023 '
'wrong steps, window, range or actor.';
