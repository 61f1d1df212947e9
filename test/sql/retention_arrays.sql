-- retention().
SET search_path = productgraph, public;
CREATE TEMP TABLE visits (actor text, day int);
INSERT INTO visits VALUES ('a', 0), ('a', 1), ('a', 2), ('b', 2), ('b', 0), ('c', 1), ('c', 2), ('d', NULL), ('e', 0);
SELECT actor, retention(day = 0, day = 1, day = 2) FROM visits GROUP BY actor ORDER BY actor;
SELECT retention(day = 0) AS one, retention(day = 9) AS none, retention(day = 0, NULL, day = 2) AS with_null FROM visits;
-- No rows: the conditions of the call, all false.
SELECT retention(day = 0, day = 1) FROM visits WHERE false;
SELECT retention(day = 0, day = 1) FILTER (WHERE day > 0) AS filtered, retention(day = 0, day = 1) FILTER (WHERE false) AS empty FROM visits;
SELECT retention(VARIADIC ARRAY[day = 0, day = 1]) FROM visits;
SELECT retention(VARIADIC ARRAY[day = 0, day = 1]) FROM visits WHERE false;
SELECT retention(VARIADIC CASE WHEN day = 1 THEN NULL ELSE ARRAY[day = 0, day = 2] END) FROM visits WHERE actor = 'a';
SELECT actor, day, retention(day = 0, day = 2) OVER (PARTITION BY actor ORDER BY day) FROM visits WHERE actor IN ('a', 'b') ORDER BY actor, day;
-- 32 conditions and no more; wrong types.
SELECT retention(VARIADIC array_fill(true, ARRAY[32])) FROM visits;
SELECT retention(VARIADIC array_fill(true, ARRAY[33])) FROM visits;
SELECT retention(VARIADIC '{}'::boolean[]) FROM visits;
SELECT retention(VARIADIC NULL::boolean[]) FROM visits;
SELECT retention(VARIADIC ARRAY[day]) FROM visits;
SELECT retention(VARIADIC ARRAY[day = 0, day = 1]) FROM visits WHERE false;
SELECT retention(VARIADIC CASE WHEN day = 1 THEN ARRAY[true] ELSE ARRAY[true, true] END) FROM visits WHERE actor = 'a';
SELECT retention(day) FROM visits;
SELECT retention() FROM visits;
-- Parallel or not.
CREATE TABLE public.many_rows AS
SELECT abs(hashint4(n) % 4999) AS actor, abs(hashint4(n + 200000) % 7) AS day FROM generate_series(1, 20000) n;
ALTER TABLE public.many_rows SET (parallel_workers = 2);
ANALYZE public.many_rows;
CREATE TEMP VIEW answers AS
SELECT actor, retention(day = 0, day = 1, day = 2) AS kept, retention(VARIADIC ARRAY[day < 3, day = 4]) AS kept_array FROM public.many_rows GROUP BY actor;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial_answers AS SELECT * FROM answers;
SET max_parallel_workers_per_gather = 2;
CREATE TEMP TABLE parallel_answers AS SELECT * FROM answers;
(TABLE serial_answers EXCEPT TABLE parallel_answers) UNION ALL (TABLE parallel_answers EXCEPT TABLE serial_answers);
SELECT count(*), count(DISTINCT kept) AS kept, count(DISTINCT kept_array) AS kept_array FROM parallel_answers;
-- One group over all workers.
SELECT retention(day = 0, day = 6, day = 9) FROM public.many_rows;
DROP VIEW answers;
DROP TABLE public.many_rows;
