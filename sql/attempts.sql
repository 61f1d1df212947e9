-- Attempts at a product funnel, as aggregates for the store's events and any other table.

CREATE TYPE funnel_times AS (times timestamptz[]);
COMMENT ON TYPE funnel_times IS 'The times of the steps of one attempt at a funnel, NULL for optional steps left out.';

CREATE FUNCTION funnel_attempt_add(internal, interval, text, timestamptz, VARIADIC "any") RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_add';
COMMENT ON FUNCTION funnel_attempt_add(internal, interval, text, timestamptz, "any") IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_combine';
COMMENT ON FUNCTION funnel_attempt_combine(internal, internal) IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_serialize';
COMMENT ON FUNCTION funnel_attempt_serialize(internal) IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_deserialize';
COMMENT ON FUNCTION funnel_attempt_deserialize(bytea, internal) IS 'Support of funnel_attempt().';

-- Windows of days and months follow the session's time zone, so the results are stable only.
CREATE FUNCTION funnel_attempt_best(internal) RETURNS timestamptz[]
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_best';
COMMENT ON FUNCTION funnel_attempt_best(internal) IS 'Support of funnel_attempt().';

CREATE FUNCTION funnel_attempt_all(internal) RETURNS funnel_times[]
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_funnel_attempt_all';
COMMENT ON FUNCTION funnel_attempt_all(internal) IS 'Support of funnel_attempts().';

CREATE AGGREGATE funnel_attempt("window" interval, mode text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = funnel_attempt_add, STYPE = internal, SSPACE = 256, FINALFUNC = funnel_attempt_best,
  COMBINEFUNC = funnel_attempt_combine, SERIALFUNC = funnel_attempt_serialize,
  DESERIALFUNC = funnel_attempt_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE funnel_attempt(interval, text, timestamptz, "any") IS
'The times of the steps of a group''s best attempt at a funnel, up to the last one it took: the deepest attempt, among '
'equals the one that completes first, of those the one that starts latest; empty when there is none. An attempt begins at '
'a row of step 1 and takes each step at the first row that can be it, a row serving one step, all at most window after the '
'first. mode, comma separated: strict (no row between the steps) or any (steps in any order); per_step (the window is that '
'from a step to the next); optional N (step N may be left out, its time is NULL then); exclude A-B (a row of the '
'exclusion, later than step A and earlier than step B, breaks the attempt, which then counts for nothing). Conditions: the '
'steps, then one for each exclude, then with any one for the rows an attempt may begin with; NULL = false. Rows with NULL '
'ts are ignored. Errors: 22023 wrong mode or window, 22004 NULL mode or window, 54023 more than 32 conditions.';

CREATE AGGREGATE funnel_attempts("window" interval, mode text, ts timestamptz, VARIADIC conditions "any") (
  SFUNC = funnel_attempt_add, STYPE = internal, SSPACE = 256, FINALFUNC = funnel_attempt_all,
  COMBINEFUNC = funnel_attempt_combine, SERIALFUNC = funnel_attempt_serialize,
  DESERIALFUNC = funnel_attempt_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE funnel_attempts(interval, text, timestamptz, "any") IS
'All attempts of a group at a funnel, one after the other: the next one begins after the time at which the one before it '
'completed or was broken, or after its window. Those that were broken are left out. Arguments and errors as in '
'funnel_attempt().';
