-- Events of June 2026, made by the half hour in which their sessions begin, of which there are 1440; the same rows in
-- every run, whoever makes which half hours.

-- The share of all events that come before a half hour begins: most around 16:00, fewest around 4:00.
CREATE FUNCTION share_before(half_hour integer) RETURNS double precision
LANGUAGE sql IMMUTABLE
RETURN half_hour / 1440.0
       - 0.6 / (2 * pi() * 30) * (sin(2 * pi() * (half_hour / 48.0 - 4 / 24.0)) + sin(2 * pi() * 4 / 24.0));

-- About twelve events a session; people from those who come once or twice to some that make fifty times the average.
-- One session in six is of somebody who has not logged in, one in a hundred tells nothing about its visitor. All events
-- of an actor have the same device and the same variant of the journey.
CREATE FUNCTION make_half_hour(half_hour integer, events bigint) RETURNS void
LANGUAGE plpgsql
SET work_mem = '256MB'
SET jit = off
AS $$
DECLARE
  begins timestamptz := timestamptz '2026-06-01 00:00Z' + half_hour * interval '30 minutes';
  draw draws := (SELECT d FROM draws d);
  drawn constant integer := 1000;
BEGIN
  PERFORM setseed(half_hour / 1440.0);
  INSERT INTO productgraph.events (
    org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, user_anonymous_id,
    event_sequence, page_path, ui_component_name, ui_component_type, ui_action, ui_viewport, journey_id,
    journey_step_id, journey_step_name, api_method, api_path, api_status_code, api_duration_ms, error_type)
  WITH sessions AS MATERIALIZED (
    SELECT id, md5(half_hour || '.' || id)::uuid::text AS session_id, person, count,
      begins + floor(start * 1800000) * interval '1 millisecond' AS started_at,
      CASE WHEN identity < 0.84 THEN 'user_' || lpad(person::text, 7, '0') END AS user_id,
      CASE WHEN identity < 0.99 THEN 'anon_' || lpad(person::text, 7, '0') END AS anonymous_id
    FROM (
      SELECT id, identity, start, count,
        floor(bench_users() * CASE WHEN identity < 0.84 THEN ((chance + 0.1) ^ 3 - 0.001) / 1.33
                                   ELSE 1 + chance * 0.6 END)::bigint AS person
      FROM (SELECT id, random() AS identity, random() AS chance, random() AS start,
              least(1 + floor(-ln(1 - random()) * 11.5), 200)::integer AS count
            FROM generate_series(1, events / 8 + 50) AS id) AS chances
    ) AS visits
  ), happened AS MATERIALIZED (
    SELECT id, n, started_at, CASE WHEN n <= 2 THEN draw.landing[1 + floor(random() * drawn)::integer]
        WHEN n <= 8 THEN draw.browsing[1 + floor(random() * drawn)::integer]
        ELSE draw.buying[1 + floor(random() * drawn)::integer] END AS happening,
      -- Log-normal around 20 s, between a millisecond and 25 minutes.
      least(1 + floor(1000 * exp(3 + 1.2 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))),
            1500000)::bigint AS pause
    FROM sessions, generate_series(1, count) AS n LIMIT events
  ), in_time AS MATERIALIZED (
    SELECT id, n, happening, pause,
      started_at + sum(pause) OVER (PARTITION BY id ORDER BY n) * interval '1 millisecond' AS timestamp
    FROM happened ORDER BY timestamp, id
  )
  SELECT bench_org(), now(), md5(session_id || n)::uuid::text, 'bench', session_id, event_type, timestamp, user_id,
    anonymous_id, n, page_path, component, component_type, action,
    CASE WHEN person * 7919 % 100 < 56 THEN '390x844' WHEN person * 7919 % 100 < 94 THEN '1440x900' ELSE '820x1180' END,
    CASE WHEN person * 104729 % 100 < 60 THEN 'checkout' WHEN person * 104729 % 100 < 80 THEN 'checkout_short'
      ELSE 'checkout_guided' END,
    journey_step, initcap(journey_step), method, api_path, status, CASE WHEN method IS NOT NULL THEN pause % 900 END, error_type
  FROM in_time JOIN sessions USING (id) JOIN happenings h ON h.id = happening;
END
$$;

-- So many events in all, of which this makes those of half hours [from_half, to_half).
CREATE PROCEDURE make_events(events bigint, from_half integer, to_half integer)
LANGUAGE plpgsql
AS $$
BEGIN
  FOR half IN from_half .. to_half - 1 LOOP
    PERFORM make_half_hour(
      half, floor(events * share_before(half + 1))::bigint - floor(events * share_before(half))::bigint);
    COMMIT;
  END LOOP;
END
$$;
