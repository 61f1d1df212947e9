-- What setup() is made of: what it finds in place it does not lock, so that it can be run beside everything else.
-- create_partition() calls some of it, as a member of productgraph_owner, who after an upgrade has no new grants until
-- setup() has run: those are for everybody, and do what the caller may do.

CREATE FUNCTION store_fault() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN CASE
    WHEN to_regclass('productgraph.events') IS NULL OR to_regclass('productgraph.maintenance_runs') IS NULL THEN 'not set up'
    -- What came with 0.2.0.
    WHEN NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('productgraph.maintenance_runs') AND a.attname = 'error')
      THEN 'still that of an earlier version'
  END;
END
$$;
COMMENT ON FUNCTION store_fault() IS 'What keeps the store from use until setup() has run; NULL when nothing does.';

CREATE FUNCTION require_store() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  fault text := productgraph.store_fault();
BEGIN
  IF fault IS NOT NULL THEN
    RAISE 'the ProductGraph store is %', fault USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Run: SELECT productgraph.setup();';
  END IF;
END
$$;
COMMENT ON FUNCTION require_store() IS 'Error 55000 unless the store is set up, and by this version.';

CREATE FUNCTION begin_setup() RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_begin_setup';
COMMENT ON FUNCTION begin_setup() IS
'Part of setup(): waits for other sessions that set up this database''s store, and makes others wait for this transaction.';

CREATE FUNCTION add_index(index name, definition text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF to_regclass(format('productgraph.%I', index)) IS NULL THEN
    EXECUTE format('CREATE %s', format(definition, index));
  END IF;
END
$$;
COMMENT ON FUNCTION add_index(name, text) IS
'Part of setup(): creates an index, whose definition has %I in place of its name, unless it is there.';

CREATE FUNCTION add_trigger(target regclass, trigger name, event text, action text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger t
                 WHERE t.tgrelid = target AND t.tgname = trigger AND t.tgenabled IN ('O', 'A')) THEN
    EXECUTE format('CREATE OR REPLACE TRIGGER %I %s ON %s %s', trigger, event, target, action);
  END IF;
END
$$;
COMMENT ON FUNCTION add_trigger(regclass, name, text, text) IS
'Part of setup(): creates a trigger unless it is there and enabled.';

CREATE FUNCTION add_policy(target regclass, policy name, definition text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = target AND p.polname = policy) THEN
    EXECUTE format('CREATE POLICY %I ON %s %s', policy, target, definition);
  END IF;
END
$$;
COMMENT ON FUNCTION add_policy(regclass, name, text) IS 'Part of setup(): creates a policy unless it is there.';

CREATE FUNCTION add_comment(target regclass, comment text, "column" name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  place smallint := CASE WHEN "column" IS NULL THEN 0 ELSE (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = target AND a.attname = "column") END;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_description d
                 WHERE d.objoid = target AND d.classoid = 'pg_class'::regclass AND d.objsubid = place AND d.description = comment) THEN
    EXECUTE format('COMMENT ON %s %s IS %L',
      CASE WHEN place > 0 THEN 'COLUMN' WHEN (SELECT c.relkind FROM pg_class c WHERE c.oid = target) = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
      concat_ws('.', target, quote_ident("column")), comment);
  END IF;
END
$$;
COMMENT ON FUNCTION add_comment(regclass, text, name) IS
'Part of setup(): what a table, a sequence, or a column is for, unless it says so already.';

CREATE FUNCTION force_row_security(target regclass) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT (SELECT c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c WHERE c.oid = target) THEN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
  END IF;
END
$$;
COMMENT ON FUNCTION force_row_security(regclass) IS
'Part of setup(): puts a table under row-level security, for its owner too.';

CREATE FUNCTION give_to_owner(target regclass) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = target) <> 'productgraph_owner' THEN
    EXECUTE format('ALTER TABLE %s OWNER TO productgraph_owner', target);
  END IF;
END
$$;
COMMENT ON FUNCTION give_to_owner(regclass) IS
'Part of setup(): hands a table or sequence of the store to its owner.';

CREATE FUNCTION secure_table(target regclass, org_column name DEFAULT 'org_id') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.force_row_security(target);
  IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = target AND p.polname = 'tenant') THEN
    EXECUTE format('CREATE POLICY tenant ON %s USING (%I = (SELECT productgraph.current_org_id()))',
                   target, org_column);
  END IF;
  PERFORM productgraph.give_to_owner(target);
END
$$;
COMMENT ON FUNCTION secure_table(regclass, name) IS
'Puts a table of the store, or a partition, under row-level security by organization and hands it to its owner.';
