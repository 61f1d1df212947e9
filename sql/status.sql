-- How the store is doing, for whoever runs it: store_status().

CREATE FUNCTION library_version() RETURNS text
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_library_version';
COMMENT ON FUNCTION library_version() IS
'The version of the library this session has loaded; that of the SQL objects is in pg_extension.';

-- What each part of store_status() returns.
CREATE TYPE status_line AS (topic text, subject text, status text, value text, hint text, details jsonb);
COMMENT ON TYPE status_line IS 'A row of store_status().';

CREATE FUNCTION status_of_tables() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH sized AS (
    SELECT c.relname, c.relkind, c.reltuples, coalesce(s.n_live_tup, 0) AS live, coalesce(s.n_dead_tup, 0) AS dead,
      pg_table_size(c.oid) AS table_bytes, pg_indexes_size(c.oid) AS index_bytes, s.last_vacuum, s.last_autovacuum,
      s.last_autoanalyze, c.relrowsecurity AND c.relforcerowsecurity AS secured,
      pg_get_userbyid(c.relowner) AS owner,
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indisvalid) AS broken_index
    FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'p')
  ), judged AS (
    SELECT *, greatest(reltuples::bigint, live, 0) AS rows, dead > 50000 AND dead > live / 2 AS bloated FROM sized
  )
  SELECT 'table', relname::text,
    CASE WHEN NOT secured OR owner <> 'productgraph_owner' THEN 'problem' WHEN broken_index OR bloated THEN 'warning' ELSE 'ok' END,
    CASE relkind WHEN 'p' THEN 'partitioned'
      ELSE format('about %s rows, %s and %s of indexes', rows, pg_size_pretty(table_bytes), pg_size_pretty(index_bytes)) END,
    CASE WHEN NOT secured THEN 'Row-level security is off here: run productgraph.setup().'
      WHEN owner <> 'productgraph_owner' THEN format('It belongs to %I, and policies are not made for that: run productgraph.setup().', owner)
      WHEN broken_index THEN 'An index is invalid: REINDEX it.'
      WHEN bloated THEN 'Many dead rows: VACUUM it, and look for old transactions and replication slots.' END,
    jsonb_build_object('rows', rows, 'dead_rows', dead, 'table_bytes', table_bytes, 'index_bytes', index_bytes,
      'last_vacuum', greatest(last_vacuum, last_autovacuum), 'last_analyze', last_autoanalyze)
  FROM judged ORDER BY relname COLLATE "C"
$$;
COMMENT ON FUNCTION status_of_tables() IS 'Part of store_status(): each table and partition.';

