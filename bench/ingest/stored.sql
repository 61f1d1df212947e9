-- Multiplies the one day of events that the store holds by `days`, each a day earlier, with ids of its own and the same
-- users: events, their keys and sessions. Keys come in their order a day at a time, so that pages of the indexes split,
-- and are as full, as after real ingestion.
SET synchronous_commit = off;

SELECT string_agg(CASE column_name
    WHEN 'event_id' THEN 'id_of_day(event_id, day)'
    WHEN 'session_id' THEN 'overlay(session_id PLACING (900 - day)::text FROM 6 FOR 3)'
    WHEN 'timestamp' THEN 'timestamp - day * interval ''1 day'''
    WHEN 'received_at' THEN 'timestamp - day * interval ''1 day'' + interval ''1 second'''
    ELSE quote_ident(column_name) END, ', ' ORDER BY ordinal_position) AS event_of_day
FROM information_schema.columns WHERE table_schema = 'productgraph' AND table_name = 'events' \gset

SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS session_columns,
  string_agg(CASE
    WHEN column_name = 'session_id' THEN 'overlay(session_id PLACING (900 - day)::text FROM 6 FOR 3)'
    WHEN data_type LIKE 'timestamp%' THEN format('%I - day * interval ''1 day''', column_name)
    ELSE quote_ident(column_name) END, ', ' ORDER BY ordinal_position) AS session_of_day
FROM information_schema.columns
WHERE table_schema = 'productgraph' AND table_name = 'sessions' AND is_generated = 'NEVER' \gset

CREATE TEMP TABLE first_events AS SELECT * FROM productgraph.events ORDER BY timestamp;
CREATE TEMP TABLE first_sessions AS SELECT * FROM productgraph.sessions;

SELECT format($$INSERT INTO productgraph.events SELECT %2$s FROM first_events, (VALUES (%1$s)) d (day)$$, day,
         :'event_of_day'),
  format($$INSERT INTO productgraph.event_keys
             SELECT org_id, key_of_day(event_id, %1$s) AS key, timestamp - %1$s * interval '1 day'
             FROM first_events ORDER BY key$$, day),
  format($$INSERT INTO productgraph.sessions (%2$s) SELECT %3$s FROM first_sessions, (VALUES (%1$s)) d (day) ORDER BY 3$$,
         day, :'session_columns', :'session_of_day')
FROM generate_series(1, :days - 1) AS day \gexec
