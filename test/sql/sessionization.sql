-- sessionize().
SET search_path = productgraph, public;
SET timezone = 'Europe/Berlin';
CREATE TEMP TABLE visits (actor text, ts timestamptz);
INSERT INTO visits VALUES
  ('a', '2024-01-01 10:00'), ('a', '2024-01-01 10:30'), ('a', '2024-01-01 11:00:00.000001'), ('a', '2024-01-01 11:00:01'), ('a', '2024-01-03 00:00'),
  ('b', '2024-01-01 10:00'), ('b', NULL), ('b', '2024-01-01 10:29'), ('c', NULL),
  ('d', '-infinity'), ('d', '2024-01-01'), ('d', 'infinity'), ('d', 'infinity');
SELECT actor, ts, sessionize(ts) OVER (PARTITION BY actor ORDER BY ts NULLS FIRST) AS session FROM visits ORDER BY actor, ts NULLS FIRST;
-- From the last to the first it works as well.
SELECT ts, sessionize(ts) OVER (ORDER BY ts DESC) AS session FROM visits WHERE actor = 'a' ORDER BY ts DESC;
SELECT ts, sessionize(ts, '20 minutes') OVER (ORDER BY ts) AS session FROM visits WHERE actor = 'a' ORDER BY ts;
-- A day is one of the calendar: 23 hours at the change to summer time.
SELECT gap, max(session) AS sessions
FROM (SELECT gap, sessionize(ts, gap) OVER (PARTITION BY gap::text ORDER BY ts) AS session
      FROM (VALUES ('2024-03-30 12:00'::timestamptz), ('2024-03-31 12:30')) v(ts), (VALUES (interval '1 day'), (interval '24 hours')) g(gap)) s
GROUP BY gap, gap::text ORDER BY gap::text;
SELECT sessionize(ts, NULL) OVER (ORDER BY ts) FROM visits;
SELECT sessionize(ts, '-1 s') OVER (ORDER BY ts) FROM visits;
SELECT sessionize(now());
