-- Forgetting the keys of events received long ago.

CREATE FUNCTION forget_event_keys(
  received_before timestamptz, from_page bigint DEFAULT 0, step_pages bigint DEFAULT 2048,
  OUT forgotten bigint, OUT next_page bigint)
RETURNS record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- What one call does at most: it is one transaction.
  most_time constant interval := '1 minute';
  -- What it looks at even if nothing is to be forgotten there, so that a day of calls sees the whole table.
  least_part constant bigint := 24;
  pages bigint := pg_relation_size('productgraph.event_keys') / current_setting('block_size')::bigint;
  begun timestamptz := clock_timestamp();
  looked_at bigint := 0;
  found bigint;
BEGIN
  forgotten := 0;
  next_page := from_page;
  IF pages = 0 THEN
    -- Without pages here it is empty, or distributed.
    DELETE FROM productgraph.event_keys k WHERE k.received_at < received_before;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
  END IF;
  -- The table is written in the order of receipt, over and over where vacuum has made room: old keys lie together.
  WHILE looked_at < pages LOOP
    IF next_page >= pages THEN
      next_page := 0;
    END IF;
    DELETE FROM productgraph.event_keys k
    WHERE k.ctid >= format('(%s,0)', next_page)::tid AND k.ctid < format('(%s,0)', next_page + step_pages)::tid
      AND k.received_at < received_before;
    GET DIAGNOSTICS found = ROW_COUNT;
    forgotten := forgotten + found;
    looked_at := looked_at + step_pages;
    next_page := next_page + step_pages;
    EXIT WHEN clock_timestamp() >= begun + most_time OR (found = 0 AND looked_at > pages / least_part);
  END LOOP;
END
$$;
COMMENT ON FUNCTION forget_event_keys(timestamptz, bigint, bigint) IS
'Part of maintain(): forgets event keys received before a time, beginning at a page of their table and going on, some pages '
'a statement, as long as there are any, but for a minute at most. Returns how many, and the page to begin at next time.';
