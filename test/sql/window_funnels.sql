-- window_funnel() and window_funnel_times() on tables of our own.
SET search_path = productgraph, public;
SET timezone = 'UTC';
-- 1000 to 1008, a second apart.
CREATE TEMP TABLE steps_in_time AS
SELECT 'epoch'::timestamptz + make_interval(secs => n) AS ts, 1000 + n AS code FROM generate_series(0, 8) n;
SELECT window_funnel('2 s', ts, code = 1003, code = 1004, code = 1005, code = 1006, code = 1007) AS within_2,
       window_funnel('3 s', ts, code = 1003, code = 1004, code = 1005, code = 1006, code = 1007) AS within_3,
       window_funnel('4 s', ts, code = 1003, code = 1004, code = 1005, code = 1006, code = 1007) AS within_4,
       window_funnel('10000 s', ts, code = 1000, code = 1001, code = 1002, code = 1008) AS four,
       window_funnel('10000 s', ts, code = 1008, code = 1001) AS one,
       window_funnel('4 s', ts, code <= 1007, code >= 1002, code <= 1006, code >= 1004) AS overlapping
FROM steps_in_time;
SELECT window_funnel_times('4 s', ts, code = 1003, code = 1004, code = 1005) FROM steps_in_time;
SELECT window_funnel_times('4 s', ts, code = 1, code = 2) FROM steps_in_time;

-- Letters are events, a second apart.
CREATE TEMP TABLE letters AS
SELECT word, 'epoch'::timestamptz + make_interval(secs => place) AS ts, letter
FROM unnest('{abc,adbc,aabbcc,aabbdcc,ccbbaa,ab,ba,aaa,abab}'::text[]) WITH ORDINALITY w(word, number),
LATERAL regexp_split_to_table(word, '') WITH ORDINALITY l(letter, place);
SELECT word, window_funnel('86400 s', ts, letter = 'a', letter = 'b', letter = 'c') AS abc,
  window_funnel('86400 s', ts, letter = 'a', letter = 'a', letter = 'a') AS aaa,
  window_funnel('86400 s', 'strict_once', ts, letter = 'a', letter = 'a', letter = 'a') AS aaa_once,
  window_funnel_times('86400 s', ts, letter = 'a', letter = 'b') AS a_to_b
FROM letters GROUP BY word ORDER BY word;

-- Equal times: the lower step comes first, whatever the order of input; with strict_once rows are shared out.
SELECT window_funnel('1 d', ts, k = 1004, k = 1003, k = 1002),
       window_funnel('1 d', ts, k = 1002, k = 1003, k = 1004) AS after_a_day,
       window_funnel('0', 'strict_once', ts, k >= 1003, k >= 1003, k >= 1003) AS two_rows_at_once
FROM (VALUES ('2020-01-01'::timestamptz, 1002), ('2020-01-02', 1004), ('2020-01-02', 1003)) v(ts, k);
-- The second row serves step 2 only, the first either: both are found.
SELECT window_funnel('0', 'strict_once', ts, a, b, c), window_funnel_times('0', 'strict_once', ts, a, b, c)
FROM (VALUES ('2020-01-02'::timestamptz, true, false, false), ('2020-01-02', false, true, true), ('2020-01-02', false, true, false)) v(ts, a, b, c);

-- Nulls, infinities, empty groups.
SELECT window_funnel('1 d', ts, a, b) FROM (VALUES (NULL::timestamptz, true, true), ('2020-01-01', NULL, true)) v(ts, a, b);
SELECT window_funnel('1 d', ts, true) , window_funnel_times('1 d', ts, true) FROM (SELECT now() AS ts WHERE false) v;
SELECT window_funnel('1 d', ts, a, NOT a), window_funnel_times('1 d', ts, a, NOT a)
FROM (VALUES ('-infinity'::timestamptz, true), ('infinity', false)) v(ts, a);
SELECT window_funnel('1 d', ts, true, true) FROM (VALUES ('infinity'::timestamptz), ('infinity')) v(ts);
SELECT window_funnel('1 d', ts, NULL, true) FROM (VALUES (now())) v(ts);

