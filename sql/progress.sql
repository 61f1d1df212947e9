-- Progress of what takes long: shown by its own session, read by any other.

CREATE FUNCTION report_progress(step text, done bigint DEFAULT NULL, total bigint DEFAULT NULL) RETURNS void
LANGUAGE C VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'productgraph_report_progress';
COMMENT ON FUNCTION report_progress(text, bigint, bigint) IS
'Shows other sessions what this statement is doing, in pg_stat_activity.query until it ends; NULL = not known. For progress().';

CREATE FUNCTION progress()
RETURNS TABLE (pid integer, role name, started_at timestamptz, reported_at timestamptz, step text, done bigint, total bigint, statement text)
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT a.pid, a.usename, a.query_start, a.state_change, m.part[1], nullif(m.part[2], '?')::bigint, nullif(m.part[3], '?')::bigint, m.part[4]
  FROM pg_stat_activity a,
    regexp_match(a.query, '^productgraph: (.*?) \| ([0-9]{1,18}|\?) of ([0-9]{1,18}|\?) \| (.*)$') AS m (part)
  WHERE a.datname = current_database() AND a.state = 'active' AND m.part IS NOT NULL
  ORDER BY a.query_start, a.pid
$$;
COMMENT ON FUNCTION progress() IS
'What sessions of this database are doing that takes long: maintain(), rebuild_segments(), forget_user(), drop_project() and '
'drop_organization(). step says what, done and total how far it is in that step (rows or weeks; NULL = not known), reported_at when it '
'said so, statement what was called. As pg_stat_activity shows them: those of one''s own role, and all to members of pg_monitor.';

CREATE FUNCTION event_spans() RETURNS SETOF tstzrange
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH weeks AS (
    SELECT tstzrange(w.week, w.week + interval '168 hours') AS span FROM productgraph.event_weeks() w
  )
  SELECT s.span FROM (
    SELECT span FROM weeks
    UNION ALL SELECT unnest('{(,)}'::tstzmultirange - coalesce(range_agg(span), '{}')) FROM weeks) s
  ORDER BY upper(s.span) DESC NULLS FIRST
$$;
COMMENT ON FUNCTION event_spans() IS
'All of time in parts: the weeks that have a partition of events, and what lies between them; the latest first, as packing '
'takes weeks. For work on events that is done part by part.';
