-- Segments: what the store keeps of them, and what keeps it right. docs/segments.md tells how it works.

CREATE FUNCTION packed_tables() RETURNS name[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['packed_projects', 'packed_weeks', 'segments', 'kinds']::pg_catalog.name[];
COMMENT ON FUNCTION packed_tables() IS 'The tables that packing alone writes.';

CREATE FUNCTION receipt_floor() RETURNS timestamptz
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_receipt_floor';
COMMENT ON FUNCTION receipt_floor() IS
'The time that received_at of events inserted by this transaction must not be below. Locks productgraph.events for '
'writing until the end of the transaction.';

CREATE FUNCTION is_packing() RETURNS boolean
LANGUAGE C STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'productgraph_is_packing';
COMMENT ON FUNCTION is_packing() IS
'Whether this transaction has begun to pack events: only then may the owner of the store look for those of all organizations.';

CREATE FUNCTION unpack_changed() RETURNS trigger
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_unpack_changed';
COMMENT ON FUNCTION unpack_changed() IS
'Trigger of events and its partitions: the weeks in which rows were changed or deleted are read as rows until they are '
'packed anew.';

CREATE FUNCTION forget_all_packed(org_id uuid) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_forget_all_packed';
COMMENT ON FUNCTION forget_all_packed(uuid) IS
'Part of deleting an organization: deletes what was packed of its events. Waits for packing that is under way.';

CREATE FUNCTION unpack_triggers() RETURNS name[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['unpack_updated', 'unpack_deleted', 'unpack_truncated']::pg_catalog.name[];
COMMENT ON FUNCTION unpack_triggers() IS 'The triggers of watch_events(): what segments need to follow the rows.';

-- Without SET and in standard form, so that the planner puts it into the question that asks.
CREATE FUNCTION watching_triggers(target regclass) RETURNS TABLE (trigger name, is_always boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT t.tgname, t.tgenabled = 'A' FROM pg_catalog.pg_trigger t
  WHERE t.tgrelid = target AND t.tgname = ANY (productgraph.unpack_triggers()) AND t.tgenabled IN ('O', 'A');
END;
COMMENT ON FUNCTION watching_triggers(regclass) IS
'Those of unpack_triggers() that a table has and that are enabled; is_always when they fire with '
'session_replication_role = replica, too.';

CREATE FUNCTION is_watched(target regclass) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT count(*) = cardinality(productgraph.unpack_triggers()) FROM productgraph.watching_triggers(target)
$$;
COMMENT ON FUNCTION is_watched(regclass) IS
'Whether events or a partition have the triggers of watch_events(), which DROP EXTENSION CASCADE takes. Without them nobody '
'knows whether segments are still true.';

CREATE FUNCTION watch_events(target regclass) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  trigger name;
BEGIN
  IF NOT productgraph.is_watched(target) THEN
    -- None for INSERT, which goes the way of COPY: new rows are told from packed ones by received_at.
    EXECUTE format('CREATE OR REPLACE TRIGGER unpack_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows '
      'NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION productgraph.unpack_changed()', target);
    EXECUTE format('CREATE OR REPLACE TRIGGER unpack_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows '
      'FOR EACH STATEMENT EXECUTE FUNCTION productgraph.unpack_changed()', target);
    EXECUTE format('CREATE OR REPLACE TRIGGER unpack_truncated AFTER TRUNCATE ON %s '
      'FOR EACH STATEMENT EXECUTE FUNCTION productgraph.unpack_changed()', target);
  END IF;
  FOR trigger IN SELECT t.trigger FROM productgraph.watching_triggers(target) t WHERE NOT t.is_always LOOP
    EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER %I', target, trigger);
  END LOOP;
END
$$;
COMMENT ON FUNCTION watch_events(regclass) IS
'Puts the triggers that unpack what is changed on events or a partition. They fire with session_replication_role = replica, too.';

CREATE FUNCTION has_subscription() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM pg_subscription_rel r
                 WHERE r.srrelid IN (SELECT p.relid FROM pg_partition_tree(to_regclass('productgraph.events')) p))
$$;
COMMENT ON FUNCTION has_subscription() IS
'Whether events come by logical replication. They keep the received_at of where they come from then, by which nobody can '
'tell what is packed, so nothing is.';

CREATE FUNCTION event_weeks() RETURNS TABLE (week timestamptz, partition regclass)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
  SELECT to_timestamp(substr(c.relname, 8), 'YYYYMMDD'), c.oid::regclass
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = to_regclass('productgraph.events') AND NOT i.inhdetachpending AND c.relname ~ '^events_[0-9]{8}$'
$$;
COMMENT ON FUNCTION event_weeks() IS 'The weeks that have a partition of events: Monday 00:00 UTC, and the partition.';

CREATE FUNCTION readable_weeks(org_id uuid, project_id text, from_time timestamptz, to_time timestamptz)
RETURNS TABLE (week timestamptz, packed_until timestamptz, shard_bits smallint)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT p.week, p.packed_until, p.shard_bits
  FROM productgraph.packed_weeks p JOIN productgraph.event_weeks() w ON w.week = p.week
  WHERE p.org_id = readable_weeks.org_id AND p.project_id = readable_weeks.project_id AND p.packed_until > '-infinity'
    AND w.week < to_time AND w.week + interval '168 hours' > from_time
    AND (SELECT productgraph.is_watched('productgraph.events') AND NOT productgraph.has_subscription())
    AND (SELECT count(*) = cardinality(productgraph.unpack_triggers()) FROM productgraph.watching_triggers(w.partition))
  ORDER BY p.week
$$;
COMMENT ON FUNCTION readable_weeks(uuid, text, timestamptz, timestamptz) IS
'The weeks of a project, of those that overlap [from_time, to_time), whose segments hold all events of the week with '
'received_at < packed_until. Every other event is to be read as a row.';

CREATE FUNCTION setup_packed_tables() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
  missing text;
BEGIN
  CREATE TABLE IF NOT EXISTS productgraph.packed_projects (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    too_many_kinds boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, project_id)
  );
  PERFORM productgraph.add_comment('productgraph.packed_projects',
    'Projects about which packing has something to remember. With too_many_kinds nothing of a project is packed.');

  CREATE TABLE IF NOT EXISTS productgraph.packed_weeks (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    week timestamptz NOT NULL,
    packed_until timestamptz NOT NULL,
    shard_bits smallint NOT NULL,
    generation bigint NOT NULL,
    is_ambiguous boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, project_id, week)
  );
  PERFORM productgraph.add_comment('productgraph.packed_weeks',
    'What is packed: of the events of a project in a week (from Monday 00:00 UTC) those with received_at < packed_until. '
    'generation is the last that was given to segments; is_ambiguous says that the order of some events was lost in merging.');

  CREATE TABLE IF NOT EXISTS productgraph.segments (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    week timestamptz NOT NULL,
    generation bigint NOT NULL,
    shard smallint NOT NULL,
    shard_bits smallint NOT NULL,
    first_time timestamptz NOT NULL,
    last_time timestamptz NOT NULL,
    events bigint NOT NULL,
    actors bigint NOT NULL,
    content bytea NOT NULL,
    sessions bytea NOT NULL,
    PRIMARY KEY (org_id, project_id, week, generation, shard)
  );
  -- Their bytes do not compress.
  IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'productgraph.segments'::regclass
             AND a.attname IN ('content', 'sessions') AND a.attstorage <> 'e') THEN
    ALTER TABLE productgraph.segments ALTER COLUMN content SET STORAGE EXTERNAL, ALTER COLUMN sessions SET STORAGE EXTERNAL;
  END IF;
  PERFORM productgraph.add_comment('productgraph.segments',
    'Events packed by actor and time, for fast questions. Rows are the truth. Each packing of a week adds a generation; '
    'of 2^shard_bits shards by hash of the actor those without events have no row.');

  -- Columns as in events, so that conditions on these work on kinds too.
  CREATE TABLE IF NOT EXISTS productgraph.kinds (
    org_id uuid NOT NULL,
    project_id text NOT NULL,
    kind integer NOT NULL,
    PRIMARY KEY (org_id, project_id, kind)
  );
  missing := (SELECT string_agg(format('ADD COLUMN %I %s', f.column_name, f.data_type), ', ' ORDER BY f.ordinality)
              FROM productgraph.event_fields() WITH ORDINALITY f WHERE f.in_kind AND NOT EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = 'productgraph.kinds'::regclass AND a.attname = f.column_name));
  IF missing IS NOT NULL THEN
    EXECUTE format('ALTER TABLE productgraph.kinds %s', missing);
  END IF;
  PERFORM productgraph.add_comment('productgraph.kinds',
    'What segments name by number: the distinct combinations of the fields with in_kind, numbered from 0 in each project.');
