-- What goes with getting through a funnel, and what with being lost.

CREATE FUNCTION funnel_correlation(
  project text, steps steps DEFAULT NULL, field text DEFAULT 'event.type', within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  filter jsonb DEFAULT '{}', journey text DEFAULT NULL, hold text DEFAULT NULL, in_session boolean DEFAULT false,
  exclude_incomplete boolean DEFAULT false, step_order text DEFAULT 'ordered', per_step boolean DEFAULT false,
  exclude steps DEFAULT NULL, top integer DEFAULT 20, min_actors integer DEFAULT 25, min_share numeric DEFAULT 0.02,
  OUT value text, OUT converted bigint, OUT dropped bigint, OUT odds_ratio numeric, OUT correlates_with text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  list productgraph.steps := productgraph.funnel_steps(project, steps, journey);
  span interval := productgraph.attempts_span(list, within, per_step);
  -- Segments do not tell which session and value an attempt was made with.
  told_apart boolean := in_session IS TRUE OR hold IS NOT NULL;
BEGIN
  IF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL stands for all values.';
  ELSIF (min_actors >= 0 AND min_share BETWEEN 0 AND 1) IS NOT TRUE THEN
    RAISE 'min_actors must not be negative, and min_share be between 0 and 1' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF told_apart THEN
    PERFORM productgraph.report_path('funnel_correlation()', 'attempts are told apart by session or value');
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (
       SELECT actor, cardinality(times) = $1 AS success, times[1] AS started,
         CASE WHEN cardinality(times) = $1 THEN times[$1] ELSE times[1] + $2 END AS ended%s
       FROM (%s) a
     ), totals AS (
       SELECT count(*) FILTER (WHERE success) AS converted, count(*) FILTER (WHERE NOT success) AS dropped FROM attempts
     ), seen AS (
       SELECT v.value, count(*) FILTER (WHERE success) AS converted, count(*) FILTER (WHERE NOT success) AS dropped
       FROM (SELECT DISTINCT a.actor, a.success, (%s)::text AS value
             FROM attempts a JOIN productgraph.events e ON %s = a.actor AND e.timestamp >= a.started AND e.timestamp <= a.ended
             WHERE %s AND %s) v
       WHERE v.value IS NOT NULL GROUP BY v.value
     ), judged AS (
       SELECT s.value, s.converted, s.dropped,
         ((s.converted + 1) * (t.dropped - s.dropped + 1))::numeric
           / ((s.dropped + 1) * (t.converted - s.converted + 1)) AS odds_ratio
       FROM seen s, totals t
       WHERE s.converted + s.dropped >= greatest($3, $4 * (t.converted + t.dropped))
     )
     SELECT value, converted, dropped, round(odds_ratio, 4),
       CASE WHEN odds_ratio > 1 THEN ''success'' WHEN odds_ratio < 1 THEN ''failure'' END
     FROM judged ORDER BY abs(ln(odds_ratio)) DESC, value COLLATE "C" LIMIT $5',
    CASE WHEN told_apart THEN ', session_id, held' END,
    CASE WHEN told_apart
         THEN productgraph.attempts_query(project, list, within, since, until, actor, filter, hold, in_session,
                exclude_incomplete, step_order, per_step, exclude, 'unique')
         ELSE productgraph.attempts_source('funnel_correlation()', true, project, list, within, since, until, actor, filter, NULL,
                false, exclude_incomplete, step_order, per_step, exclude, 'unique') END,
    productgraph.field_expression(field), productgraph.actor_expression(actor),
    productgraph.attempts_scope(project, since, until, span, filter),
    concat_ws(' AND ', CASE WHEN in_session THEN 'e.session_id = a.session_id' END,
      CASE WHEN hold IS NOT NULL THEN productgraph.field_expression(hold) || ' = a.held' END,
      -- The steps themselves tell nothing about getting through them.
      CASE WHEN field = 'event.type' THEN 'NOT coalesce(' || productgraph.any_step_condition(list) || ', false)' ELSE 'true' END))
  USING jsonb_array_length(list::jsonb), span, min_actors, min_share, top;
END
$$;
COMMENT ON FUNCTION funnel_correlation(
  text, steps, text, interval, timestamptz, timestamptz, text, jsonb, text, text, boolean, boolean, text, boolean, steps,
  integer, integer, numeric) IS
'Which values of a field (event.type, another one, or metadata.KEY) go with completing a funnel or with not doing so. Of '
'the actors that entered it and have an event with the value in their best attempt (from its first step to its completion, '
'else to the end of its window; with event.type those of the steps are left out): how many converted, how many dropped, '
'and the odds ratio, (converted with + 1) (dropped without + 1) / ((dropped with + 1) (converted without + 1)), four '
'decimals; above 1 the value correlates with success, below 1 with failure. Only values that at least min_actors actors '
'and min_share of those who entered have, the "top" strongest (NULL = all). Options and errors as in funnel().';
