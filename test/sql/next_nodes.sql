-- sequence_next_node().
SET search_path = productgraph, public;
CREATE TEMP TABLE pages AS
SELECT actor, 'epoch'::timestamptz + make_interval(secs => place) AS ts, page
FROM unnest('{ABCD,BBDC,AB,AAABC,CABDAEA}'::text[]) WITH ORDINALITY u(word, actor),
LATERAL regexp_split_to_table(word, '') WITH ORDINALITY l(page, place);
SELECT actor, string_agg(page, '' ORDER BY ts) AS pages, sequence_next_node('forward', 'head', ts, page, true, page = 'A') AS after_a,
  sequence_next_node('forward', 'head', ts, page, true, page = 'A', page = 'B') AS after_ab,
  sequence_next_node('forward', 'head', ts, page, true, page = 'B') AS after_b
FROM pages GROUP BY actor ORDER BY actor;
SELECT direction, base, array_agg(coalesce(found, '-') ORDER BY actor) AS found
FROM (VALUES ('forward', 'head'), ('forward', 'first_match'), ('forward', 'last_match'), ('backward', 'tail'), ('backward', 'first_match'),
             ('backward', 'last_match')) k(direction, base),
LATERAL (SELECT actor, sequence_next_node(direction, base, ts, page, true, page = 'A') AS found FROM pages GROUP BY actor) s
GROUP BY direction, base ORDER BY direction DESC, base;
-- The base condition, which may be NULL; the first row that meets it and step 1 is the base.
SELECT sequence_next_node('forward', 'first_match', ts, page, extract(second FROM ts) > 2, page = 'A') AS later,
  sequence_next_node('forward', 'head', ts, page, NULL, page = 'A') AS none, sequence_next_node('backward', 'tail', ts, page, page <> 'A', page = 'A') AS tail
FROM pages WHERE actor = 4;
-- Values that are NULL are left out, empty ones are not; ties go by value, whatever the order of input.
SELECT sequence_next_node('forward', 'head', ts, page, true, page = 'A') AS after_null,
  sequence_next_node('forward', 'head', ts, coalesce(page, ''), true, page = 'A') = '' AS after_empty
FROM (VALUES ('2024-01-01'::timestamptz, 'A'), ('2024-01-02', NULL), ('2024-01-03', 'B'), (NULL, 'C')) v(ts, page);
SELECT sequence_next_node('forward', 'head', ts, page, true, page = 'A')
FROM (VALUES ('2024-01-01'::timestamptz, 'C'), ('2024-01-01', 'B'), ('2024-01-01', 'A')) v(ts, page);
SELECT sequence_next_node('forward', 'head', ts, page, true, true) FROM (VALUES ('infinity'::timestamptz, 'B'), ('-infinity', 'A')) v(ts, page);
-- No rows, one row, none left by a FILTER, more steps than rows.
SELECT sequence_next_node('forward', 'head', ts, page, true, true) FROM pages WHERE false;
SELECT sequence_next_node('forward', 'head', ts, page, true, true) FROM pages WHERE actor = 3 AND page = 'A';
SELECT sequence_next_node('forward', 'head', ts, page, true, true) FILTER (WHERE page = 'Z') AS none,
  sequence_next_node('forward', 'head', ts, page, true, page = 'A') FILTER (WHERE page <> 'B') AS filtered,
  sequence_next_node('forward', 'head', ts, page, true, VARIADIC array_fill(true, ARRAY[32])) AS too_long
FROM pages WHERE actor = 1;
SELECT sequence_next_node('forward', 'head', ts, page, true, VARIADIC ARRAY[page = 'A', page = 'B']) FROM pages WHERE actor = 1;
-- Errors.
SELECT sequence_next_node('sideways', 'head', ts, page, true, true) FROM pages;
SELECT sequence_next_node('forward', 'first', ts, page, true, true) FROM pages;
SELECT sequence_next_node('forward', 'tail', ts, page, true, true) FROM pages;
SELECT sequence_next_node('backward', 'head', ts, page, true, true) FROM pages;
SELECT sequence_next_node(NULL, 'head', ts, page, true, true) FROM pages;
SELECT sequence_next_node('forward', NULL, ts, page, true, true) FROM pages;
SELECT sequence_next_node(CASE page WHEN 'A' THEN 'forward' ELSE 'backward' END, 'first_match', ts, page, true, true) FROM pages;
SELECT sequence_next_node('forward', 'head', ts, page, true) FROM pages;
SELECT sequence_next_node('forward', 'head', ts, page, true, page) FROM pages;
SELECT sequence_next_node('forward', 'head', ts, page, true, VARIADIC array_fill(true, ARRAY[33])) FROM pages;

-- Parallel or not.
CREATE TABLE public.many_rows AS
SELECT abs(hashint4(n) % 797) AS actor, 'epoch'::timestamptz + make_interval(secs => abs(hashint4(n + 100000) % 600)) AS ts,
  'page ' || abs(hashint4(n + 200000) % 5) AS page
FROM generate_series(1, 20000) n;
ALTER TABLE public.many_rows SET (parallel_workers = 2);
ANALYZE public.many_rows;
CREATE TEMP VIEW answers AS
SELECT actor, sequence_next_node('forward', 'first_match', ts, page, true, page = 'page 1', page < 'page 3') AS next,
  sequence_next_node('backward', 'last_match', ts, page, page > 'page 1', page = 'page 3') AS previous
FROM public.many_rows GROUP BY actor;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial_answers AS SELECT * FROM answers;
SET max_parallel_workers_per_gather = 2;
CREATE TEMP TABLE parallel_answers AS SELECT * FROM answers;
(TABLE serial_answers EXCEPT TABLE parallel_answers) UNION ALL (TABLE parallel_answers EXCEPT TABLE serial_answers);
SELECT count(*), count(DISTINCT next) AS next, count(DISTINCT previous) AS previous FROM parallel_answers;
DROP VIEW answers;
DROP TABLE public.many_rows;
