-- What happens over time: trend(), live().

CREATE FUNCTION measured_number(field text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  operand text := productgraph.field_expression(field);
  type text := productgraph.field_type(field);
BEGIN
  IF field LIKE 'metadata._%' THEN
    RETURN format('CASE jsonb_typeof(e.metadata -> %L) WHEN ''number'' THEN %s::numeric END',
                  substr(field, length('metadata.') + 1), operand);
  ELSIF type IN ('integer', 'bigint', 'double precision') THEN
    RETURN operand || '::numeric';
  END IF;
  RAISE 'field "%" is no number', field USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION measured_number(text) IS
'SQL for the number in a field, or in a key of metadata (NULL where it holds anything else), over the alias e.';

CREATE FUNCTION measure_expression(measure text, field text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (measure ~ '^p[1-9][0-9]?$') IS NOT TRUE THEN
    PERFORM productgraph.check_choice('measure', measure,
      '{count,unique,sum,average,minimum,maximum,median,"p1 to p99"}');
  END IF;
  IF measure IN ('count', 'unique') THEN
    -- The rows of unique are one for each actor.
    RETURN 'count(*)';
  ELSIF field IS NULL THEN
    RAISE 'measure "%" needs a field', measure USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN CASE measure
    WHEN 'sum' THEN 'sum(number)'
    WHEN 'average' THEN 'avg(number)'
    WHEN 'minimum' THEN 'min(number)'
    WHEN 'maximum' THEN 'max(number)'
    ELSE format('percentile_cont(%s) WITHIN GROUP (ORDER BY number::double precision)',
                CASE measure WHEN 'median' THEN 0.5 ELSE substr(measure, 2)::numeric / 100 END)
  END;
END
$$;
COMMENT ON FUNCTION measure_expression(text, text) IS 'SQL for a measure over rows with a column number.';

CREATE FUNCTION trend(
  project text, what steps DEFAULT NULL, measure text DEFAULT 'count', field text DEFAULT NULL,
  period text DEFAULT 'day', breakdown text DEFAULT NULL, top integer DEFAULT 10,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user', timezone text DEFAULT NULL,
  OUT period_start timestamptz, OUT breakdown_value text, OUT value numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  zone text := productgraph.check_timezone(timezone);
  number text := productgraph.period_number(period, zone);
  aggregate text := productgraph.measure_expression(measure, field);
  counted text := productgraph.actor_expression(actor);
  label text := CASE WHEN breakdown IS NULL THEN 'NULL::text'
                     ELSE '(' || productgraph.field_expression(breakdown) || ')::text' END;
  scope text := productgraph.question_scope(project, since, until, filter) || ' AND '
                || productgraph.any_step_condition(what);
  largest text[];
  rows text;
  counts productgraph.trend_count[];
  measured text;
BEGIN
  IF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all values.';
  END IF;
  -- Rows of one measure: an actor once a group, or an event with its number.
  rows := CASE measure
    WHEN 'unique' THEN format('SELECT %%s FROM productgraph.events e WHERE %s AND %s IS NOT NULL GROUP BY %%s, %2$s',
                              replace(scope, '%', '%%'), replace(counted, '%', '%%'))
    ELSE format('SELECT %%s, %s AS number FROM productgraph.events e WHERE %s',
                replace(CASE WHEN measure = 'count' THEN '1' ELSE productgraph.measured_number(field) END, '%', '%%'),
                replace(scope, '%', '%%'))
  END;
  IF breakdown IS NOT NULL AND top IS NOT NULL THEN
    counts := productgraph.trend_from_segments(project, what, measure, NULL, label, breakdown, since, until, filter, actor, zone);
    EXECUTE format(
      'SELECT coalesce(array_agg(label ORDER BY size DESC NULLS LAST, label COLLATE "C"), ''{}'') FROM (
         SELECT label, %s AS size FROM (%s) r WHERE label IS NOT NULL
         GROUP BY label ORDER BY size DESC NULLS LAST, label COLLATE "C" LIMIT %s) t',
      CASE WHEN counts IS NOT NULL THEN 'sum(value)' WHEN measure = 'sum' THEN 'sum(number)' ELSE 'count(*)' END,
      CASE WHEN counts IS NOT NULL THEN 'SELECT * FROM unnest($1)' ELSE format(rows, label || ' AS label', label) END, top)
    INTO largest USING counts;
    label := format('CASE WHEN %s = ANY (%L::text[]) THEN %1$s WHEN %1$s IS NOT NULL THEN ''other'' END', label, largest);
  END IF;
  counts := productgraph.trend_from_segments(project, what, measure, period, label, breakdown, since, until, filter, actor, zone);
  measured := CASE WHEN counts IS NOT NULL THEN 'SELECT number AS n, label, value FROM unnest($2)'
                   ELSE format('SELECT n, label, %s AS value FROM (%s) r GROUP BY n, label', aggregate,
                               format(rows, format('%s AS n, %s AS label', number, label), number || ', ' || label)) END;
  RETURN QUERY EXECUTE format(
    'WITH measured AS MATERIALIZED (%s),
     labels AS (%s)
     SELECT %s, l.label, %s
     FROM %s s(n) CROSS JOIN labels l
     LEFT JOIN measured m ON m.n = s.n AND m.label IS NOT DISTINCT FROM l.label
     ORDER BY s.n, array_position($1, l.label) NULLS LAST, l.label COLLATE "C" NULLS LAST',
    measured,
    CASE WHEN breakdown IS NULL THEN 'SELECT NULL::text AS label' ELSE 'SELECT DISTINCT label FROM measured' END,
    productgraph.period_start(period, zone, 's.n'),
    CASE WHEN measure IN ('count', 'unique', 'sum') THEN 'coalesce(m.value::numeric, 0)' ELSE 'm.value::numeric' END,
    productgraph.period_series(period, zone, since, until, 'measured'))
  USING largest, counts;
END
$$;
COMMENT ON FUNCTION trend(text, steps, text, text, text, text, integer, timestamptz, timestamptz, jsonb, text, text) IS
'A measure of events over time. what: events that match any of these steps, NULL = all. measure: count (events), unique '
'(actors), or sum, average, minimum, maximum, median or a percentile (p1 to p99) of a numeric field or of the numbers in metadata.KEY. '
'period: hour, day, week (from Monday), month, by the calendar of the time zone (NULL = that of the session). One row for '
'every period of [since, until), or from the first to the last with events where an end is infinite; without events '
'count, unique and sum are 0 and the others NULL. breakdown: a field or metadata.KEY, whose "top" largest values (by '
'actors for unique, the sum for sum, else events; ties by value) are told apart, the rest being ''other'' and no value '
'NULL, which is not one of the top. actor: user, session or metadata.KEY. Errors: 42704 unknown project, 42703 unknown '
'field, 22023 wrong measure, field, period, time zone, top, range, filter or actor.';

CREATE FUNCTION live(
  project text, within interval DEFAULT '5 minutes', top integer DEFAULT 10, filter jsonb DEFAULT '{}',
  actor text DEFAULT 'user',
  OUT kind text, OUT name text, OUT events bigint, OUT actors bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 21
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  IF within IS NULL OR NOT within > interval '0' THEN
    RAISE 'within must be positive' USING ERRCODE = 'invalid_parameter_value';
  ELSIF top < 1 THEN
    RAISE 'top must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all values.';
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH recent AS MATERIALIZED (SELECT e.event_type, e.page_path, %s AS actor FROM productgraph.events e WHERE %s),
     counted AS (
       SELECT grouping(event_type, page_path) AS level, coalesce(event_type, page_path) AS name,
         count(*) AS events, count(DISTINCT actor) AS actors
       FROM recent GROUP BY GROUPING SETS ((), (event_type), (page_path))
     ), ranked AS (
       SELECT *, row_number() OVER (PARTITION BY level ORDER BY events DESC, actors DESC, name COLLATE "C") AS place
       FROM counted WHERE level = 3 OR name IS NOT NULL
     )
     SELECT CASE level WHEN 3 THEN ''total'' WHEN 1 THEN ''event type'' ELSE ''page'' END, name, events, actors
     FROM ranked WHERE place <= coalesce($1, place)
     ORDER BY array_position(''{3,1,2}''::integer[], level), place',
    productgraph.actor_expression(actor),
    productgraph.question_scope(project, now() - within, now() + interval '1 microsecond', filter))
  USING top;
END
$$;
COMMENT ON FUNCTION live(text, interval, integer, jsonb, text) IS
'What happened within the time just gone, up to the start of the transaction: events and distinct actors in total '
'(one row, zeros when nothing happened, name NULL), for each event type and for each page, the "top" largest of each '
'kind (NULL = all), most events first. Errors: 42704 unknown project, 42703 unknown field, 22023 wrong within, top, '
'filter or actor.';
