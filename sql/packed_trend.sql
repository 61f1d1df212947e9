-- What happens over time, from segments: part of trend().

CREATE TYPE trend_count AS (number bigint, label text, value bigint);
COMMENT ON TYPE trend_count IS 'How many events or actors of a label there are in the period of a number.';

CREATE FUNCTION packed_trend(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  starts timestamptz[], numbers integer[], around_numbers integer[], is_unique boolean, by_session boolean)
RETURNS SETOF trend_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100
AS 'MODULE_PATHNAME', 'productgraph_packed_trend';
COMMENT ON FUNCTION packed_trend(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, timestamptz[], integer[], integer[],
                                 boolean, boolean) IS
'Part of trend(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them, for events, or '
'for actors with is_unique; starts and numbers are those of packed_periods(). What is 0 is left out. One row of NULLs when rows '
'must be asked: too many events are not packed, or labels and periods are too many.';

CREATE FUNCTION trend_from_segments(
  project text, what steps, measure text, period text, label text, breakdown text, since timestamptz, until timestamptz,
  filter jsonb, actor text, zone text)
RETURNS trend_count[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reason text := productgraph.rows_instead_of_segments(project, productgraph.step_fields(what)
    || productgraph.filter_fields(filter) || breakdown, actor);
  source record;
  calendar record;
  counts productgraph.trend_count[];
BEGIN
  IF measure NOT IN ('count', 'unique') THEN
    reason := 'numbers are not packed';
  END IF;
  IF reason IS NULL THEN
    source := productgraph.packed_source(project, since, until,
      format('%s AND %s', productgraph.filter_condition(filter), productgraph.any_step_condition(what)), '1', label);
    calendar := productgraph.packed_periods(source.org_id, project, since, until, coalesce(period, 'month'), zone, NULL);
    reason := CASE WHEN cardinality(source.weeks) = 0 THEN 'nothing is packed yet' ELSE calendar.reason END;
  END IF;
  IF reason IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.packed_trend(source.org_id, project, source.kinds, source.loose, source.weeks, since, until,
      CASE WHEN period IS NULL THEN '{-infinity}' ELSE calendar.starts END, CASE WHEN period IS NULL THEN '{0}' ELSE calendar.numbers END,
      CASE WHEN period IS NULL THEN '{0}' ELSE calendar.around_numbers END, measure = 'unique', actor = 'session') c);
    IF cardinality(counts) = 1 AND counts[1].number IS NULL THEN
      counts := NULL;
      reason := 'too many events are not packed yet, or there are too many values';
    END IF;
  END IF;
  PERFORM productgraph.report_path('trend()', reason) WHERE period IS NOT NULL;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION trend_from_segments(text, steps, text, text, text, text, timestamptz, timestamptz, jsonb, text, text) IS
'Part of trend(): the rows of packed_trend() by a label, SQL over the alias e in which breakdown is the only field; period NULL = '
'the whole range. NULL when rows must be asked.';
