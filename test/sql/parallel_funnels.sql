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
DROP TABLE public.many_rows;