CREATE FUNCTION status_of_partitions() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH weeks AS (
    SELECT c.relname, pg_relation_size(c.oid) AS bytes,
      (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)'))::timestamptz[] AS bounds
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'productgraph.events'::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
  ), summed AS (
    SELECT count(*) AS weeks, count(*) FILTER (WHERE bounds[1] > now()) AS ahead, max(bounds[2]) AS made_until,
      bool_or(now() >= bounds[1] AND now() < bounds[2]) AS has_this_week,
      min(bounds[1]) FILTER (WHERE bytes > 0) AS oldest, max(bounds[2]) FILTER (WHERE bytes > 0) AS newest
    FROM weeks
  ), detached AS (
    SELECT string_agg(c.relname, ', ' ORDER BY c.relname) AS tables,
      regexp_replace(min(c.relname::text), '^events_(....)(..)(..)$', '\1-\2-\3 00:00Z') AS first
    FROM pg_class c
    WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relname ~ '^events_[0-9]{8}$'
      AND c.relname >= 'events_' || to_char(date_trunc('week', now() AT TIME ZONE 'UTC'), 'YYYYMMDD') AND NOT productgraph.is_attached(c.oid)
  ), strays AS (
    SELECT coalesce(max(s.n_live_tup), 0) AS rows, max(nullif(p.partdefid, 0)::regclass::text) AS partition,
      to_regclass('productgraph.events_default') AS named
    FROM pg_partitioned_table p LEFT JOIN pg_stat_all_tables s ON s.relid = p.partdefid
    WHERE p.partrelid = 'productgraph.events'::regclass
  )
  SELECT 'events', 'partitions ahead',
    CASE WHEN has_this_week IS NOT TRUE THEN 'problem' WHEN ahead < 2 OR tables IS NOT NULL THEN 'warning' ELSE 'ok' END,
    format('%s weeks ahead of %s, made until %s', ahead, weeks, made_until) || coalesce('; detached: ' || tables, ''),
    CASE WHEN tables IS NOT NULL
        THEN format('Events of these weeks go to events_default. Rename what is detached and run productgraph.maintain(); or attach it '
          'again: productgraph.create_partition(%L) tells how.', first)
      WHEN has_this_week IS NOT TRUE OR ahead < 2
        THEN 'Run productgraph.maintain() every hour: events of other weeks go to events_default.' END,
    jsonb_build_object('weeks', weeks, 'weeks_ahead', ahead, 'made_until', made_until)
  FROM summed, detached
  UNION ALL
  SELECT 'events', 'time range', 'ok',
    CASE WHEN oldest IS NULL THEN 'no events in any week' ELSE format('weeks from %s to %s', oldest, newest) END,
    NULL, jsonb_build_object('oldest_week_from', oldest, 'newest_week_to', newest)
  FROM summed
  UNION ALL
  SELECT 'events', 'events_default',
    CASE WHEN partition IS NULL OR partition IS DISTINCT FROM named::text THEN 'problem' WHEN rows > 100000 THEN 'warning' ELSE 'ok' END,
    CASE WHEN partition = named::text THEN format('about %s rows', rows) WHEN partition IS NOT NULL THEN format('it is %s', partition)
      WHEN named IS NOT NULL THEN 'detached' ELSE 'missing' END,
    CASE WHEN partition <> coalesce(named::text, '') THEN format('No week can be made of its events: ALTER TABLE %s RENAME TO events_default', partition)
      WHEN partition IS NULL AND named IS NOT NULL
        THEN 'Events of weeks without a partition are refused: ALTER TABLE productgraph.events ATTACH PARTITION productgraph.events_default DEFAULT'
      WHEN partition IS NULL THEN 'Events of weeks without a partition are refused: run productgraph.setup().'
      WHEN rows > 100000 THEN 'Make their weeks: productgraph.create_partition(week), or create_partitions(from, to).' END,
    jsonb_build_object('rows', rows)
  FROM strays
$$;
COMMENT ON FUNCTION status_of_partitions() IS
'Part of store_status(): the weeks of events, by their partitions; no event is read.';

CREATE FUNCTION status_of_event_keys() RETURNS SETOF status_line
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  bytes bigint;
  rows bigint;
  oldest timestamptz;
BEGIN
  SELECT sum(pg_total_relation_size(t.relid)), sum(greatest(c.reltuples::bigint, s.n_live_tup, 0)) INTO bytes, rows
  FROM (SELECT 'productgraph.event_keys'::regclass AS relid
        UNION SELECT p.relid FROM pg_partition_tree('productgraph.event_keys') p) t
  JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'r' LEFT JOIN pg_stat_all_tables s ON s.relid = t.relid;
  -- Of some 4 MB of it: the table may be large. A role that the policies confine to one organization is told nothing.
  IF pg_has_role('productgraph_owner', 'USAGE') OR NOT row_security_active('productgraph.event_keys') THEN
    EXECUTE format('SELECT min(received_at) FROM productgraph.event_keys TABLESAMPLE SYSTEM (%s)',
      least(100, 100 * 4194304.0 / greatest(bytes, 1))) INTO oldest;
  END IF;
  RETURN NEXT ('events', 'event_keys', CASE WHEN oldest < now() - interval '60 days' THEN 'warning' ELSE 'ok' END,
    format('about %s keys, %s, oldest about %s', rows, pg_size_pretty(bytes), coalesce(oldest::text, 'unknown')),
    CASE WHEN oldest < now() - interval '60 days'
      THEN 'Run productgraph.maintain(): it forgets keys after 30 days. Unless a longer time is wanted.' END,
    jsonb_build_object('rows', rows, 'bytes', bytes, 'oldest', oldest))::productgraph.status_line;
