-- Aggregates and window functions over sequences of events, for the store's tables and any other.

CREATE FUNCTION window_funnel_add(internal, interval, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_add';
COMMENT ON FUNCTION window_funnel_add(internal, interval, timestamptz, "any") IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_add_mode(internal, interval, text, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_add_mode';
COMMENT ON FUNCTION window_funnel_add_mode(internal, interval, text, timestamptz, "any") IS
'Support of window_funnel().';

CREATE FUNCTION window_funnel_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_combine';
COMMENT ON FUNCTION window_funnel_combine(internal, internal) IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_serialize';
COMMENT ON FUNCTION window_funnel_serialize(internal) IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_deserialize';
COMMENT ON FUNCTION window_funnel_deserialize(bytea, internal) IS 'Support of window_funnel().';

-- Windows of days and months follow the session's time zone, so the results are stable only.
CREATE FUNCTION window_funnel_depth(internal) RETURNS integer
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_depth';
COMMENT ON FUNCTION window_funnel_depth(internal) IS 'Support of window_funnel().';

CREATE FUNCTION window_funnel_chain(internal) RETURNS timestamptz[]
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_window_funnel_chain';
COMMENT ON FUNCTION window_funnel_chain(internal) IS 'Support of window_funnel_times().';

CREATE AGGREGATE window_funnel("window" interval, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add, STYPE = internal, FINALFUNC = window_funnel_depth,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel(interval, timestamptz, "any") IS
'How many of the steps (1 to 32 booleans, NULL = false) the rows of a group reach in order, each at most window '
'after the first; 0 when none. Rows come in any order; those with NULL ts are ignored. Infinite times are '
'allowed. Semantics of ClickHouse''s windowFunnel, with the window as an interval. Errors: 22023 negative window, '
'22004 NULL window, 54023 more than 32 steps.';

CREATE AGGREGATE window_funnel("window" interval, mode text, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add_mode, STYPE = internal, FINALFUNC = window_funnel_depth,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel(interval, text, timestamptz, "any") IS
'window_funnel with modes, comma separated: strict_once, a row serves at most one step of a chain.';

CREATE AGGREGATE window_funnel_times("window" interval, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add, STYPE = internal, FINALFUNC = window_funnel_chain,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel_times(interval, timestamptz, "any") IS
'The times of the steps that window_funnel() counts, of one chain: the deepest, among equals the one that '
'completes first, of those the one that starts latest. Empty when no step was reached; never decreasing.';

CREATE AGGREGATE window_funnel_times("window" interval, mode text, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add_mode, STYPE = internal, FINALFUNC = window_funnel_chain,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel_times(interval, text, timestamptz, "any") IS
'window_funnel_times with modes, as in window_funnel.';

CREATE FUNCTION sessionize(ts timestamptz, gap interval DEFAULT '30 minutes') RETURNS bigint
LANGUAGE C WINDOW STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sessionize';
COMMENT ON FUNCTION sessionize(timestamptz, interval) IS
'Numbers sessions from 1 over the rows of a partition, as in sessionize(ts) OVER (PARTITION BY user_id ORDER BY '
'ts): a new one begins where the distance to the row before is greater than gap. A NULL ts gives NULL and changes '
'nothing. Errors: 22004 NULL gap, 22023 negative gap.';
