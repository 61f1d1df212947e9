-- What the funnel questions ask of segments.

CREATE FUNCTION attempts_in_segments(
  project text, steps steps, within interval, since timestamptz, until timestamptz, actor text, filter jsonb, hold text,
  in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps, counting text, breakdown text,
  OUT reason text, OUT arguments text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  parts record := productgraph.attempt_parts(steps, exclude, step_order, per_step, counting);
  span interval := productgraph.attempts_span(steps, within, per_step);
  -- The window includes its end.
  ends timestamptz := until + span + interval '1 microsecond';
  source record;
BEGIN
  PERFORM productgraph.check_range(since, until);
  reason := coalesce(
    productgraph.rows_instead_of_segments(project, productgraph.step_fields(steps) || productgraph.step_fields(exclude)
      || productgraph.filter_fields(filter) || hold || breakdown, actor),
    CASE WHEN breakdown IS NOT NULL AND (hold IS NOT NULL OR in_session)
           THEN 'a breakdown goes neither with hold nor with in_session'
         WHEN exclude_incomplete AND (within <> justify_hours(make_interval(secs => extract(epoch FROM within)::float8))
                                      OR extract(day FROM within) <> 0 OR extract(month FROM within) <> 0)
           THEN 'exclude_incomplete goes with windows of hours and less only' END);
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  source := productgraph.packed_source(project, since, ends,
    concat_ws(' AND ', productgraph.filter_condition(filter),
      CASE WHEN step_order <> 'strict' THEN format('(%s)', array_to_string(parts.conditions || parts.excluded, ' OR ')) END),
    productgraph.condition_mask(parts.conditions || parts.excluded),
    CASE WHEN hold IS NULL AND breakdown IS NULL THEN 'NULL' ELSE productgraph.field_expression(coalesce(hold, breakdown)) END);
  IF cardinality(source.weeks) = 0 THEN
    reason := 'nothing is packed yet';
    RETURN;
  END IF;
  arguments := concat_ws(', ', quote_literal(source.org_id), quote_literal(project), quote_literal(source.kinds),
    quote_nullable(source.loose),
    format('ARRAY[%s]', (SELECT string_agg(productgraph.timestamp_literal(w), ', ' ORDER BY w) FROM unnest(source.weeks) w)),
    productgraph.timestamp_literal(since), productgraph.timestamp_literal(ends), quote_literal(within), quote_literal(parts.mode),
    cardinality(parts.conditions || parts.excluded) + (step_order = 'any')::integer,
    productgraph.timestamp_literal(CASE WHEN exclude_incomplete THEN least(until, now() - span + interval '1 microsecond') ELSE until END),
    (counting = 'total')::text, (actor = 'session')::text, coalesce(in_session AND actor <> 'session', false)::text,
    (hold IS NOT NULL)::text);
END
$$;
COMMENT ON FUNCTION attempts_in_segments(
  text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text, text) IS
'How to ask segments for the attempts at a funnel: why they cannot be asked, or SQL for the arguments that packed_funnel() and '
'packed_attempts() have in common, those up to hold.';

CREATE FUNCTION attempt_periods(project text, since timestamptz, until timestamptz, period text, timezone text) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most constant bigint := 10000;
  first bigint;
  last bigint;
  starts timestamptz[];
BEGIN
  EXECUTE format(
    'SELECT %s AS first, %s AS last
     FROM (SELECT min(e.timestamp) AS first, max(e.timestamp) AS last FROM productgraph.events e
           WHERE %s AND e.timestamp > ''-infinity'' AND e.timestamp < ''infinity'') e',
    productgraph.period_number(period, timezone, 'e.first'), productgraph.period_number(period, timezone, 'e.last'),
    productgraph.question_scope(project, since, until)) INTO first, last;
  IF last - first >= most THEN
    RETURN NULL;
  END IF;
  EXECUTE format('SELECT array_agg(%s ORDER BY n) FROM generate_series($1, $2) n', productgraph.period_start(period, timezone, 'n'))
  INTO starts USING first, last;
  RETURN coalesce(starts, '{}');
END
$$;
COMMENT ON FUNCTION attempt_periods(text, timestamptz, timestamptz, text, text) IS
'When the periods start in which a project has events in [since, until), and those between them, in order. NULL when there are '
'more than 10,000 of them.';

CREATE TYPE found_attempt AS (actor text, times timestamptz[]);
COMMENT ON TYPE found_attempt IS
'An attempt at a funnel: whose it is, and the times of the steps up to the last one taken, NULL for those left out.';

CREATE FUNCTION packed_attempts(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  "window" interval, mode text, conditions integer, begin_before timestamptz, total boolean, by_session boolean, in_session boolean,
  hold boolean, named boolean, periods timestamptz[])
RETURNS SETOF found_attempt
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10000
AS 'MODULE_PATHNAME', 'productgraph_packed_attempts';
COMMENT ON FUNCTION packed_attempts(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, interval, text, integer,
                                    timestamptz, boolean, boolean, boolean, boolean, boolean, timestamptz[]) IS
'Part of the funnel questions: the attempts at a funnel that count, asked of segments as packed_funnel() does. named: whether '
'actors are wanted, which sessions have none of. periods: starts, in order, of the periods of each of which an actor''s best '
'attempt counts, none for the best of all. One row of NULLs when there are no attempts; no rows when there is so much that '
'rows must be asked.';

CREATE FUNCTION found_attempts(question text, packed text, instead text) RETURNS SETOF found_attempt
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE packed;
  IF FOUND THEN
    PERFORM productgraph.report_path(question, NULL);
    RETURN;
  END IF;
  PERFORM productgraph.report_path(question, 'too many events are not packed yet, or too many attempts found');
  RETURN QUERY EXECUTE format('SELECT actor, times FROM (%s) a', instead);
END
$$;
COMMENT ON FUNCTION found_attempts(text, text, text) IS
'Part of the funnel questions: the rows of a query of packed_attempts(), or when it has none those of the query "instead".';

CREATE FUNCTION attempts_source(
  question text, named boolean, project text, steps steps, within interval, since timestamptz, until timestamptz, actor text,
  filter jsonb, hold text, in_session boolean, exclude_incomplete boolean, step_order text, per_step boolean, exclude steps,
  counting text, period text DEFAULT NULL, timezone text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  instead text := productgraph.attempts_query(project, steps, within, since, until, actor, filter, hold, in_session,
    exclude_incomplete, step_order, per_step, exclude, counting, period, timezone);
  asked record := productgraph.attempts_in_segments(project, steps, within, since, until, actor, filter, hold, in_session,
    exclude_incomplete, step_order, per_step, exclude, counting, NULL);
  reason text := coalesce(asked.reason, CASE WHEN named AND actor = 'session' THEN 'sessions have no names in segments' END);
  periods timestamptz[] := '{}';
BEGIN
  IF reason IS NULL AND period IS NOT NULL AND counting = 'unique' THEN
    periods := productgraph.attempt_periods(project, since, until, period, timezone);
    IF periods IS NULL THEN
      reason := 'there are too many periods';
    END IF;
  END IF;
  IF reason IS NOT NULL THEN
    PERFORM productgraph.report_path(question, reason);
    RETURN instead;
  END IF;
  RETURN format(
    'SELECT actor, %s AS period_number, times FROM productgraph.found_attempts(%L, %L, %L) a WHERE times IS NOT NULL',
    CASE WHEN period IS NULL THEN 'NULL::integer' ELSE productgraph.period_number(period, timezone, 'a.times[1]') END, question,
    format('SELECT * FROM productgraph.packed_attempts(%s, %s, ARRAY[%s]::timestamptz[])', asked.arguments, named::text,
           (SELECT string_agg(productgraph.timestamp_literal(p), ', ' ORDER BY p) FROM unnest(periods) p)),
    instead);
END
$$;
COMMENT ON FUNCTION attempts_source(
  text, boolean, text, steps, interval, timestamptz, timestamptz, text, jsonb, text, boolean, boolean, text, boolean, steps, text,
  text, text) IS
'SQL for the attempts at a funnel that count, asked of segments when those can answer: actor, when it must be named, '
'period_number and times as attempts_query() has them.';
