-- Deleting an organization: no row of it stays, in any table.

CREATE FUNCTION remove_organization_rows() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid;
  table_name name;
BEGIN
  -- The organization is locked by now, so ingestion for it has ended or waits; only a statement with a snapshot of its
  -- own sees what came until then.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'organizations can be deleted in READ COMMITTED transactions only'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  previous := productgraph.enter_org(OLD.id);
  FOREACH table_name IN ARRAY productgraph.tenant_tables() LOOP
    IF table_name <> 'organizations' AND table_name <> ALL (productgraph.packed_tables()) THEN
      EXECUTE format('DELETE FROM productgraph.%I WHERE org_id = $1', table_name) USING OLD.id;
    END IF;
  END LOOP;
  PERFORM productgraph.forget_all_packed(OLD.id);
  PERFORM productgraph.leave_org(previous);
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION remove_organization_rows() IS
'Trigger of organizations: deletes the rows of an organization from every table before its own.';

CREATE FUNCTION drop_organization(org_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM productgraph.organizations o WHERE o.id = org_id;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION drop_organization(uuid) IS
'Deletes an organization with everything that belongs to it: events, sessions, projects, keys, members and the rest; '
'false when there is none. Waits for ingestion that is under way for it. Error 25000 in a transaction that is not READ '
'COMMITTED.';
