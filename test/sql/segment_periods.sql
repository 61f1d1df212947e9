-- Questions by periods, answered from segments as they are from rows.
\set VERBOSITY terse
SET search_path = productgraph, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET jit = off;

-- From when on times have which number, against every ten minutes, some of them about changes of clocks: at midnight,
-- a minute past it, by half an hour, and where a day is left out.
CREATE FUNCTION pg_temp.wrong_numbers(period text, zone text, first timestamptz, last timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  wrong bigint;
BEGIN
  EXECUTE format(
    'WITH p AS (SELECT s.at, s.n, lead(s.at, 1, ''infinity'') OVER (ORDER BY s.at) AS ends
                FROM productgraph.period_starts(%L, %L, %L, %L, NULL) p, unnest(p.starts, p.numbers) s(at, n))
     SELECT count(*) FROM generate_series(%3$L::timestamptz, %4$L::timestamptz, ''10 minutes'') e(timestamp)
     LEFT JOIN p ON e.timestamp >= p.at AND e.timestamp < p.ends WHERE p.n IS DISTINCT FROM %s',
    period, zone, first, last, period_number(period, zone)) INTO wrong;
  RETURN wrong;
END
$$;
SELECT zone, period, pg_temp.wrong_numbers(period, zone, around::timestamptz - interval '80 days', around::timestamptz + interval '40 days')
FROM unnest('{hour,day,week,month}'::text[]) period, (VALUES ('UTC', '2024-03-31 00:03Z'), ('Europe/Berlin', '2024-10-27 00:03Z'),
  ('Asia/Beirut', '2024-10-27 00:03Z'), ('America/St_Johns', '2005-10-30 00:02Z'), ('Australia/Lord_Howe', '2024-04-07 00:07Z'),
  ('Asia/Kathmandu', '2024-04-07 00:07Z'), ('Pacific/Apia', '2011-12-30 00:01Z')) z(zone, around)
WHERE pg_temp.wrong_numbers(period, zone, around::timestamptz - interval '80 days', around::timestamptz + interval '40 days') <> 0;

-- Random events, some packed, some late, some not packed yet.
SELECT create_organization('periods', 'Periods') AS org \gset
SELECT create_project(:'org', 'periods'), create_project(:'org', 'periods-other');
SELECT count(create_partitions('2024-03-11Z', '2024-05-20Z')) > 0 AS partitioned;
CREATE PROCEDURE add_random(org uuid, count integer) LANGUAGE sql AS $$
  INSERT INTO productgraph.events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id,
    user_anonymous_id, page_path, event_sequence, metadata)
  SELECT org, greatest(now(), productgraph.receipt_floor()), gen_random_uuid(), CASE WHEN random() < 0.8 THEN 'periods' ELSE 'periods-other' END,
    's' || floor(random() * 400), (ARRAY['a', 'b', 'c', 'd'])[1 + floor(random() * 4)],
    date_trunc('hour', '2024-03-12 00:00Z'::timestamptz + random() * interval '65 days') + floor(random() * 4) * interval '15 minutes',
    CASE WHEN random() < 0.7 THEN 'u' || floor(random() * random() * 80) END,
    CASE WHEN random() < 0.7 THEN 'anon' || floor(random() * 60) END,
    (ARRAY['/x', '/y', '/z', NULL, 'other', 'Ä'])[1 + floor(random() * 6)], floor(random() * 3), '{"plan": "pro"}'
  FROM generate_series(1, count)
$$;
SELECT setseed(0.25);
CREATE PROCEDURE pack() LANGUAGE plpgsql AS $$ BEGIN PERFORM productgraph.maintain(); END $$;

-- Why two paths answer differently, if they do.
CREATE FUNCTION differences(question text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  packed text[];
  plain text[];
BEGIN
  PERFORM set_config('productgraph.use_segments', 'on', false);
  EXECUTE format('SELECT array_agg(q::text) FROM (%s) q', question) INTO packed;
  PERFORM set_config('productgraph.use_segments', 'off', false);
  EXECUTE format('SELECT array_agg(q::text) FROM (%s) q', question) INTO plain;
  PERFORM set_config('productgraph.use_segments', 'on', false);
  RETURN CASE WHEN packed IS DISTINCT FROM plain THEN format('%s: %s instead of %s', question,
    ARRAY(SELECT unnest(packed) EXCEPT ALL SELECT unnest(plain)), ARRAY(SELECT unnest(plain) EXCEPT ALL SELECT unnest(packed))) END;
END
$$;
CREATE FUNCTION one_of(VARIADIC choices text[]) RETURNS text
LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))] $$;
-- What all of these questions can be told.
CREATE FUNCTION random_options() RETURNS text
LANGUAGE sql VOLATILE AS $$
  SELECT format('since => %L, until => %L, filter => %L, actor => %L, timezone => %L', s.since, s.until,
    one_of('{}', '{}', '{"page.path": ["/x", "/y", null]}', '{"event.type": ["a", "b", "c"]}'), one_of('user', 'user', 'session'),
    one_of('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'))
  FROM (SELECT a AS since, CASE WHEN random() < 0.4 THEN 'infinity' ELSE a + random() * interval '60 days' END AS until
        FROM (SELECT CASE WHEN random() < 0.4 THEN '-infinity' ELSE '2024-03-10'::timestamptz + random() * interval '60 days' END AS a) a) s
