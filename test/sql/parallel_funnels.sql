-- Aggregates run in parallel where the planner likes, and say the same.
SET search_path = productgraph, public;
CREATE TABLE public.many_rows AS
SELECT abs(hashint4(n) % 997) AS actor, 'epoch'::timestamptz + make_interval(secs => abs(hashint4(n + 100000) % 86400)) AS ts,
  abs(hashint4(n + 200000) % 7) AS kind
FROM generate_series(1, 60000) n;
ALTER TABLE public.many_rows SET (parallel_workers = 2);
ANALYZE public.many_rows;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial_answers AS
SELECT actor, window_funnel('1 hour', ts, kind = 0, kind = 1, kind = 2, kind = 3) AS depth,
  window_funnel_times('1 hour', 'strict_once', ts, kind < 2, kind < 3, kind < 4) AS chain,
  funnel_attempt('1 hour', 'strict, optional 2', ts, kind < 3, kind = 4, kind > 2) AS strict,
  funnel_attempts('1 hour', 'any, exclude 1-2', ts, kind = 1, kind = 2, kind = 6, kind < 3)::text AS attempts
FROM public.many_rows GROUP BY actor;
SET max_parallel_workers_per_gather = 2;
SET enable_hashagg = off;
EXPLAIN (COSTS OFF)
SELECT actor, window_funnel('1 hour', ts, kind = 0, kind = 1) FROM public.many_rows GROUP BY actor;
RESET enable_hashagg;
CREATE TEMP TABLE parallel_answers AS
SELECT actor, window_funnel('1 hour', ts, kind = 0, kind = 1, kind = 2, kind = 3) AS depth,
  window_funnel_times('1 hour', 'strict_once', ts, kind < 2, kind < 3, kind < 4) AS chain,
  funnel_attempt('1 hour', 'strict, optional 2', ts, kind < 3, kind = 4, kind > 2) AS strict,
  funnel_attempts('1 hour', 'any, exclude 1-2', ts, kind = 1, kind = 2, kind = 6, kind < 3)::text AS attempts
FROM public.many_rows GROUP BY actor;
(TABLE serial_answers EXCEPT TABLE parallel_answers) UNION ALL (TABLE parallel_answers EXCEPT TABLE serial_answers);
SELECT count(*), count(DISTINCT depth) > 2 AND count(DISTINCT array_position(strict, NULL)) > 0 AND max(length(attempts)) > 100 AS various FROM parallel_answers;
-- One group over all workers.
SELECT window_funnel('1 hour', ts, kind = 0, kind = 1, kind = 2, kind = 3) FROM public.many_rows;
-- Windows and patterns that differ from group to group, in several groupings at once, equal those asked one by one.
CREATE FUNCTION pg_temp.depth_of(hours integer) RETURNS TABLE (hour_limit integer, parity integer, depth integer, matches bigint)
LANGUAGE sql AS $$
  SELECT hours, actor % 2, window_funnel(make_interval(hours => hours), ts, kind = 0, kind = 1, kind = 2, kind = 3),
    sequence_count('(?1)(?t<=' || hours || ')(?2)', ts, kind = 0, kind = 1)
  FROM public.many_rows WHERE actor % 50 = hours GROUP BY GROUPING SETS ((actor % 2), ())
$$;
CREATE TEMP TABLE one_by_one AS
SELECT answer.* FROM generate_series(0, 49) AS hours, LATERAL pg_temp.depth_of(hours) AS answer;
CREATE TEMP VIEW all_at_once AS
SELECT actor % 50 AS hour_limit, actor % 2 AS parity,
  window_funnel(make_interval(hours => actor % 50), ts, kind = 0, kind = 1, kind = 2, kind = 3) AS depth,
  sequence_count('(?1)(?t<=' || actor % 50 || ')(?2)', ts, kind = 0, kind = 1) AS matches
FROM public.many_rows GROUP BY GROUPING SETS ((actor % 50, actor % 2), (actor % 50));
CREATE TEMP TABLE hashed AS TABLE all_at_once;
SET enable_hashagg = off;
CREATE TEMP TABLE sorted AS TABLE all_at_once;
RESET enable_hashagg;
(TABLE one_by_one EXCEPT TABLE hashed) UNION ALL (TABLE hashed EXCEPT TABLE one_by_one);
(TABLE one_by_one EXCEPT TABLE sorted) UNION ALL (TABLE sorted EXCEPT TABLE one_by_one);
CREATE TEMP TABLE in_parallel AS
SELECT actor % 50 AS hour_limit, window_funnel(make_interval(hours => actor % 50), ts, kind = 0, kind = 1, kind = 2, kind = 3) AS depth,
  sequence_count('(?1)(?t<=' || actor % 50 || ')(?2)', ts, kind = 0, kind = 1) AS matches
FROM public.many_rows GROUP BY actor % 50;
SELECT count(*), count(DISTINCT matches) > 10 AS various,
  count(*) FILTER (WHERE (hour_limit, depth, matches) IN (SELECT hour_limit, depth, matches FROM one_by_one WHERE parity IS NULL)) AS equal
FROM in_parallel;
DROP VIEW all_at_once;
DROP TABLE public.many_rows;
