-- sequence_match(), sequence_count() and sequence_match_events().
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE TEMP TABLE readings AS
SELECT 'epoch'::timestamptz + make_interval(secs => n - 1) AS ts, data
FROM unnest('{0,0,0,0,1,2,0,0,0,0,1,1}'::int[]) WITH ORDINALITY d(data, n);
CREATE TEMP TABLE patterns (number serial, pattern text);
INSERT INTO patterns (pattern) VALUES ('(?1)'), ('(?2)'), ('(?3)'), ('(?4)'), ('(?1)(?1)'), ('(?1)(?1)(?1)(?1)'), ('(?1)(?1)(?1)(?1)(?1)'),
  ('(?2)(?3)(?1)'), ('(?1)(?t>10)(?2)'), ('(?1)(?t>11)(?2)'), ('(?1)(?t>=11)(?2)'), ('(?1)(?t<=1)(?2)'), ('(?1)(?t<1)(?2)'),
  ('(?1)(?t==11)(?2)'), ('(?2)(?t!=1)(?2)'), ('(?3).(?1)'), ('(?3).*(?2)'), ('(?3)(?2)'), (' (? 1) .* (? 3) '), ('.'), ('.*(?3).*'), ('(?3)(?t>=6)');
SELECT pattern, sequence_match(pattern, ts, data = 0, data = 1, data = 2, data = 3) AS match,
  sequence_count(pattern, ts, data = 0, data = 1, data = 2, data = 3) AS count,
  array_to_string(ARRAY(SELECT extract(epoch FROM t)::int
                        FROM unnest(sequence_match_events(pattern, ts, data = 0, data = 1, data = 2, data = 3)) t), ' ') AS events
FROM patterns, readings GROUP BY number, pattern ORDER BY number;
SELECT sequence_match_events('(?2)(?3)(?1)', ts, data = 0, data = 1, data = 2) FROM readings;

-- Seconds with fractions; intervals in quotes, also of days, which have 24 hours here.
SELECT sequence_match('(?1)(?t<=1.5)(?2)', ts, a, NOT a) AS in_time, sequence_match('(?1)(?t<1.5)(?2)', ts, a, NOT a) AS too_late,
  sequence_match('(?1)(?t==''1.5 s'')(?2)', ts, a, NOT a) AS interval, sequence_match('(?1)(?t<''00:00:01'')(?2)', ts, a, NOT a) AS shorter
FROM (VALUES ('epoch'::timestamptz, true), ('epoch'::timestamptz + '1.5 s', false)) v(ts, a);
SET timezone = 'Europe/Berlin';
SELECT sequence_match('(?1)(?t<=''1 day'')(?2)', ts, a, NOT a) AS a_day, sequence_match('(?1)(?t==''23 h'')(?2)', ts, a, NOT a) AS hours
FROM (VALUES ('2024-03-30 12:00'::timestamptz, true), ('2024-03-31 12:00', false)) v(ts, a);
SET timezone = 'UTC';

-- Only rows of a condition are kept; of equal times the one with the lowest condition comes first.
SELECT sequence_match('(?1)(?2)', ts, code = 1, code = 2) AS neighbours, sequence_match('(?1)(?2)', ts, code = 1, code = 2, code = 9) AS apart
FROM (VALUES ('2024-01-01'::timestamptz, 1), ('2024-01-02', 9), ('2024-01-03', 2)) v(ts, code);
SELECT sequence_match('(?1)(?2)', ts, code = 1, code = 2) AS one_two, sequence_match('(?2)(?1)', ts, code = 1, code = 2) AS two_one
FROM (VALUES ('2024-01-01'::timestamptz, 2), ('2024-01-01', 1)) v(ts, code);
-- A row serves one token only.
SELECT sequence_count('(?1)(?2)', ts, true, true) FROM (VALUES ('2024-01-01'::timestamptz), ('2024-01-02'), ('2024-01-03')) v(ts);

-- Nulls, infinities, empty groups, FILTER.
SELECT sequence_match('(?1)', ts, a) AS match, sequence_count('(?1)', ts, a) AS count, sequence_match_events('(?1)', ts, a) AS events
FROM (VALUES (NULL::timestamptz, true), ('2024-01-01', NULL), ('2024-01-02', false)) v(ts, a);
SELECT sequence_match('(?1)', ts, true) AS match, sequence_count('(?1)', ts, true) AS count, sequence_match_events('(?1)', ts, true) AS events
FROM (SELECT now() AS ts WHERE false) v;
SELECT sequence_match_events('(?1)(?t>5)(?2)(?t>''1000 d'')(?3)', ts, k = 1, k = 2, k = 3)
FROM (VALUES ('infinity'::timestamptz, 3), ('2024-01-01', 2), ('-infinity', 1)) v(ts, k);
SELECT sequence_count('(?1)(?1)', ts, data = 0) FILTER (WHERE data = 0) AS filtered, sequence_count('(?1)', ts, data = 9) FILTER (WHERE false) AS none
FROM readings;
SELECT data, sequence_count('(?1)', ts, data = 0) OVER (ORDER BY ts) FROM readings LIMIT 6;

