-- Ids for the copies of a day of events that fill a store. Those of version 7 UUIDs begin with their time, a day earlier
-- each, as their keys in event_keys begin with its seconds; the rest, and all of other ids, is random.
CREATE FUNCTION milliseconds_of_id(event_id text, day bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT ('x' || substr(event_id, 1, 8) || substr(event_id, 10, 4))::bit(48)::bigint - day * 86400000
$$;

CREATE FUNCTION id_of_day(event_id text, day bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN substr(event_id, 15, 1) = '7'
    THEN lpad(to_hex(milliseconds_of_id(event_id, day)), 12, '0') || '7' || right(md5(event_id || day), 19)
    ELSE md5(event_id || day) END::uuid::text
$$;

CREATE FUNCTION key_of_day(event_id text, day bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN substr(event_id, 15, 1) = '7'
    THEN lpad(to_hex(milliseconds_of_id(event_id, day) / 1000), 8, '0') || right(md5(event_id || '-' || day), 24)
    ELSE md5(event_id || '-' || day) END::uuid
$$;
