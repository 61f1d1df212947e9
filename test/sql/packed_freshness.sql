-- An event is in every answer from the moment ingestion returned, packed or not; and a segment that is damaged says so.
\set VERBOSITY default
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT create_organization('freshness', 'Freshness') AS org \gset
SELECT create_project(:'org', 'fresh', settings => '{"open_ingest": true, "allow_other_types": true}');
SELECT create_partitions('2004-03-01', '2004-03-20') AS weeks;
CREATE FUNCTION pg_temp.send(VARIADIC ids text[]) RETURNS text LANGUAGE sql AS $$
  SELECT ingest(jsonb_agg(jsonb_build_object('event_id', id || n, 'project_id', 'fresh', 'session.id', 's' || id, 'user.id', 'u' || id,
    'event.type', type, 'event.timestamp', '2004-03-02'::timestamptz + ascii(id) * interval '1 hour' + n * interval '1 minute')))->>'accepted'
  FROM unnest(ids) id, unnest('{start,end}'::text[]) WITH ORDINALITY t(type, n) $$;
-- How many completed, by all of the family.
CREATE FUNCTION pg_temp.completed() RETURNS TABLE (funnel bigint, actors bigint, times numeric, trend numeric) LANGUAGE sql AS $$
  SELECT (SELECT actors FROM funnel('fresh', '{start,end}') WHERE step = 2), (SELECT count(*) FROM funnel_actors('fresh', '{start,end}')),
    (SELECT sum(actors) FROM funnel_times('fresh', '{start,end}')), (SELECT sum(completed) FROM funnel_trend('fresh', '{start,end}')) $$;
SELECT pg_temp.send('a', 'b');
SELECT * FROM pg_temp.completed();
SELECT count(*) > 0 AS maintained FROM maintain();
SELECT * FROM pg_temp.completed();
-- Rows of a week are read once there are any that came later than what is packed, whosever they are.
CREATE VIEW pg_temp.freshness AS SELECT may_have_received('events_20040301', w.packed_until) AS is_fresh,
  (SELECT count(*) FROM unnest(r.ranges) range WHERE range ~ 'received_at') AS ranges
FROM readable_weeks(project_org('fresh'), 'fresh', '2004-03-01', '2004-03-08') w, loose_ranges(project_org('fresh'), 'fresh', '2004-03-01', '2004-03-08') r;
SELECT * FROM pg_temp.freshness;
-- New ones of the same and of other actors, before and after, and in one transaction with the question.
SELECT pg_temp.send('c');
SELECT * FROM pg_temp.freshness;
SELECT * FROM pg_temp.completed();
SELECT pg_temp.send('d', 'e');
SELECT * FROM pg_temp.completed();
SELECT count(*) > 0 AS maintained FROM maintain();
SELECT * FROM pg_temp.completed();
BEGIN;
SELECT pg_temp.send('f');
SELECT * FROM pg_temp.completed();
ROLLBACK;
SELECT * FROM pg_temp.completed();
-- Those that are deleted or changed are gone from answers at once.
DELETE FROM events WHERE project_id = 'fresh' AND user_id = 'ua';
SELECT * FROM pg_temp.completed();
UPDATE events SET event_type = 'other' WHERE project_id = 'fresh' AND user_id = 'ub' AND event_type = 'end';
SELECT * FROM pg_temp.completed();
SELECT count(*) > 0 AS maintained FROM maintain();
SELECT * FROM pg_temp.completed();
SET productgraph.use_segments = off;
SELECT * FROM pg_temp.completed();
RESET productgraph.use_segments;
SELECT reason IS NULL AS asked_of_segments FROM attempts_in_segments('fresh', '{start,end}', '1 day', '-infinity', 'infinity', 'user', '{}', NULL, false,
  false, 'ordered', false, NULL, 'unique', NULL);

-- A segment of which any bit is another, or bytes are missing, is an error that names it; the events are still there.
CREATE FUNCTION pg_temp.asked(in_session boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hint text;
  detail text;
BEGIN
  PERFORM count(*) FROM productgraph.funnel_actors('fresh', '{start,end}', in_session => in_session);
  RETURN 'an answer';
EXCEPTION WHEN data_corrupted THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(E'\n', SQLSTATE || ' ' || SQLERRM, detail, hint);
END $$;
CREATE TEMP TABLE kept AS SELECT * FROM segments WHERE project_id = 'fresh';
SELECT count(*) AS segments FROM kept;
UPDATE segments SET content = substr(content, 1, 10) WHERE project_id = 'fresh';
SELECT pg_temp.asked(false);
CREATE FUNCTION pg_temp.damaged(of_sessions boolean, OUT damages bigint, OUT noticed bigint, OUT named bigint) LANGUAGE plpgsql AS $$
DECLARE
  place record;
  answer text;
BEGIN
  damages := 0;
  noticed := 0;
  named := 0;
  FOR place IN SELECT k.generation, k.shard, byte
               FROM kept k, generate_series(0, length(CASE WHEN of_sessions THEN k.sessions ELSE k.content END) - 1) byte
               -- Those mean nothing.
               WHERE NOT (of_sessions AND byte BETWEEN 1 AND 3) LOOP
    UPDATE productgraph.segments s SET
      content = CASE WHEN of_sessions THEN k.content ELSE set_byte(k.content, place.byte, get_byte(k.content, place.byte) # (1 << place.byte % 8)) END,
      sessions = CASE WHEN of_sessions THEN set_byte(k.sessions, place.byte, get_byte(k.sessions, place.byte) # (1 << place.byte % 8)) ELSE k.sessions END
    FROM kept k WHERE (s.org_id, s.project_id, s.week, s.generation, s.shard) = (k.org_id, k.project_id, k.week, k.generation, k.shard)
      AND (k.generation, k.shard) = (place.generation, place.shard);
    answer := pg_temp.asked(true);
    damages := damages + 1;
    noticed := noticed + (answer LIKE 'XX001%')::int;
    named := named + (answer LIKE format('XX001 segment %s of shard %s in the week of 2004-03-01%%', place.generation, place.shard))::int;
    UPDATE productgraph.segments s SET content = k.content, sessions = k.sessions
    FROM kept k WHERE (s.org_id, s.project_id, s.week, s.generation, s.shard) = (k.org_id, k.project_id, k.week, k.generation, k.shard);
  END LOOP;
END $$;
SELECT damages > 100 AS many, damages - noticed AS not_noticed, damages - named AS not_named FROM pg_temp.damaged(false);
SELECT damages > 20 AS many, damages - noticed AS not_noticed, damages - named AS not_named FROM pg_temp.damaged(true);
-- It is mended from the rows.
UPDATE segments SET content = '\x00' WHERE project_id = 'fresh';
SELECT pg_temp.asked(false) LIKE 'XX001%' AS damaged;
SELECT rebuild_segments('fresh', '2004-03-01', '2004-03-08');
SELECT pg_temp.asked(false), pg_temp.asked(true);
SELECT * FROM pg_temp.completed();
