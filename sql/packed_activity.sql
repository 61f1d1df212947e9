-- In which periods actors were active, from segments: what active_users(), lifecycle() and stickiness() have in common.

CREATE TYPE activity_count AS (
  number bigint, active bigint, fresh bigint, "returning" bigint, resurrecting bigint, leaving bigint, joining bigint,
  out_of_7 bigint, out_of_30 bigint);
COMMENT ON TYPE activity_count IS
'Actors of the period of a number: those active in it; of them those never active before, active in the period before too, '
'active earlier but not then, not active in the next period, and not active before in the longer period around it; and '
'those of whom an activity ceases to be the latest of the last 7 or 30 periods.';

CREATE TYPE stickiness_count AS (periods integer, actors bigint);
COMMENT ON TYPE stickiness_count IS 'How many actors were active in so many periods.';

CREATE FUNCTION packed_activity(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  starts timestamptz[], numbers integer[], around_numbers integer[], by_session boolean)
RETURNS SETOF activity_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100
AS 'MODULE_PATHNAME', 'productgraph_packed_activity';
COMMENT ON FUNCTION packed_activity(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, timestamptz[], integer[], integer[],
                                    boolean) IS
'Part of active_users() and lifecycle(): asks the segments of the weeks, and the events of the query loose, as packed_source() '
'has them; starts and numbers are those of packed_periods(). Periods that have nothing to count are left out. One row of '
'NULLs when so many events are not packed that rows must be asked.';

CREATE FUNCTION packed_stickiness(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  starts timestamptz[], numbers integer[], around_numbers integer[], by_session boolean)
RETURNS SETOF stickiness_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 30
AS 'MODULE_PATHNAME', 'productgraph_packed_stickiness';
COMMENT ON FUNCTION packed_stickiness(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, timestamptz[], integer[], integer[],
                                      boolean) IS
'Part of stickiness(): as packed_activity(), but how many actors were active in how many periods.';

CREATE FUNCTION activity_source(
  project text, what steps, period text, around text, since timestamptz, until timestamptz, filter jsonb, actor text, zone text,
  OUT reason text, OUT org_id uuid, OUT kinds text, OUT loose text, OUT weeks timestamptz[], OUT starts timestamptz[],
  OUT numbers integer[], OUT around_numbers integer[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  reason := productgraph.rows_instead_of_segments(project, productgraph.step_fields(what) || productgraph.filter_fields(filter), actor);
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  SELECT s.org_id, s.kinds, s.loose, s.weeks INTO org_id, kinds, loose, weeks
  FROM productgraph.packed_source(project, since, until,
    format('%s AND %s', productgraph.filter_condition(filter), productgraph.any_step_condition(what)), '1', 'NULL') s;
  IF cardinality(weeks) = 0 THEN
    reason := 'nothing is packed yet';
    RETURN;
  END IF;
  SELECT p.reason, p.starts, p.numbers, p.around_numbers INTO reason, starts, numbers, around_numbers
  FROM productgraph.packed_periods(org_id, project, since, until, period, zone, around) p;
END
$$;
COMMENT ON FUNCTION activity_source(text, steps, text, text, timestamptz, timestamptz, jsonb, text, text) IS
'What questions for the activity of actors ask segments: packed_source() and packed_periods() of events in [since, until) that '
'match any step of what and pass the filter; or the reason why rows must be asked.';

CREATE FUNCTION activity_from_segments(
  question text, project text, what steps, period text, around text, since timestamptz, until timestamptz, filter jsonb, actor text,
  zone text)
RETURNS activity_count[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  source record := productgraph.activity_source(project, what, period, around, since, until, filter, actor, zone);
  reason text := source.reason;
  counts productgraph.activity_count[];
BEGIN
  IF reason IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.packed_activity(source.org_id, project, source.kinds, source.loose, source.weeks,
      since, until, source.starts, source.numbers, source.around_numbers, actor = 'session') c);
    IF cardinality(counts) = 1 AND counts[1].number IS NULL THEN
      counts := NULL;
      reason := 'too many events are not packed yet';
    END IF;
  END IF;
  PERFORM productgraph.report_path(question, reason);
  RETURN counts;
END
$$;
COMMENT ON FUNCTION activity_from_segments(text, text, steps, text, text, timestamptz, timestamptz, jsonb, text, text) IS
'The rows of packed_activity() for a question; NULL when rows must be asked.';

CREATE FUNCTION stickiness_from_segments(
  project text, what steps, period text, since timestamptz, until timestamptz, filter jsonb, actor text, zone text)
RETURNS stickiness_count[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  source record := productgraph.activity_source(project, what, period, NULL, since, until, filter, actor, zone);
  reason text := source.reason;
  counts productgraph.stickiness_count[];
BEGIN
  IF reason IS NULL THEN
    counts := ARRAY(SELECT c FROM productgraph.packed_stickiness(source.org_id, project, source.kinds, source.loose, source.weeks,
      since, until, source.starts, source.numbers, source.around_numbers, actor = 'session') c);
    IF cardinality(counts) = 1 AND counts[1].periods IS NULL THEN
      counts := NULL;
      reason := 'too many events are not packed yet';
    END IF;
  END IF;
  PERFORM productgraph.report_path('stickiness()', reason);
  RETURN counts;
END
$$;
COMMENT ON FUNCTION stickiness_from_segments(text, steps, text, timestamptz, timestamptz, jsonb, text, text) IS
'The rows of packed_stickiness() for a question; NULL when rows must be asked.';