-- One A, many B, one C: no limit of iterations.
SELECT sequence_match('(?1).*(?2).*(?2).*(?2).*(?3)', ts, n = 0, n BETWEEN 1 AND 100000, n > 100000) AS match,
  sequence_count('(?1)(?t>=100001)(?3)', ts, n = 0, n BETWEEN 1 AND 100000, n > 100000) AS count
FROM (SELECT n, 'epoch'::timestamptz + make_interval(secs => n) AS ts FROM generate_series(0, 100001) n) v;

-- Arrays, 32 conditions and no more, wrong types.
SELECT sequence_match('(?32)(?1)', ts, VARIADIC array_fill(true, ARRAY[32])) FROM readings;
SELECT sequence_match('(?33)', ts, VARIADIC array_fill(true, ARRAY[32])) FROM readings;
SELECT sequence_match('(?1)', ts, VARIADIC array_fill(true, ARRAY[33])) FROM readings;
SELECT sequence_match('(?1)', ts, VARIADIC '{}'::boolean[]) FROM readings;
SELECT sequence_match('(?1)', ts, VARIADIC CASE data WHEN 0 THEN '{t,f}'::boolean[] ELSE '{t}' END) FROM readings;
SELECT sequence_match('(?1)', ts, VARIADIC ARRAY[data]) FROM readings;
SELECT sequence_match('(?1)', ts, true, data) FROM readings;
SELECT sequence_match('(?1)', ts) FROM readings;
SELECT sequence_match(1, ts, true) FROM readings;
SELECT sequence_match(NULL, ts, true) FROM readings;
SELECT sequence_match(CASE data WHEN 0 THEN '(?1)' ELSE '(?1)(?1)' END, ts, true) FROM readings;

-- Wrong patterns say where.
CREATE FUNCTION pg_temp.complaint(pattern text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sequence_match(pattern, ts, data = 0, data = 1) FROM readings;
  RETURN 'none';
EXCEPTION WHEN others THEN
  RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT pattern, pg_temp.complaint(pattern)
FROM unnest(ARRAY['', ' ', '.*', '(?1', '(?', '(1)', '(?3)', '(?0)', '(?-1)', '(?99999999999)', '(?x)', 'a', '(?1)b', '.**', '(?t>1)(?1)', '.*(?t>1)(?1)',
  '(?1)(?t)', '(?1)(?t=1)(?2)', '(?1)(?t<>1)(?2)', '(?1)(?t<)', '(?1)(?t<-1)', '(?1)(?t<1s)', '(?1)(?t<99999999999999)', '(?1)(?t<9223372036854)(?2)',
  '(?1)(?t<''1 day)', '(?1)(?t<'''')(?2)', '(?1)(?t<''soon'')(?2)', '(?1)(?t<''1 month'')(?2)', '(?1)(?t<''-1 s'')(?2)', '(?1)(?t<''200000000 days'')(?2)']) WITH ORDINALITY p(pattern, n) ORDER BY n;
SELECT length(pattern), pg_temp.complaint(pattern)
FROM unnest(ARRAY[repeat('(?1)', 64), repeat('(?1)', 65), repeat('.*', 4999) || '.', repeat('.*', 5000) || '.']) WITH ORDINALITY p(pattern, n) ORDER BY n;
SELECT sequence_match('(?1)(?3)', ts, true, false) FROM readings;
-- An error leaves nothing behind that the next call could stumble over.
SELECT sequence_match('(?1)(?2)', ts, true, false) FROM readings;

-- Parallel or not.
CREATE TABLE public.many_rows AS
SELECT abs(hashint4(n) % 797) AS actor, 'epoch'::timestamptz + make_interval(secs => abs(hashint4(n + 100000) % 86400)) AS ts,
  abs(hashint4(n + 200000) % 5) AS kind
FROM generate_series(1, 20000) n;
ALTER TABLE public.many_rows SET (parallel_workers = 2);
ANALYZE public.many_rows;
CREATE TEMP VIEW answers AS
SELECT actor, sequence_match('(?1)(?2)(?3)', ts, kind = 0, kind = 1, kind = 2) AS match,
  sequence_count('(?1).*(?2)(?t<=''6 hours'')(?3)', ts, kind = 0, kind = 1, kind = 2) AS count,
  sequence_match_events('(?1)(?t>3600)(?2)(?3)', ts, kind = 0, kind = 1, kind = 2) AS events
FROM public.many_rows GROUP BY actor;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial_answers AS SELECT * FROM answers;
SET max_parallel_workers_per_gather = 2;
SET enable_hashagg = off;
EXPLAIN (COSTS OFF) SELECT actor, sequence_match('(?1)', ts, kind = 0) FROM public.many_rows GROUP BY actor;
RESET enable_hashagg;
CREATE TEMP TABLE parallel_answers AS SELECT * FROM answers;
(TABLE serial_answers EXCEPT TABLE parallel_answers) UNION ALL (TABLE parallel_answers EXCEPT TABLE serial_answers);
SELECT count(*), count(*) FILTER (WHERE match) > 100 AS matched, max(count) > 1 AS counted, max(cardinality(events)) FROM parallel_answers;
SELECT sequence_count('(?1)(?2)', ts, kind = 0, kind = 1) > 100 AS one_group FROM public.many_rows;
DROP VIEW answers;
DROP TABLE public.many_rows;