END
$$;
COMMENT ON FUNCTION setup_packed_tables() IS 'Part of setup(): the tables of packed events.';

CREATE FUNCTION setup_packing() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
  PERFORM productgraph.setup_packed_tables();
  IF to_regclass('productgraph.receipt_floor') IS NULL THEN
    CREATE SEQUENCE productgraph.receipt_floor;
    PERFORM setval('productgraph.receipt_floor', 1);
  END IF;
  PERFORM productgraph.add_comment('productgraph.receipt_floor',
    'Microseconds since 1970: events inserted from now on have no received_at below it.');
  PERFORM productgraph.give_to_owner('productgraph.receipt_floor');
  -- Partitions have defaults of their own.
  IF EXISTS (SELECT FROM pg_partition_tree('productgraph.events') p WHERE NOT EXISTS (
               SELECT FROM pg_attribute a WHERE a.attrelid = p.relid AND a.attname = 'received_at' AND a.atthasdef)) THEN
    ALTER TABLE productgraph.events ALTER COLUMN received_at
      SET DEFAULT greatest(now(), productgraph.receipt_floor());
  END IF;
  -- Finds what was received since a time, whatever the week of it.
  PERFORM productgraph.add_index('events_by_receipt',
    'INDEX %I ON productgraph.events USING brin (received_at) WITH (pages_per_range = 32)');
  PERFORM productgraph.add_policy('productgraph.events', 'receipt',
    'AS RESTRICTIVE FOR INSERT WITH CHECK (received_at >= productgraph.receipt_floor())');
  -- maintain() finds out whose events are not packed yet.
  PERFORM productgraph.add_policy('productgraph.events', 'maintenance_read',
    'FOR SELECT TO productgraph_owner USING ((SELECT productgraph.is_packing()))');
  PERFORM productgraph.add_policy(format('productgraph.%I', t)::regclass, 'maintenance_read',
    'FOR SELECT TO productgraph_owner USING (true)')
  FROM unnest('{packed_projects,packed_weeks}'::name[]) t;
  -- What changed while nobody watched is not known.
  IF NOT (SELECT bool_and(productgraph.is_watched(t)) FROM (
            SELECT 'productgraph.events'::regclass UNION ALL SELECT w.partition FROM productgraph.event_weeks() w) AS v(t)) THEN
    TRUNCATE productgraph.segments, productgraph.packed_weeks;
  END IF;
  PERFORM productgraph.watch_events('productgraph.events');
  PERFORM productgraph.watch_events(w.partition) FROM productgraph.event_weeks() w;
  GRANT EXECUTE ON FUNCTION productgraph.receipt_floor(), productgraph.forget_all_packed(uuid),
    productgraph.forget_packed_project(uuid, text)
    TO productgraph_service, productgraph_owner;
  GRANT EXECUTE ON FUNCTION productgraph.unpack_changed(), productgraph.begin_packing(),
    productgraph.pack_events(bigint, timestamptz),
    productgraph.pack_week(uuid, text, timestamptz, bigint, timestamptz),
    productgraph.unpack_week(uuid, text, timestamptz), productgraph.forget_packed(uuid, text, timestamptz),
    productgraph.note_unpacked(uuid, text, timestamptz), productgraph.watch_events(regclass),
    productgraph.unpacked_events(timestamptz, timestamptz), productgraph.forget_dropped_weeks(),
    productgraph.forget_packed_project(uuid, text), productgraph.rebuild_week(uuid, text, timestamptz, timestamptz),
    productgraph.order_quiet_weeks(timestamptz, bigint, interval), productgraph.summarize_receipts(), productgraph.segment_events(bytea, bytea),
    productgraph.rebuild_segments(text, timestamptz, timestamptz)
    TO productgraph_owner;
END
$$;
COMMENT ON FUNCTION setup_packing() IS 'Part of setup(): what packing needs.';
