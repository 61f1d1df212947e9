-- Deleting an organization, or a project: no row of it stays, in any table.

CREATE FUNCTION setup_removal() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.add_trigger('productgraph.organizations', 'remove_rows', 'BEFORE DELETE',
    'FOR EACH ROW EXECUTE FUNCTION productgraph.remove_organization_rows()');
  PERFORM productgraph.add_trigger('productgraph.projects', 'remove_rows', 'BEFORE DELETE',
    'FOR EACH ROW EXECUTE FUNCTION productgraph.remove_project_rows()');
  GRANT EXECUTE ON FUNCTION
    productgraph.drop_organization(uuid),
    productgraph.drop_project(text),
    productgraph.remove_project_events(uuid, text),
    productgraph.forget_user(text, text),
    productgraph.rebuild_sessions(uuid, text, text[])
    TO productgraph_service;
  GRANT EXECUTE ON FUNCTION
    productgraph.enter_org_to_maintain(uuid),
    productgraph.leave_org(uuid),
    productgraph.delete_expired_rows(bigint),
    productgraph.delete_expired_events(uuid, text, tstzmultirange, bigint),
    productgraph.is_expired_week(regclass, timestamptz),
    productgraph.expired_weeks(),
    productgraph.drop_expired_weeks()
    TO productgraph_owner;
END
$$;
COMMENT ON FUNCTION setup_removal() IS 'Part of setup(): who may remove what, and what goes with organizations and projects.';

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
  -- Projects last: their own trigger finds nothing left then.
  FOR table_name IN SELECT t FROM unnest(productgraph.tenant_tables()) t
                    WHERE t <> 'organizations' AND t <> ALL (productgraph.packed_tables()) ORDER BY t = 'projects' LOOP
    PERFORM productgraph.report_progress(format('deleting %s of organization "%s"', table_name, OLD.slug));
    EXECUTE format('DELETE FROM productgraph.%I WHERE org_id = $1', table_name) USING OLD.id;
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

CREATE FUNCTION event_key(project text, event_id text) RETURNS uuid
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_event_key';
COMMENT ON FUNCTION event_key(text, text) IS
'The key in event_keys by which repeats of a stored event are recognised. NULL for NULL.';

CREATE FUNCTION remove_project_events(org uuid, project text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
  spans tstzrange[] := ARRAY(SELECT productgraph.event_spans());
  span tstzrange;
  parts bigint := 0;
  deleted bigint;
  removed bigint := 0;
BEGIN
  FOREACH span IN ARRAY spans LOOP
    PERFORM productgraph.report_progress(format('deleting events of project "%s", by week', project), parts, cardinality(spans));
    WITH gone AS (
      DELETE FROM productgraph.events e
      WHERE e.org_id = org AND e.project_id = project
        AND (lower(span) IS NULL OR e.timestamp >= lower(span)) AND (upper(span) IS NULL OR e.timestamp < upper(span))
      RETURNING e.event_id
    ), forgotten AS (
      DELETE FROM productgraph.event_keys k USING gone g
      WHERE k.org_id = org AND k.key = productgraph.event_key(project, g.event_id)
    )
    SELECT count(*) FROM gone INTO deleted;
    removed := removed + deleted;
    parts := parts + 1;
  END LOOP;
  RETURN removed;
END
$$;
COMMENT ON FUNCTION remove_project_events(uuid, text) IS
'Part of drop_project(): deletes the events of a project with their keys, so that a later project of this id can have the '
'same events, and returns how many.';

CREATE FUNCTION remove_project_rows() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  previous uuid;
  table_name name;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'projects can be deleted in READ COMMITTED transactions only'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  previous := productgraph.enter_org(OLD.org_id);
  -- Ingestion holds the row of the organization, so with it locked what was under way has ended, and the rest waits.
  PERFORM FROM productgraph.organizations o WHERE o.id = OLD.org_id FOR UPDATE;
  PERFORM productgraph.remove_project_events(OLD.org_id, OLD.id);
  FOR table_name IN SELECT t FROM unnest(productgraph.tenant_tables()) t JOIN pg_attribute a
                      ON a.attrelid = format('productgraph.%I', t)::regclass AND a.attname = 'project_id' AND NOT a.attisdropped
                    WHERE t <> 'events' AND t <> ALL (productgraph.packed_tables()) LOOP
    PERFORM productgraph.report_progress(format('deleting %s of project "%s"', table_name, OLD.id));
    EXECUTE format('DELETE FROM productgraph.%I WHERE org_id = $1 AND project_id = $2', table_name) USING OLD.org_id, OLD.id;
  END LOOP;
  PERFORM productgraph.forget_packed_project(OLD.org_id, OLD.id);
  PERFORM productgraph.leave_org(previous);
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION remove_project_rows() IS
'Trigger of projects: deletes the rows of a project from every table before its own.';

CREATE FUNCTION drop_project(project text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  removed bigint;
BEGIN
  -- One after the other: each is to hold the organization alone later, and shares it with the others until then.
  PERFORM FROM productgraph.organizations o WHERE o.id = org FOR NO KEY UPDATE;
  -- Keeps packing, which passes by a project that is being deleted, from waiting for what is unpacked here.
  PERFORM FROM productgraph.projects p WHERE p.org_id = org AND p.id = project FOR UPDATE;
  -- Most of the work while ingestion for the organization goes on; then what came meanwhile.
  removed := productgraph.remove_project_events(org, project);
  PERFORM FROM productgraph.organizations o WHERE o.id = org FOR UPDATE;
  removed := removed + productgraph.remove_project_events(org, project);
  DELETE FROM productgraph.projects p WHERE p.org_id = org AND p.id = project;
  RETURN removed;
END
$$;
COMMENT ON FUNCTION drop_project(text) IS
'Deletes a project of the current organization with everything that belongs to it: events, sessions, keys, journeys and '
'the rest; returns how many events it had. Waits for ingestion that is under way for the organization. Errors: 42704 '
'unknown project, 25000 in a transaction that is not READ COMMITTED.';