-- Days and months are those of the calendar: a day across the change to summer time has 23 hours.
SET timezone = 'Europe/Berlin';
SELECT window_funnel(w, ts, a, NOT a) AS reached, w
FROM (VALUES ('2024-03-30 12:00'::timestamptz, true), ('2024-03-31 12:30', false)) v(ts, a),
     (VALUES (interval '1 day'), (interval '24 hours'), (interval '1 day 30 minutes'), (interval '1 month')) x(w) GROUP BY w, w::text ORDER BY w, w::text;
-- When the clock is turned back, an earlier start can have the later end: it is not forgotten for the later start.
SELECT window_funnel('1 day', 'strict_once', ts, a, NOT a)
FROM (VALUES ('2024-10-27 00:30Z'::timestamptz, true), ('2024-10-27 01:10Z', true), ('2024-10-28 01:20Z', false)) v(ts, a);
SET timezone = 'UTC';
SELECT window_funnel('1 month', ts, a, NOT a) FROM (VALUES ('2024-01-31'::timestamptz, true), ('2024-02-29', false)) v(ts, a);

-- Any type of time that turns into one with a zone; FILTER; window use; arrays.
SELECT window_funnel('1 d', d::date, d = 1::text::date, true) FROM (SELECT NULL::date AS d) v;
SELECT window_funnel('1 h', ts, code = 1001, code = 1002) FILTER (WHERE code <> 1002) FROM steps_in_time;
SELECT code, window_funnel('1 h', ts, code = 1001, code = 1002, code = 1003) OVER (ORDER BY ts) FROM steps_in_time LIMIT 5;
SELECT window_funnel('1 h', ts, VARIADIC ARRAY[code = 1001, code = 1002]) FROM steps_in_time;

-- 32 steps and no more; wrong parameters.
SELECT window_funnel('1 h', ts, VARIADIC array_fill(true, ARRAY[32])) FROM steps_in_time;
SELECT window_funnel('1 h', ts, VARIADIC array_fill(true, ARRAY[33])) FROM steps_in_time;
SELECT window_funnel('1 h', ts, VARIADIC '{}'::boolean[]) FROM steps_in_time;
SELECT window_funnel('1 h', ts, VARIADIC NULL::boolean[]) FROM steps_in_time;
SELECT window_funnel('1 h', ts, VARIADIC ARRAY[1, 2]) FROM steps_in_time;
SELECT window_funnel('1 h', ts) FROM steps_in_time;
SELECT window_funnel('1 h', ts, code) FROM steps_in_time;
SELECT window_funnel('-1 h', ts, true) FROM steps_in_time;
SELECT window_funnel('1 month -1 day', ts, true) FROM steps_in_time;
SELECT window_funnel(NULL, ts, true) FROM steps_in_time;
SELECT window_funnel('1 h', NULL::text, ts, true) FROM steps_in_time;
SELECT window_funnel('1 h', 'strict', ts, true) FROM steps_in_time;
SELECT window_funnel('1 h', ' strict_once , strict_once,', ts, true, true) FROM steps_in_time;
SELECT window_funnel(make_interval(secs => code), ts, true) FROM steps_in_time;
SELECT window_funnel(make_interval(secs => code), ts, true, true) FROM steps_in_time GROUP BY code ORDER BY code LIMIT 2;
-- State cannot be made by hand; minor releases of PostgreSQL have different words for it.
DO $$
DECLARE
  call text;
BEGIN
  FOREACH call IN ARRAY ARRAY[$c$window_funnel_depth('x'::internal)$c$, $c$window_funnel_deserialize('\x01', NULL)$c$,
                              $c$funnel_attempt_best('x')$c$] LOOP
    BEGIN
      EXECUTE 'SELECT ' || call;
      RAISE NOTICE 'accepted: %', call;
    EXCEPTION WHEN cannot_coerce OR undefined_function OR feature_not_supported THEN
      RAISE NOTICE 'refused: %', call;
    END;
  END LOOP;
END
$$;
