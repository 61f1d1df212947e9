-- The usual way without us: one table with a unique and a session index, and INSERT … ON CONFLICT from JSON.
CREATE TABLE plain_events (
  project_id text NOT NULL, event_id text NOT NULL, session_id text NOT NULL, event_type text NOT NULL,
  ts timestamptz NOT NULL, user_id text, anonymous_id text, page_path text, page_title text, page_url text,
  element text, api_path text, api_status_code int, api_duration_ms float8, metadata jsonb);
CREATE UNIQUE INDEX ON plain_events (project_id, event_id);
CREATE INDEX ON plain_events (session_id, ts);

-- The day of events that the store was just sent, so many times, as stored.sql does for the store.
CREATE PROCEDURE plain_fill(days int) LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE first_plain_events AS SELECT * FROM productgraph.events WHERE received_at > now() - interval '1 hour';
  COMMIT;
  FOR day IN 0 .. days - 1 LOOP
    INSERT INTO plain_events
    SELECT project_id, id_of_day(event_id, day) AS event_id,
      overlay(session_id PLACING (900 - day)::text FROM 6 FOR 3), event_type, timestamp - day * interval '1 day',
      user_id, user_anonymous_id, page_path, page_title, page_url, ui_element, api_path, api_status_code,
      api_duration_ms, metadata
    FROM first_plain_events ORDER BY event_id;
    COMMIT;
  END LOOP;
END
$$;

CREATE TABLE lines (n bigint GENERATED ALWAYS AS IDENTITY, line text);

-- Stores every batch whose number leaves this remainder, a transaction each, as requests would come.
CREATE PROCEDURE plain_ingest(batch int, part int, parts int) LANGUAGE plpgsql AS $$
DECLARE
  body jsonb;
  chunk text;
BEGIN
  FOR chunk IN
    SELECT '[' || string_agg(line, ',') || ']' FROM lines GROUP BY (n - 1) / batch HAVING (min(n) - 1) / batch % parts = part
  LOOP
    body := chunk::jsonb;
    INSERT INTO plain_events
    SELECT e."project_id", e."event_id", e."session.id", e."event.type", e."event.timestamp", e."user.id",
      e."user.anonymous_id", e."page.path", e."page.title", e."page.url", e."ui.element", e."api.path",
      e."api.status_code", e."api.duration_ms", e."metadata"
    FROM jsonb_to_recordset(body) AS e("project_id" text, "event_id" text, "session.id" text, "event.type" text,
      "event.timestamp" timestamptz, "user.id" text, "user.anonymous_id" text, "page.path" text, "page.title" text,
      "page.url" text, "ui.element" text, "api.path" text, "api.status_code" int, "api.duration_ms" float8, "metadata" jsonb)
    ON CONFLICT DO NOTHING;
    COMMIT;
  END LOOP;
END
$$;
