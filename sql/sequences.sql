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

-- SSPACE, the bytes that a group of a dozen rows takes: by its own guess of 8 kB the planner would sort all rows, or
-- write groups to disk, where hashing them in memory is possible.
CREATE AGGREGATE window_funnel("window" interval, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_depth,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel(interval, timestamptz, "any") IS
'How many of the steps (1 to 32 booleans, NULL = false) the rows of a group reach in order, each at most window '
'after the first; 0 when none. Rows come in any order; those with NULL ts are ignored. Infinite times are '
'allowed. Semantics of ClickHouse''s windowFunnel, with the window as an interval. Errors: 22023 negative window, '
'22004 NULL window, 54023 more than 32 steps.';

CREATE AGGREGATE window_funnel("window" interval, mode text, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add_mode, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_depth,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel(interval, text, timestamptz, "any") IS
'window_funnel with modes, comma separated: strict_deduplication, a repeat of a reached step but the first ends the scan; '
'strict_order, after the first step a row of no step, or of one not due yet, ends it; strict_increase, each step strictly '
'later than the one before; strict_once, a row serves at most one step of a chain; allow_reentry, with strict_order, steps '
'not due yet are passed over. Error 22023 for any other.';

CREATE AGGREGATE window_funnel_times("window" interval, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_chain,
  COMBINEFUNC = window_funnel_combine, SERIALFUNC = window_funnel_serialize,
  DESERIALFUNC = window_funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE window_funnel_times(interval, timestamptz, "any") IS
'The times of the steps that window_funnel() counts, of one chain: the deepest, among equals the one that '
'completes first, of those the one that starts latest. Empty when no step was reached; never decreasing.';

CREATE AGGREGATE window_funnel_times("window" interval, mode text, ts timestamptz, VARIADIC steps "any") (
  SFUNC = window_funnel_add_mode, STYPE = internal, SSPACE = 256, FINALFUNC = window_funnel_chain,
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

CREATE FUNCTION sequence_add(internal, text, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_add';
COMMENT ON FUNCTION sequence_add(internal, text, timestamptz, "any") IS 'Support of sequence_match().';

CREATE FUNCTION sequence_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_combine';
COMMENT ON FUNCTION sequence_combine(internal, internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_serialize';
COMMENT ON FUNCTION sequence_serialize(internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_deserialize';
COMMENT ON FUNCTION sequence_deserialize(bytea, internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_matches(internal) RETURNS boolean
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_matches';
COMMENT ON FUNCTION sequence_matches(internal) IS 'Support of sequence_match().';

CREATE FUNCTION sequence_counts(internal) RETURNS bigint
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_counts';
COMMENT ON FUNCTION sequence_counts(internal) IS 'Support of sequence_count().';

CREATE FUNCTION sequence_times(internal) RETURNS timestamptz[]
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_times';
COMMENT ON FUNCTION sequence_times(internal) IS 'Support of sequence_match_events().';

CREATE AGGREGATE sequence_match(pattern text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = sequence_add, STYPE = internal, SSPACE = 256, FINALFUNC = sequence_matches,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize,
  PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_match(text, timestamptz, "any") IS
'Whether the rows of a group contain the pattern. (?N) is a row where condition N holds, . any row, .* any number of '
'rows, and (?t OP seconds) or (?t OP ''interval''), with OP one of <= < >= > == !=, compares the times of the matched rows '
'before and after it, whatever lies between. Only rows that meet a condition count; they are ordered by ts, ties by their '
'lowest condition. Semantics of ClickHouse''s sequenceMatch, without its limit of iterations. Errors: 22023 wrong '
'pattern, 22004 NULL pattern, 54023 more than 32 conditions.';

CREATE AGGREGATE sequence_count(pattern text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = sequence_add, STYPE = internal, SSPACE = 256, FINALFUNC = sequence_counts,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize,
  PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_count(text, timestamptz, "any") IS
'How often the rows of a group contain the pattern of sequence_match() without overlapping: each match ends as early as '
'it can, and the next one uses rows after it only.';

CREATE AGGREGATE sequence_match_events(pattern text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = sequence_add, STYPE = internal, SSPACE = 256, FINALFUNC = sequence_times,
  COMBINEFUNC = sequence_combine, SERIALFUNC = sequence_serialize, DESERIALFUNC = sequence_deserialize,
  PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_match_events(text, timestamptz, "any") IS
'The times of the rows that the (?N) of the pattern match, in the longest partial match from its beginning; among equals '
'the one that is complete first. Empty when not even the first token matches.';

CREATE FUNCTION sequence_next_node_add(internal, text, text, timestamptz, text, boolean, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_add';
COMMENT ON FUNCTION sequence_next_node_add(internal, text, text, timestamptz, text, boolean, "any") IS
'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_combine';
COMMENT ON FUNCTION sequence_next_node_combine(internal, internal) IS 'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_serialize';
COMMENT ON FUNCTION sequence_next_node_serialize(internal) IS 'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_deserialize';
COMMENT ON FUNCTION sequence_next_node_deserialize(bytea, internal) IS 'Support of sequence_next_node().';

CREATE FUNCTION sequence_next_node_value(internal) RETURNS text
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_sequence_next_node_value';
COMMENT ON FUNCTION sequence_next_node_value(internal) IS 'Support of sequence_next_node().';

CREATE AGGREGATE sequence_next_node(
  direction text, base text, ts timestamptz, value text, base_condition boolean, VARIADIC steps "any") (
  SFUNC = sequence_next_node_add, STYPE = internal, SSPACE = 1024, FINALFUNC = sequence_next_node_value,
  COMBINEFUNC = sequence_next_node_combine, SERIALFUNC = sequence_next_node_serialize,
  DESERIALFUNC = sequence_next_node_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE sequence_next_node(text, text, timestamptz, text, boolean, "any") IS
'The value of the row that follows a chain of steps, NULL when there is none. Rows are ordered by ts, ties by value; '
'those with NULL ts or value are left out. direction: forward or backward. base, where the chain begins: head (the '
'first row; forward only), tail (the last; backward only), first_match or last_match (the first or last row of step 1); '
'base_condition must hold there. The steps must match rows next to each other. Semantics of ClickHouse''s '
'sequenceNextNode. Errors: 22023 unknown or contradictory direction and base, 22004 when one is NULL.';

CREATE FUNCTION retention_add(bigint, VARIADIC "any") RETURNS bigint
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_retention_add';
COMMENT ON FUNCTION retention_add(bigint, "any") IS 'Support of retention().';

CREATE FUNCTION retention_result(bigint, VARIADIC "any") RETURNS boolean[]
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_retention_result';
COMMENT ON FUNCTION retention_result(bigint, "any") IS 'Support of retention().';

CREATE AGGREGATE retention(VARIADIC conditions "any") (
  SFUNC = retention_add, STYPE = bigint, INITCOND = '0', FINALFUNC = retention_result, FINALFUNC_EXTRA,
  COMBINEFUNC = pg_catalog.int8or, PARALLEL = SAFE);
COMMENT ON AGGREGATE retention("any") IS
'One boolean for each condition (1 to 32, NULL = false): whether a row of the group meets the first condition and, for the '
'others, also a row meets that one, in any order of time. Semantics of ClickHouse''s retention.';