END
$$;
COMMENT ON FUNCTION status_of_event_keys() IS
'Part of store_status(): the size of event_keys, and its oldest key by a sample.';

CREATE FUNCTION status_of_versions() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'version', 'productgraph', CASE WHEN e.extversion = l.version THEN 'ok' ELSE 'problem' END,
    format('SQL %s, library %s', e.extversion, l.version),
    CASE WHEN e.extversion <> l.version
      THEN 'Run ALTER EXTENSION productgraph UPDATE and productgraph.setup(), then start sessions anew.' END,
    jsonb_build_object('sql', e.extversion, 'library', l.version)
  FROM pg_extension e, productgraph.library_version() AS l(version) WHERE e.extname = 'productgraph'
  UNION ALL
  SELECT 'version', 'PostgreSQL', 'ok', current_setting('server_version'), NULL,
    jsonb_build_object('server_version_num', current_setting('server_version_num')::integer)
$$;
COMMENT ON FUNCTION status_of_versions() IS 'Part of store_status(): versions of the library, its SQL and the server.';

-- What each setting must not be, and what follows if it is.
CREATE FUNCTION status_of_settings() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH rules (name, bad, status, hint) AS (VALUES
    ('fsync', '^off$', 'problem', 'A crash of the machine can lose or break everything: turn it on.'),
    ('full_page_writes', '^off$', 'problem', 'A crash of the machine can break tables: turn it on.'),
    ('synchronous_commit', '^(off|local)$', 'problem',
     'Events answered 202 can be lost: off in a crash, local with a failover. Set it to on.'),
    ('autovacuum', '^off$', 'problem', 'Tables grow and transaction ids run out: turn it on.'),
    ('track_counts', '^off$', 'problem', 'Autovacuum and this function count with it: turn it on.'),
    ('zero_damaged_pages', '^on$', 'problem', 'Damaged pages are emptied: turn it off.'),
    ('default_transaction_isolation', '^(repeatable read|serializable)$', 'warning',
     'Ingestion then fails whenever two statements meet, and organizations cannot be deleted: use read committed.'),
    ('default_transaction_read_only', '^on$', 'problem', 'Ingestion cannot write: turn it off.'),
    ('log_parameter_max_length', '^(-1|[1-9].*)$', 'warning',
     'Where statements are logged, bodies of requests are, before redaction: set it to 0 for the sidecar''s role.')
  ), given AS (
    SELECT r.*, s.setting, NULL AS whose, r.name <> 'log_parameter_max_length' OR logs.statements AS matters
    FROM rules r JOIN pg_settings s ON s.name = r.name,
      (SELECT bool_or(setting <> '-1' AND setting <> 'none') AS statements FROM pg_settings
       WHERE name IN ('log_statement', 'log_min_duration_statement', 'log_min_duration_sample')) logs
    UNION ALL
    SELECT r.*, split_part(c.line, '=', 2),
      concat_ws(' in ', nullif(s.setrole, 0)::regrole::text, (SELECT datname FROM pg_database d WHERE d.oid = s.setdatabase)), true
    FROM pg_db_role_setting s, unnest(s.setconfig) AS c(line), rules r
    WHERE r.name = split_part(c.line, '=', 1) AND split_part(c.line, '=', 2) ~ r.bad AND r.status = 'problem'
      AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  )
  SELECT 'setting', name || coalesce(' of ' || whose, ''), CASE WHEN setting ~ bad AND matters THEN status ELSE 'ok' END,
    setting, CASE WHEN setting ~ bad AND matters THEN hint END, jsonb_build_object('setting', setting)
  FROM given
