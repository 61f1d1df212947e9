-- funnel() over the store.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SELECT create_organization('funnels', 'Funnels') AS org \gset
SELECT create_project(:'org', 'shop', settings => '{"open_ingest": true, "allow_other_types": true}');
CREATE FUNCTION pg_temp.play(project text, actor text, type text, times text, extra jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
  SELECT (ingest(jsonb_agg(jsonb_build_object('event_id', actor || type || t, 'project_id', project, 'session.id', 'session of ' || actor,
    'user.id', actor, 'event.type', type, 'event.timestamp', '2024-05-01T' || t || ':00Z') || extra)) ->> 'accepted')::bigint
  FROM regexp_split_to_table(times, ',') t
$$;
-- Three actors, one way each.
SELECT pg_temp.play('shop', 'a', 'sign_up', '12:00'), pg_temp.play('shop', 'a', 'play', '13:00'), pg_temp.play('shop', 'a', 'buy', '15:00'),
       pg_temp.play('shop', 'b', 'sign_up', '14:00'), pg_temp.play('shop', 'b', 'play', '16:00'),
       pg_temp.play('shop', 'c', 'sign_up', '14:00'), pg_temp.play('shop', 'c', 'play', '16:00'), pg_temp.play('shop', 'c', 'buy', '17:00');
SELECT step, name, actors, conversion_from_start AS of_start, conversion_from_previous AS of_previous, dropped,
  extract(epoch FROM median_time)::int AS median, extract(epoch FROM average_time)::int AS average, p95_time
FROM funnel('shop', ARRAY['sign_up', 'play', 'buy'], within => '7 days');
-- The same steps, written otherwise.
SELECT array_agg(actors) FROM funnel('shop', '{sign_up,play,buy}', '7 days');
SELECT array_agg(actors) FROM funnel('shop', '["sign_up", {"event.type": "play"}, {"event.type": ["buy", "purchase"]}]', '7 days');
SELECT array_agg(actors) FROM funnel('shop', '["sign_up", "play"]'::jsonb, '7 days');
SELECT array_agg(actors), array_agg(name) FROM funnel('shop', ARRAY['sign_up', '{"event.type":"play","name":"Plays a song"}']);
SELECT array_agg(actors), array_agg(name) FROM funnel('shop', 'sign_up');
-- The end of the window is part of it.
SELECT array_agg(actors) FROM funnel('shop', '{sign_up,play}', within => '1 hour');
SELECT array_agg(actors) FROM funnel('shop', '{sign_up,play}', within => '59 minutes 59.999999 seconds');
-- The range is that of the first step; later ones may follow after it.
SELECT array_agg(actors) FROM funnel('shop', '{sign_up,play,buy}', '7 days', since => '2024-05-01 12:00Z', until => '2024-05-01 14:00Z');
SELECT array_agg(actors) FROM funnel('shop', '{sign_up,play,buy}', '7 days', since => '2024-05-01 12:00:01Z');
SELECT array_agg(actors) FROM funnel('shop', '{sign_up,play,buy}', '7 days', since => '2025-05-01 12:00:01Z');
-- An event serves one step: the same one three times needs three events.
SELECT pg_temp.play('shop', 'd', 'click', '10:00,10:01,10:02'), pg_temp.play('shop', 'e', 'click', '10:00,10:01');
SELECT array_agg(actors) FROM funnel('shop', '{click,click,click}');
-- Conditions on fields of every type, metadata, and absence.
SELECT pg_temp.play('shop', 'f', 'api', '11:00', '{"api.status_code": 503, "api.path": "/it''s", "metadata": {"plan": "pro", "seats": 3, "odd \"key": true}}');
SELECT array_agg(actors) FROM funnel('shop', '[{"api.status_code": 503}]');
SELECT array_agg(actors) FROM funnel('shop', '[{"api.status_code": [500, 503]}]');
SELECT array_agg(actors) FROM funnel('shop', '[{"api.path": "/it''s"}]');
SELECT array_agg(actors) FROM funnel('shop', '[{"metadata.plan": "pro", "metadata.seats": 3, "metadata.odd \"key": true}]');
SELECT array_agg(actors) FROM funnel('shop', '[{"event.type": "api", "api.method": null}]');
-- Properties of the session are fields like any other.
SELECT pg_temp.play('shop', 'g', 'page.view', '12:00,12:01', '{"page.path": "/landing"}'), pg_temp.play('shop', 'h', 'page.view', '12:00', '{"page.path": "/"}');
SELECT array_agg(actors) FROM funnel('shop', '{page.view,page.view}', filter => '{"session.entry_page": "/landing"}');
SELECT array_agg(actors) FROM funnel('shop', '[{"session.bounced": true, "event.type": "page.view"}]', filter => '{"session.pages": [0, 1]}');
SELECT actors, breakdown_value FROM funnel('shop', '{page.view}', breakdown => 'session.entry_page');
SELECT array_agg(actors) FROM funnel('shop', '{page.view,page.view}', hold => 'session.converted');
SELECT value, breakdown_value FROM trend('shop', 'page.view', 'maximum', 'session.pages', 'month', breakdown => 'session.entry_page');
-- Who is counted.
SELECT array_agg(actors) FROM funnel('shop', '{sign_up,play,buy}', '7 days', actor => 'session');
SELECT array_agg(actors) FROM funnel('shop', '{api}', actor => 'metadata.plan');
-- Nothing there.
SELECT * FROM funnel('shop', '{never,ever}');
-- Against plain SQL on random events, ties included.
SELECT setseed(0.5);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id)
SELECT :'org', now(), 'r' || n, 'random', 's', (ARRAY['s', 'p', 'i'])[1 + floor(random() * 3)],
  '2024-06-01'::timestamptz + floor(random() * 40) * interval '1 minute', 'u' || floor(random() * 150)