$$;
CREATE FUNCTION random_steps() RETURNS text
LANGUAGE sql VOLATILE AS $$ SELECT one_of(NULL, 'a', '["a", "b"]', '{"page.path": "/x"}', '["c", {"event.type": "d", "page.path": null}]') $$;
CREATE FUNCTION random_retention(project text) RETURNS text
LANGUAGE sql VOLATILE AS $$
  SELECT format('SELECT * FROM retention_table(%L, %L, %L, %L, %s, %L, %L, %L, %L::integer[], %L, %s)', project, random_steps(),
    random_steps(), one_of('hour', 'day', 'day', 'week', 'month'), one_of('4', '8', '30'), one_of('first', 'recurring'),
    one_of('calendar', 'rolling'), one_of('on', 'on_or_after'), one_of(NULL, NULL, '{0,1,3}', '{1}', '{2,3}'),
    one_of(NULL, NULL, 'page.path', 'event.type'), random_options())
$$;
CREATE FUNCTION random_activity(project text) RETURNS text
LANGUAGE sql VOLATILE AS $$
  SELECT format('SELECT * FROM %s(%L, what => %L, period => %L, %s)', q, project, random_steps(),
    CASE q WHEN 'active_users' THEN one_of('day', 'day', 'week', 'month') ELSE one_of('hour', 'day', 'day', 'week', 'month') END,
    random_options())
  FROM one_of('active_users', 'lifecycle', 'stickiness') q
$$;
CREATE FUNCTION random_trend(project text) RETURNS text
LANGUAGE sql VOLATILE AS $$
  SELECT format('SELECT * FROM trend(%L, what => %L, measure => %L, period => %L, breakdown => %L, top => %L, %s)', project,
    random_steps(), one_of('count', 'unique'), one_of('hour', 'day', 'day', 'week', 'month'),
    one_of(NULL, 'page.path', 'event.type'), one_of('1', '2', '10', NULL), random_options())
$$;

CREATE FUNCTION all_differences(question text, rounds integer) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  FOR round IN 1 .. rounds LOOP
    RETURN QUERY EXECUTE format('SELECT d FROM differences(random_%s(one_of(''periods'', ''periods-other''))) d WHERE d IS NOT NULL', question);
  END LOOP;
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;

CALL add_random(:'org', 1500);
CALL pack();
CALL add_random(:'org', 100);
SELECT * FROM all_differences('retention', 80);
SELECT * FROM all_differences('activity', 80);
SELECT * FROM all_differences('trend', 80);
CALL pack();
SELECT * FROM all_differences('retention', 30);
SELECT * FROM all_differences('activity', 30);
SELECT * FROM all_differences('trend', 30);
CALL add_random(:'org', 300);
SELECT * FROM all_differences('retention', 30);
SELECT * FROM all_differences('activity', 30);
SELECT * FROM all_differences('trend', 30);

-- How questions are answered.
SET productgraph.explain = on; SET client_min_messages = notice;
SELECT count(*) > 0 FROM retention_table('periods');
SELECT count(*) > 0 FROM retention_table('periods', breakdown => 'event.type', periods_by => 'rolling', actor => 'session');
SELECT count(*) > 0 FROM retention_table('periods', 'a', filter => '{"metadata.plan": "pro"}');
SELECT count(*) > 0 FROM active_users('periods');
SELECT count(*) > 0 FROM lifecycle('periods', 'a', actor => 'session');
SELECT count(*) > 0 FROM stickiness('periods', '["a", "b"]', 'week');
SELECT count(*) > 0 FROM trend('periods', measure => 'unique', breakdown => 'page.path', actor => 'session');
SELECT count(*) > 0 FROM trend('periods', measure => 'sum', field => 'event.sequence');
SELECT count(*) > 0 FROM lifecycle('periods', '{"metadata.plan": "pro"}');
SELECT count(*) > 0 FROM retention_table('periods', 'a', actor => 'metadata.plan');
RESET client_min_messages; RESET productgraph.explain;

-- As an analyst, who sees one organization.
CREATE ROLE periods_analyst LOGIN IN ROLE productgraph_analyst;
SELECT add_member('periods_analyst', :'org');
SET ROLE periods_analyst;
SELECT set_current_org(:'org') IS NOT NULL AS chosen;
SELECT * FROM all_differences('retention', 10);
SELECT * FROM all_differences('activity', 10);
SELECT * FROM all_differences('trend', 10);
RESET ROLE;
SELECT clear_current_org();
DROP ROLE periods_analyst;

-- Clean up what others do not need.
DROP FUNCTION all_differences, differences, random_retention, random_activity, random_trend, random_steps, random_options, one_of;
DROP PROCEDURE add_random, pack;
SELECT drop_organization(:'org');
