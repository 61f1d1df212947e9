-- When events may have happened: odd clocks, the ends of the range, and what a project sets for itself.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SELECT create_organization('event-times', 'Event times') AS org \gset
SELECT create_project(:'org', 'usual', settings => '{"open_ingest": true}');
SELECT create_project(:'org', 'strict', settings => '{"open_ingest": true, "accept_past": "2 days", "accept_future": "0"}');
SELECT create_project(:'org', 'archive', settings => '{"open_ingest": true, "accept_past": "300 years", "accept_future": "50 years"}');
SELECT set_current_org(:'org') \g /dev/null

-- Sends an event and tells when it was stored to have happened, or why it was not.
CREATE FUNCTION pg_temp.try(project text, at jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  id text := gen_random_uuid();
  answer jsonb := productgraph.ingest(jsonb_build_array(jsonb_build_object('event_id', id, 'project_id', project,
    'session.id', 's1', 'event.type', 'page.view', 'event.timestamp', at)));
BEGIN
  RETURN coalesce(answer #>> '{errors,0,error}', (SELECT timestamp::text FROM productgraph.events WHERE event_id = id));
END
$$;

SELECT at, pg_temp.try('usual', at) AS stored FROM (VALUES
  ('"1970-01-01T00:00:00Z"'::jsonb), ('0'), ('"1969-12-31T23:59:59.999999Z"'), ('-1'),
  -- Leap seconds belong to the minute that follows.
  ('"2016-12-31T23:59:60Z"'), ('"2017-01-01T00:59:60.5+01:00"'), ('"2016-12-31T23:59:61Z"'),
  -- Zones as far as they are written.
  ('"2024-01-01T00:00:00+14:00"'), ('"2024-01-01T00:00:00-12:00"'), ('"2024-01-01T00:00:00+23:59"'),
  ('"2024-01-01T00:00:00-23:59"'), ('"2024-01-01T00:00:00+24:00"'), ('"2024-01-01T00:00:00"'), ('"2024-01-01T00:00:00-00:00"'),
  -- The ends of the calendar, and beyond.
  ('"9999-12-31T23:59:59Z"'), ('"9999-12-31T23:59:59-23:59"'), ('"10000-01-01T00:00:00Z"'), ('"+10000-01-01T00:00:00Z"'),
  ('253402300800000'), ('1e17'), ('"0001-01-01T00:00:00+23:59"'), ('"0000-01-01T00:00:00Z"'), ('"-0001-01-01T00:00:00Z"'),
  ('"infinity"'), ('"-infinity"'), ('"now"'), ('"tomorrow"'), ('"NaN"'), ('"2024-02-30T00:00:00Z"'), ('"2023-02-29T00:00:00Z"'),
  ('"2024-02-29T24:00:00Z"'), ('""'), ('null'), ('true'), ('{}'), ('[1]')) t (at);

-- Now is always accepted; what comes a little later or earlier is up to the project.
SELECT project, how_far, pg_temp.try(project, to_jsonb(now() + how_far)) ~ '^event' AS refused
FROM (VALUES ('usual'), ('strict'), ('archive')) p (project),
     unnest(ARRAY['-200 years', '-3 days', '-47 hours', '-1 second', '23 hours', '25 hours', '49 years', '51 years']::interval[])
     WITH ORDINALITY h (how_far, place)
ORDER BY project, place;
SELECT pg_temp.try('archive', '"1776-07-04T12:00:00Z"') AS long_ago;
-- A change counts from the next event on.
UPDATE projects SET settings = settings || '{"accept_future": "2 days"}' WHERE id = 'strict';
SELECT pg_temp.try('strict', to_jsonb(now() + interval '47 hours')) ~ '^event' AS refused;
UPDATE projects SET settings = settings || '{"accept_past": null}' WHERE id = 'strict';
SELECT pg_temp.try('strict', '0') AS null_means_the_default;

-- Settings that could not be added to every now.
SELECT create_project(:'org', 'p', settings => '{"accept_past": "-1 day"}');
SELECT create_project(:'org', 'p', settings => '{"accept_past": "1001 years"}');
SELECT create_project(:'org', 'p', settings => '{"accept_future": "200000000 days"}');
SELECT create_project(:'org', 'p', settings => '{"accept_future": "soon"}');
SELECT create_project(:'org', 'p', settings => '{"accept_future": {}}');
SELECT create_project(:'org', 'p', settings => '{"accept_past": "1000 years", "accept_future": "1000 years", "open_ingest": true}');
SELECT pg_temp.try('p', '"2024-01-01T00:00:00Z"') AS stored;
SELECT clear_current_org();