$$;
COMMENT ON FUNCTION status_of_settings() IS
'Part of store_status(): settings of the server as this session has them, and bad ones of roles and this database.';

CREATE FUNCTION status_of_transactions() RETURNS SETOF status_line
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
  WITH ids AS (
    SELECT greatest(max(age(c.relfrozenxid)), 0) AS age FROM pg_class c
    WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 't', 'm')
  ), open AS (
    SELECT a.xact_start AS since, a.pid, NULL AS gid FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
    UNION ALL SELECT p.prepared, NULL, p.gid FROM pg_prepared_xacts p WHERE p.database = current_database()
  ), oldest AS (
    SELECT now() - o.since AS age, o.pid, o.gid FROM (VALUES (1)) AS one LEFT JOIN open o ON true ORDER BY o.since LIMIT 1
  ), slots AS (
    SELECT count(*) AS lagging FROM pg_replication_slots s WHERE NOT s.active
  )
  SELECT 'transactions', 'age of rows not frozen', CASE WHEN age > 1500000000 THEN 'problem' WHEN age > 500000000 THEN 'warning' ELSE 'ok' END,
    format('%s transactions', age), CASE WHEN age > 500000000 THEN 'VACUUM (FREEZE) the oldest tables before ids run out.' END,
    jsonb_build_object('transactions', age)
  FROM ids
  UNION ALL
  SELECT 'transactions', 'oldest open', CASE WHEN age > interval '1 hour' THEN 'warning' ELSE 'ok' END,
    CASE WHEN age IS NULL THEN 'none seen' WHEN gid IS NULL THEN format('%s, process %s', age, pid)
      ELSE format('%s, prepared transaction "%s"', age, gid) END,
    CASE WHEN age > interval '1 hour' THEN 'Dead rows stay while it lasts, and when it writes events packing waits: '
      || CASE WHEN gid IS NULL THEN 'end it, set idle_in_transaction_session_timeout.' ELSE 'COMMIT PREPARED or ROLLBACK PREPARED.' END END,
    jsonb_build_object('seconds', extract(epoch FROM age), 'process', pid::text, 'prepared', gid)
  FROM oldest
  UNION ALL
  SELECT 'transactions', 'unused replication slots', CASE WHEN lagging > 0 THEN 'warning' ELSE 'ok' END, lagging::text,
    CASE WHEN lagging > 0 THEN 'They keep write-ahead log until the disk is full: drop those nobody needs.' END,
    jsonb_build_object('slots', lagging)
  FROM slots
$$;
COMMENT ON FUNCTION status_of_transactions() IS 'Part of store_status(): what keeps dead rows and write-ahead log.';

CREATE FUNCTION store_status() RETURNS SETOF status_line
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  fault text := productgraph.store_fault();
BEGIN
  IF fault IS NOT NULL THEN
    RETURN NEXT ('version', 'store', 'problem', fault, 'Run: SELECT productgraph.setup();', NULL)::productgraph.status_line;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT * FROM productgraph.status_of_versions()
    UNION ALL SELECT * FROM productgraph.status_of_maintenance()
    UNION ALL SELECT * FROM productgraph.status_of_packing()
    UNION ALL SELECT * FROM productgraph.status_of_guards()
    UNION ALL SELECT * FROM productgraph.status_of_partitions()
    UNION ALL SELECT * FROM productgraph.status_of_event_keys()
    UNION ALL SELECT * FROM productgraph.status_of_settings()
    UNION ALL SELECT * FROM productgraph.status_of_transactions()
    UNION ALL SELECT * FROM productgraph.status_of_tables();
END
$$;
COMMENT ON FUNCTION store_status() IS
'How the store is doing, a row a check: topic, subject, status (ok, warning, problem), value, what to do about it (hint, '
'NULL when ok) and the figures for machines (details). Rows are the estimates of PostgreSQL''s statistics, sizes are '
'bytes; no event is read. Of the whole store: for service roles, members of productgraph_owner and superusers.';
