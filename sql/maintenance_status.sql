-- Parts of store_status(): maintenance, what waits for packing, and the triggers and policies that segments depend on.

CREATE FUNCTION status_of_maintenance() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH last AS (
    SELECT max(r.run_at) AS run_at FROM productgraph.maintenance_runs r WHERE r.error IS NULL
  ), did AS (
    SELECT l.run_at, now() - l.run_at AS age, min(r.role) AS role,
      jsonb_object_agg(r.task, r.done) FILTER (WHERE r.task IS NOT NULL) AS tasks,
      sum(r.done) FILTER (WHERE r.task = 'tasks left unfinished') AS unfinished
    FROM last l LEFT JOIN productgraph.maintenance_runs r ON r.run_at = l.run_at AND r.error IS NULL GROUP BY l.run_at
  ), errors AS (
    SELECT count(*) AS errors, count(*) FILTER (WHERE r.run_at >= l.run_at) AS of_last,
      (array_agg(format('%s: %s', r.task, left(r.error, 500)) ORDER BY r.run_at DESC, r.task))[1] AS latest, max(r.run_at) AS latest_at
    FROM last l, productgraph.maintenance_runs r WHERE r.error IS NOT NULL AND r.run_at > now() - interval '7 days'
  )
  SELECT 'maintenance', 'maintain()',
    CASE WHEN age IS NULL THEN 'warning' WHEN age > interval '7 days' THEN 'problem' WHEN age > interval '1 day' THEN 'warning' ELSE 'ok' END,
    CASE WHEN age IS NULL THEN 'never run' ELSE format('last run at %s by %s', run_at, role) END,
    CASE WHEN age IS NULL OR age > interval '1 day'
      THEN 'Run productgraph.maintain() every hour, with cron or pg_cron, as a member of productgraph_owner.' END,
    jsonb_build_object('run_at', run_at, 'seconds_ago', extract(epoch FROM age), 'role', role, 'done', tasks)
  FROM did
  UNION ALL
  SELECT 'maintenance', 'unfinished', CASE WHEN unfinished > 0 THEN 'warning' ELSE 'ok' END,
    format('%s tasks left', coalesce(unfinished, 0)),
    CASE WHEN unfinished > 0
      THEN 'More waits than one call does: CALL productgraph.run_maintenance(), and run maintain() more often.' END,
    jsonb_build_object('tasks', coalesce(unfinished, 0))
  FROM did
  UNION ALL
  SELECT 'maintenance', 'errors', CASE WHEN of_last > 0 THEN 'problem' ELSE 'ok' END,
    CASE WHEN errors = 0 THEN 'none in 7 days' ELSE format('%s in 7 days, latest at %s: %s', errors, latest_at, latest) END,
    CASE WHEN of_last > 0 THEN 'The last run could not do this; the others were done. All: SELECT * FROM '
      'productgraph.maintenance_runs WHERE error IS NOT NULL.' END,
    jsonb_build_object('errors', errors, 'of_last_run', of_last, 'latest', latest, 'latest_at', latest_at)
  FROM errors
$$;
COMMENT ON FUNCTION status_of_maintenance() IS
'Part of store_status(): the last run of maintain(), what it did, left unfinished, and could not do.';

CREATE FUNCTION status_of_packing() RETURNS SETOF status_line
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  packed_at timestamptz;
  inserted bigint;
  waiting bigint;
  lags boolean;
  rejected text[];
  weeks bigint;
  seen boolean := pg_has_role('productgraph_owner', 'USAGE') OR NOT row_security_active('productgraph.packed_weeks');