FROM generate_series(1, 900) n;
SELECT create_project(:'org', 'random');
WITH e AS (SELECT * FROM events WHERE project_id = 'random' AND org_id = :'org'), expected AS (
  SELECT count(DISTINCT s.user_id) AS one, count(DISTINCT p.user_id) AS two, count(DISTINCT i.user_id) AS three
  FROM e s
  LEFT JOIN e p ON p.user_id = s.user_id AND p.event_type = 'p' AND p.timestamp BETWEEN s.timestamp AND s.timestamp + interval '10 minutes'
  LEFT JOIN e i ON i.user_id = s.user_id AND i.event_type = 'i' AND i.timestamp BETWEEN p.timestamp AND s.timestamp + interval '10 minutes'
  WHERE s.event_type = 's')
SELECT array_agg(actors ORDER BY step) = (SELECT ARRAY[one, two, three] FROM expected) AS same, min(actors) > 20 AS various
FROM funnel('random', '{s,p,i}', '10 minutes');

-- Wrong questions.
SELECT * FROM funnel('shop', '[]');
SELECT * FROM funnel('shop', '[1]');
SELECT * FROM funnel('shop', '[{}]');
SELECT * FROM funnel('shop', '[{"name": "only a name"}]');
SELECT * FROM funnel('shop', '[{"page.pth": "/"}]');
SELECT * FROM funnel('shop', '[{"metadata": "x"}]');
SELECT * FROM funnel('shop', '[{"page.path": {"like": "x"}}]');
SELECT * FROM funnel('shop', '[{"api.status_code": "many"}]');
SELECT * FROM funnel('shop', '[{"page.path": "');
SELECT * FROM funnel('shop', ARRAY['a', NULL]);
SELECT * FROM funnel('shop', (SELECT jsonb_agg('x'::text) FROM generate_series(1, 33)));
SELECT * FROM funnel('shop', '{a}', within => '-1 day');
SELECT * FROM funnel('shop', '{a}', since => '2024-01-02', until => '2024-01-01');
SELECT * FROM funnel('shop', '{a}', actor => 'everybody');
SELECT * FROM funnel('no_such_project', '{a}');
SELECT * FROM funnel(NULL, '{a}');
-- The project of the current organization, and of none but that.
SELECT create_organization('funnels-2', 'Funnels 2') AS org2 \gset
SELECT create_project(:'org2', 'shop');
SELECT * FROM funnel('shop', '{a}');
SELECT set_current_org(:'org2');
SELECT array_agg(actors) FROM funnel('shop', '{sign_up}');
SELECT * FROM funnel('random', '{a}');
SELECT clear_current_org();
