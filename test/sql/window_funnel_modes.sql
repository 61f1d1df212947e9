-- The modes of window_funnel().
SET search_path = productgraph, public;
SET timezone = 'UTC';
-- Letters are events, a second apart.
CREATE TEMP TABLE words AS
SELECT word, number, 'epoch'::timestamptz + make_interval(secs => place) AS ts, letter
FROM unnest('{abc,adbc,aabbcc,aabbdcc,ccbbaa,abcbd,acbc}'::text[]) WITH ORDINALITY w(word, number),
LATERAL regexp_split_to_table(word, '') WITH ORDINALITY l(letter, place);
SELECT word, window_funnel('86400 s', ts, letter = 'a', letter = 'b', letter = 'c') AS by_default,
  window_funnel('86400 s', 'strict_order', ts, letter = 'a', letter = 'b', letter = 'c') AS in_order,
  window_funnel('86400 s', 'strict_deduplication,strict_order', ts, letter = 'a', letter = 'b', letter = 'c') AS deduplicated_in_order,
  window_funnel('86400 s', 'strict_order,allow_reentry', ts, letter = 'a', letter = 'b', letter = 'c') AS with_reentry
FROM words GROUP BY word, number ORDER BY number;
SELECT window_funnel('1 d', 'strict_deduplication', ts, letter = 'a', letter = 'b', letter = 'c', letter = 'd') AS deduplicated,
  window_funnel_times('1 d', 'strict_deduplication', ts, letter = 'a', letter = 'b', letter = 'c', letter = 'd')
FROM words WHERE word = 'abcbd';
-- What comes before the first step 1 ends nothing.
SELECT window_funnel('1 d', 'strict_order', ts, letter = 'b', letter = 'c') AS in_order FROM words WHERE word = 'adbc';

-- A step that is repeated, and a step 1 that is.
CREATE TEMP TABLE codes AS
SELECT 'epoch'::timestamptz + make_interval(secs => t) AS ts, code
FROM unnest('{0,10,20,30,40,50,51,60}'::int[], '{1000,1001,1002,1003,1004,1005,1005,1006}'::int[]) c(t, code);
SELECT mode, window_funnel('10000 s', mode, ts, code = 1000, code = 1001, code = 1002, code = 1003, code = 1004, code = 1005, code = 1006)
FROM codes, unnest('{"",strict_deduplication}'::text[]) m(mode) GROUP BY mode ORDER BY mode;
SELECT mode, window_funnel('10000 s', mode, ts, code >= 1005, code = 1006)
FROM codes, unnest('{"",strict_deduplication,strict_order}'::text[]) m(mode) GROUP BY mode ORDER BY mode;

-- Steps at one time: strict_increase asks for more. Alone it knows the last row of a step only, with strict_once all
-- chains: the step at 2 takes the place of the one at 1.
CREATE TEMP TABLE ties AS
SELECT 'epoch'::timestamptz + make_interval(secs => t) AS ts, code
FROM unnest('{0,1,1,1,2}'::int[], '{1000,1001,1002,1003,1004}'::int[]) c(t, code);
SELECT mode, window_funnel('10 s', mode, ts, code = 1000, code = 1001, code = 1002, code = 1003, code = 1004),
  window_funnel_times('10 s', mode, ts, code = 1000, code >= 1001, code >= 1002)
FROM ties, unnest('{"",strict_increase,strict_once,"strict_increase, strict_once"}'::text[]) m(mode) GROUP BY mode ORDER BY mode;
-- A row of no step ends the scan of strict_order, before the rows of its time, wherever it came in.
SELECT mode, window_funnel('10 s', mode, ts, code = 1000, code = 1001, code = 1003)
FROM ties, unnest('{strict_increase,strict_order,"strict_order,allow_reentry"}'::text[]) m(mode) GROUP BY mode ORDER BY mode;
SELECT window_funnel('10 s', 'strict_order', ts, code = 1000, code = 1001) FILTER (WHERE code < 1002) AS filtered,
  window_funnel('10 s', 'strict_order', ts, code = 1000, code = 1001) AS unfiltered FROM ties;
-- A row without a time does not count as one of no step.
SELECT window_funnel('10 s', 'strict_order', ts, code = 1, code = 2)
FROM (VALUES ('epoch'::timestamptz, 1), (NULL, 7), ('epoch'::timestamptz + '1 s', 2)) v(ts, code);

-- All modes at once; each alone; empty names and a name twice; what is no mode.
SELECT window_funnel('10 s', 'strict_deduplication, strict_order, strict_increase, strict_once, allow_reentry', ts, code = 1000, code = 1001)
FROM ties;
SELECT mode, window_funnel('10 s', mode, ts, code = 1000, code < 1003, code = 1004)
FROM ties, unnest('{"",",",strict_once,strict_order,strict_increase,strict_deduplication,"strict_once,strict_once"}'::text[]) m(mode) GROUP BY mode ORDER BY mode;
SELECT window_funnel('10 s', 'allow_reentry', ts, true) FROM ties;
SELECT window_funnel('10 s', 'strict_once,Strict_order', ts, true) FROM ties;
SELECT window_funnel('10 s', code::text, ts, true) FROM ties;
SELECT window_funnel('10 s', CASE WHEN code = 1001 THEN 'strict_once' ELSE '' END, ts, true) FROM ties;
SELECT window_funnel('10 s', NULL::text, ts, true) FROM ties;

-- Parallel or not, in all modes.
CREATE TABLE public.many_rows AS
SELECT abs(hashint4(n) % 797) AS actor, 'epoch'::timestamptz + make_interval(secs => abs(hashint4(n + 100000) % 3600)) AS ts,
  abs(hashint4(n + 200000) % 5) AS kind
FROM generate_series(1, 20000) n;
ALTER TABLE public.many_rows SET (parallel_workers = 2);
ANALYZE public.many_rows;
CREATE TEMP VIEW answers AS
SELECT actor, window_funnel('1 h', 'strict_order', ts, kind = 0, kind < 3, kind = 2) AS in_order,
  window_funnel('1 h', 'strict_deduplication', ts, kind = 0, kind = 1, kind = 2, kind = 3) AS deduplicated,
  window_funnel_times('20 min', 'strict_increase', ts, kind = 0, kind = 1, kind = 2) AS increasing,
  window_funnel_times('20 min', 'strict_order,allow_reentry,strict_once', ts, kind < 2, kind < 3, kind < 4) AS once
FROM public.many_rows GROUP BY actor;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial_answers AS SELECT * FROM answers;
SET max_parallel_workers_per_gather = 2;
CREATE TEMP TABLE parallel_answers AS SELECT * FROM answers;
(TABLE serial_answers EXCEPT TABLE parallel_answers) UNION ALL (TABLE parallel_answers EXCEPT TABLE serial_answers);
SELECT count(*), max(in_order) AS in_order, max(deduplicated) AS deduplicated, max(cardinality(increasing)) AS increasing,
  max(cardinality(once)) AS once FROM parallel_answers;
DROP VIEW answers;
DROP TABLE public.many_rows;