BEGIN
  SELECT r.run_at, r.position INTO packed_at, inserted FROM productgraph.maintenance_runs r
  WHERE r.task = 'events packed' AND r.error IS NULL ORDER BY r.run_at DESC LIMIT 1;
  -- Below what was noted when the statistics were reset or partitions dropped.
  waiting := greatest(productgraph.events_inserted() - coalesce(inserted, 0), 0);
  lags := waiting > 20000000 OR waiting > 0 AND coalesce(packed_at < now() - interval '1 day', waiting > 100000);
  RETURN NEXT ('packing', 'events not packed', CASE WHEN lags THEN 'warning' ELSE 'ok' END,
    format('about %s came since the last packing, %s', waiting, coalesce('at ' || packed_at, 'never')),
    CASE WHEN lags THEN 'Questions read these as rows, slowly: run productgraph.maintain() more often.' END,
    jsonb_build_object('events', waiting, 'packed_at', packed_at, 'seconds_ago', extract(epoch FROM now() - packed_at)))
    ::productgraph.status_line;
  -- A role that the policies confine to one organization is told nothing.
  IF seen THEN
    SELECT coalesce(array_agg(k.project_id ORDER BY k.project_id COLLATE "C"), '{}') INTO rejected
    FROM productgraph.packed_projects k WHERE k.too_many_kinds;
    SELECT count(*) INTO weeks FROM productgraph.packed_weeks w WHERE w.packed_until = '-infinity';
  END IF;
  RETURN NEXT ('packing', 'weeks read as rows', 'ok', coalesce(weeks::text, 'unknown'), NULL, jsonb_build_object('weeks', weeks))
    ::productgraph.status_line;
  RETURN NEXT ('packing', 'projects with too many kinds', CASE WHEN cardinality(rejected) > 0 THEN 'warning' ELSE 'ok' END,
    CASE WHEN seen THEN concat_ws(': ', cardinality(rejected), nullif(array_to_string(rejected[:10], ', '), '')) ELSE 'unknown' END,
    CASE WHEN cardinality(rejected) > 0 THEN 'Questions at these read rows. Keep ids out of paths and names (set_redaction()), then call '
      'productgraph.rebuild_segments(project).' END,
    jsonb_build_object('projects', rejected))::productgraph.status_line;
END
$$;
COMMENT ON FUNCTION status_of_packing() IS
'Part of store_status(): how much waits for packing, by the statistics, and which projects are not packed at all.';

CREATE FUNCTION status_of_guards() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH watched (relation) AS (
    SELECT to_regclass('productgraph.events') UNION ALL SELECT w.partition FROM productgraph.event_weeks() w
  ), guarded (relation, trigger) AS (
    SELECT w.relation, trigger FROM watched w, unnest(productgraph.unpack_triggers()) AS trigger
    UNION ALL
    SELECT to_regclass(t.relation), 'remove_rows' FROM unnest('{productgraph.organizations,productgraph.projects}'::text[]) AS t (relation)
  ), policies (relation, policy) AS (
    SELECT to_regclass(format('productgraph.%I', name)), 'tenant' FROM unnest(productgraph.tenant_tables()) AS name
    UNION ALL
    SELECT w.partition, 'tenant' FROM productgraph.event_weeks() w
    UNION ALL
    -- By which ingestion finds out whose a key is, and who may choose an organization.
    SELECT to_regclass(format('productgraph.%I', name)), 'lookup'
    FROM unnest('{organizations,organization_members,projects,api_keys}'::name[]) AS name
    UNION ALL
    SELECT to_regclass('productgraph.events'), 'receipt'
  ), missing AS (
    SELECT format('trigger %s of %s', g.trigger, g.relation) AS what FROM guarded g
    WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = g.relation AND t.tgname = g.trigger AND t.tgenabled IN ('O', 'A'))
    UNION ALL
    SELECT format('policy %s of %s', p.policy, p.relation) FROM policies p
    WHERE NOT EXISTS (SELECT FROM pg_policy d WHERE d.polrelid = p.relation AND d.polname = p.policy)
    UNION ALL
    SELECT 'default of productgraph.events.received_at'
    WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('productgraph.events') AND a.attname = 'received_at' AND a.atthasdef)
  ), counted AS (
    SELECT count(*) AS count, array_agg(what ORDER BY what COLLATE "C") AS missing FROM missing
  ), replaying AS (
    SELECT count(*) AS blind FROM watched w, productgraph.watching_triggers(w.relation) t WHERE NOT t.is_always
  )
  SELECT 'events', 'guards', CASE WHEN count > 0 THEN 'problem' WHEN blind > 0 THEN 'warning' ELSE 'ok' END,
    CASE WHEN count > 0 THEN format('%s missing or disabled: %s', count, array_to_string(missing[:5], ', '))
      WHEN blind > 0 THEN format('%s triggers of events do not fire with session_replication_role = replica', blind) ELSE 'in place' END,
    CASE WHEN count > 0 THEN 'The extension was dropped, or they were: run productgraph.setup(). Until then questions read rows, and keys may be unknown.'
      WHEN blind > 0 THEN 'So they are after a restore with --disable-triggers. Run productgraph.setup().' END,
    jsonb_build_object('missing', coalesce(missing, '{}'), 'not_always', blind)
  FROM counted, replaying
$$;
COMMENT ON FUNCTION status_of_guards() IS
'Part of store_status(): whether the triggers, the policy and the default are there that keep segments and rows the same, and the '
'policies that keep organizations apart and find keys.';
