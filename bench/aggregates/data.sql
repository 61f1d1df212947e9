-- `rows` events of a month, in the order of time as they would have come in: visits of some people often and of most
-- people rarely, a few to a few dozen events each, seconds to minutes apart. The same rows in every run.
SET work_mem = '1GB';
SELECT setseed(0.5) \g /dev/null
CREATE TABLE events (user_id integer NOT NULL, ts timestamptz NOT NULL, event smallint NOT NULL, name text NOT NULL);

-- A bit more is made than is kept: a person does one thing at a time.
CREATE TEMP TABLE visits AS
SELECT floor(:rows / 12 * random() ^ 2)::integer AS user_id,
  timestamptz '2026-06-01 00:00Z' + floor(random() * 30 * 86400) * interval '1 second' AS start,
  1 + floor(-ln(1 - random()) * 7)::integer AS events, 5 + floor(random() * 115) AS pace
FROM generate_series(1, :rows / 7);

CREATE TEMP TABLE happened AS
SELECT DISTINCT ON (user_id, ts) user_id, ts, random() AS chance
FROM (SELECT user_id, start + n * pace * interval '1 second' AS ts
        FROM visits, generate_series(0, events - 1) AS n) AS all_events;

-- The five steps of the funnel come first; the others are what else people do.
INSERT INTO events
SELECT user_id, ts, event, name
FROM happened JOIN (VALUES (1, 'page.view', 0.00, 0.45), (2, 'product.view', 0.45, 0.70), (3, 'cart.add', 0.70, 0.80),
  (4, 'checkout', 0.80, 0.84), (5, 'purchase', 0.84, 0.86), (6, 'search', 0.86, 0.95), (7, 'error', 0.95, 0.99),
  (8, 'support', 0.99, 1.00)) AS types (event, name, low, high) ON chance >= low AND chance < high
ORDER BY ts, user_id
LIMIT :rows;
VACUUM ANALYZE events;
