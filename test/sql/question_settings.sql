-- Answers do not depend on the settings of the session: styles of dates and intervals, strings, floats, plans, search_path.
\set VERBOSITY terse
SET search_path = productgraph, public;
SELECT create_organization('question-settings', 'Question settings') AS org \gset
SELECT create_project(:'org', 'settings');
SELECT create_journey('settings', 'buy', '["a", {"page.path": ["/100%", "/it''s\\\\"]}, "b"]');
SELECT setseed(0.5);
INSERT INTO events (org_id, received_at, event_id, project_id, session_id, event_type, event_sequence, timestamp, user_id, page_path, duration_ms, metadata, ui_state_key, ui_state_after, journey_id)
SELECT :'org', now(), 'r' || n, 'settings', 's' || floor(random() * 40), (ARRAY['a', 'b', 'state.change', 'journey.conversion'])[1 + floor(random() * 4)], n,
  '2024-03-28Z'::timestamptz + floor(random() * 6 * 1440) * interval '1 minute', 'u' || floor(random() * 40), (ARRAY['/', '/100%', '/it''s\', '/a_b', '/axb', NULL])[1 + floor(random() * 6)],
  round((random() * 1000)::numeric, 3), jsonb_build_object('k''\', n % 3), 'key' || n % 4, '{"n": 1}', 'buy'
FROM generate_series(1, 500) n;
INSERT INTO sessions (org_id, project_id, session_id, started_at, ended_at, events, pages, errors)
SELECT org_id, project_id, session_id, min(timestamp), max(timestamp), count(*), 0, 0 FROM events WHERE org_id = :'org' GROUP BY 1, 2, 3;
CREATE SCHEMA question_settings;
CREATE TABLE question_settings.questions (n integer GENERATED ALWAYS AS IDENTITY, question text, rows bigint);
-- $1 and $2 are a range whose ends lie in the middle of events, $3 an interval that every style writes differently.
INSERT INTO question_settings.questions (question) VALUES
  ($$trend('settings', since => $1, until => $2, period => 'hour', timezone => 'Asia/Kolkata')$$),
  ($$trend('settings', measure => 'p99', field => 'duration_ms', since => $1, until => $2, timezone => 'Pacific/Apia', breakdown => E'metadata.k''\\')$$),
  ($$trend('settings', measure => 'sum', field => E'metadata.k''\\', since => $1, timezone => 'Europe/Berlin', breakdown => 'page.path', top => 2)$$),
  ($$active_users('settings', since => $1, until => $2, timezone => 'Asia/Kolkata')$$),
  ($$lifecycle('settings', since => $1, until => $2, timezone => 'Europe/Berlin', filter => E'{"page.path": ["/it''s\\\\", "/", "NULL", null]}')$$),
  ($$stickiness('settings', since => $1, until => $2, timezone => 'Asia/Kolkata')$$),
  ($$retention_table('settings', 'a', 'b', since => $1, until => $2, timezone => 'Asia/Kolkata', retained => 'on_or_after')$$),
  ($$retention_table('settings', 'a', 'b', since => $1, until => $2, timezone => 'Europe/Berlin', periods_by => 'rolling', breakdown => 'page.path')$$),
  ($$paths('settings', groups => ARRAY[E'/it''s\\', '/a_*', '*%'], exclude => '{/}', since => $1, until => $2)$$),
  ($$paths('settings', node => E'metadata.k''\\', gap => $3, start_at => '1', since => $1, until => $2)$$),
  ($$journey_graph('settings', groups => ARRAY[E'/it''s\\'], since => $1, until => $2, journey => 'buy')$$),
  ($$journey_report('settings', 'buy', $3, since => $1, until => $2)$$),
  ($$session_timeline('settings', 's7')$$), ($$session_timeline('settings', NULL)$$),
  ($$state_at('settings', 's7', 300)$$),
  ($$live('settings', within => $3 * 10000)$$);
-- The answers that the others must equal, and how many rows differ from them.
DO $$
DECLARE
  q record;
  since timestamptz := '2024-03-29 03:10Z';
  until timestamptz := '2024-04-01 22:50Z';
  length interval := '26:10:00.5';
  answered bigint;
BEGIN
  FOR q IN SELECT * FROM question_settings.questions ORDER BY n LOOP
    EXECUTE format('CREATE TABLE question_settings.answer_%s AS SELECT * FROM productgraph.%s', q.n, q.question) USING since, until, length;
    GET DIAGNOSTICS answered = ROW_COUNT;
    UPDATE question_settings.questions SET rows = answered WHERE n = q.n;
  END LOOP;
END
$$;
CREATE FUNCTION question_settings.differences(OUT questions integer, OUT rows bigint, OUT differences bigint) LANGUAGE plpgsql AS $$
DECLARE
  q record;
  since timestamptz := '2024-03-29 03:10Z';
  until timestamptz := '2024-04-01 22:50Z';
  length interval := '26:10:00.5';
  wrong bigint;
BEGIN
  questions := 0; rows := 0; differences := 0;
  FOR q IN SELECT * FROM question_settings.questions ORDER BY n LOOP
    EXECUTE format('WITH got AS MATERIALIZED (SELECT * FROM productgraph.%s) SELECT (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE question_settings.answer_%s) x)
      + (SELECT count(*) FROM (TABLE question_settings.answer_%2$s EXCEPT ALL TABLE got) x)', q.question, q.n) INTO wrong USING since, until, length;
    questions := questions + 1; rows := rows + q.rows; differences := differences + wrong;
  END LOOP;
END
$$;
-- The same with a setting, which is put back.
CREATE FUNCTION question_settings.under(setting text, value text, zone text DEFAULT 'UTC') RETURNS bigint LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  before text := current_setting(setting);
  result bigint;
BEGIN
  PERFORM set_config(setting, value, false), set_config('TimeZone', zone, true);
  SELECT d.differences INTO result FROM question_settings.differences() d;
  PERFORM set_config(setting, before, false);
  RETURN result;
END
$$;
CREATE FUNCTION question_settings.unlike(style text, moments timestamptz[]) RETURNS integer LANGUAGE plpgsql SET timezone = 'Asia/Kolkata' AS $$
DECLARE
  moment timestamptz;
  got timestamptz;
  unlike integer := 0;
BEGIN
  PERFORM set_config('DateStyle', style, true);
  FOREACH moment IN ARRAY moments LOOP
    EXECUTE 'SELECT ' || productgraph.timestamp_literal(moment) INTO got;
    unlike := unlike + (got IS DISTINCT FROM moment)::integer;
  END LOOP;
  RETURN unlike;
END
$$;
SELECT * FROM question_settings.differences();
SELECT count(*) AS questions, count(*) FILTER (WHERE rows = 0) AS without_rows, min(rows) FILTER (WHERE rows > 0) FROM question_settings.questions;
-- IST is Israel's time to PostgreSQL, and India's abbreviation.
SELECT zone, style, question_settings.under('DateStyle', style, zone) AS differences
FROM unnest('{Asia/Kolkata,America/Sao_Paulo,<+05:30>-05:30}'::text[]) zone,
  unnest('{"ISO, DMY","SQL, DMY","SQL, MDY","Postgres, DMY","Postgres, MDY","German, DMY"}'::text[]) style;
SELECT style, question_settings.under('IntervalStyle', style) AS differences FROM unnest('{postgres,postgres_verbose,sql_standard,iso_8601}'::text[]) style;
SELECT s, v, question_settings.under(s, v) AS differences FROM (VALUES ('extra_float_digits', '-15'), ('extra_float_digits', '3'), ('array_nulls', 'off'), ('transform_null_equals', 'on'),
  ('quote_all_identifiers', 'on'), ('row_security', 'off'), ('lc_numeric', 'C'), ('lc_time', 'C'), ('bytea_output', 'escape'), ('default_text_search_config', 'simple'),
  ('plan_cache_mode', 'force_generic_plan'), ('plan_cache_mode', 'force_custom_plan'), ('enable_hashagg', 'off'), ('enable_sort', 'off'), ('enable_hashjoin', 'off'),
  ('enable_mergejoin', 'off'), ('enable_nestloop', 'off'), ('enable_indexscan', 'off'), ('enable_seqscan', 'off'), ('enable_material', 'off'), ('enable_partition_pruning', 'off'),
  ('work_mem', '64kB'), ('jit_above_cost', '0'), ('parallel_leader_participation', 'off'), ('standard_conforming_strings', 'off'), ('escape_string_warning', 'off'), ('backslash_quote', 'off')) v(s, v);
-- All workers that there are.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET min_parallel_index_scan_size = 0;
SELECT question_settings.under('DateStyle', 'SQL, DMY', 'Asia/Kolkata');
-- Any moment can be written and read.
SELECT style, question_settings.unlike(style, '{-infinity,infinity,4714-11-24 BC 00:00Z,0044-03-15 BC 12:00Z,0001-01-01 00:00Z,0099-12-31 23:59:59.999999Z,1883-11-18 17:00Z,2024-02-01 03:04:05.000001Z,12345-01-02 00:00Z,294276-12-31 23:59:59.999999Z,NULL}') AS unlike
FROM unnest('{"ISO, DMY","SQL, DMY","SQL, MDY","Postgres, MDY","German, YMD"}'::text[]) style;
-- A session that has read nothing yet reads all of it with old strings.
\c
SET standard_conforming_strings = off;
SET escape_string_warning = on;
SELECT * FROM question_settings.differences();
-- Functions and operators of others are found by nobody.
\c
CREATE SCHEMA question_settings_evil;
CREATE FUNCTION question_settings_evil.coalesce(text) RETURNS text LANGUAGE sql RETURN 'evil';
CREATE FUNCTION question_settings_evil.count(text) RETURNS bigint LANGUAGE sql RETURN 1000;
CREATE FUNCTION question_settings_evil.date_trunc(text, timestamptz, text) RETURNS timestamptz LANGUAGE sql RETURN NULL::timestamptz;
CREATE FUNCTION question_settings_evil.equal(text, text) RETURNS boolean LANGUAGE sql RETURN true;
CREATE OPERATOR question_settings_evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = question_settings_evil.equal);
CREATE TEMP TABLE events (wrong integer);
CREATE TEMP TABLE e (wrong integer);
SELECT p, question_settings.under('search_path', p) AS differences FROM unnest('{"","question_settings_evil, pg_catalog","pg_temp, question_settings_evil, productgraph, pg_catalog"}'::text[]) p;
SET client_min_messages = warning;
DROP SCHEMA question_settings, question_settings_evil CASCADE;
