-- maintain(): what is to be done now and then, and the record of it.

CREATE FUNCTION begin_maintenance() RETURNS boolean
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_begin_maintenance';
COMMENT ON FUNCTION begin_maintenance() IS
'Part of maintain(): whether no other session maintains the store or packs, which from now on none does until this transaction '
'ends. A lock of the sequence receipt_floor, which nobody else may take, as any role may take an advisory lock.';

CREATE FUNCTION setup_maintenance_record() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
  CREATE TABLE IF NOT EXISTS productgraph.maintenance_runs (
    run_at timestamptz NOT NULL,
    role name NOT NULL,
    task text NOT NULL,
    done bigint NOT NULL,
    position bigint
  );
  -- Came with 0.2.0.
  IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'productgraph.maintenance_runs'::regclass AND a.attname = 'error') THEN
    ALTER TABLE productgraph.maintenance_runs ADD COLUMN error text;
  END IF;
  PERFORM productgraph.add_index('maintenance_runs_by_time', 'INDEX %I ON productgraph.maintenance_runs (run_at)');
  PERFORM productgraph.add_comment('productgraph.maintenance_runs',
    'What maintain() did in the last 90 days, a row a task. Counts of the whole store: for no analyst to see.');
  PERFORM productgraph.add_comment('productgraph.maintenance_runs',
    'Where the task stood: the page of event_keys where the next run goes on, and how many rows had been inserted into '
    'events, by the statistics, when they were packed.', 'position');
  PERFORM productgraph.add_comment('productgraph.maintenance_runs', 'Why the task, or a part of it, was not done.', 'error');
  PERFORM productgraph.force_row_security('productgraph.maintenance_runs');
  PERFORM productgraph.add_policy('productgraph.maintenance_runs', 'service',
    'FOR SELECT TO productgraph_service USING (true)');
  PERFORM productgraph.add_policy('productgraph.maintenance_runs', 'maintenance',
    'TO productgraph_owner USING (true)');
  PERFORM productgraph.give_to_owner('productgraph.maintenance_runs');
  GRANT SELECT ON productgraph.maintenance_runs TO productgraph_service;
  GRANT EXECUTE ON FUNCTION productgraph.record_maintenance(text, bigint, bigint), productgraph.maintenance_position(text),
    productgraph.record_maintenance_error(text, text), productgraph.begin_maintenance(),
    productgraph.maintenance_step(timestamptz, bigint)
    TO productgraph_owner;
  GRANT EXECUTE ON PROCEDURE productgraph.run_maintenance(interval, bigint) TO productgraph_owner;
  GRANT EXECUTE ON FUNCTION productgraph.store_status(), productgraph.status_of_tables(),
    productgraph.status_of_partitions(), productgraph.status_of_event_keys(), productgraph.status_of_maintenance(),
    productgraph.status_of_packing(), productgraph.status_of_guards(),
    productgraph.status_of_versions(), productgraph.status_of_settings(), productgraph.status_of_transactions()
    TO productgraph_owner, productgraph_service;
END
$$;
COMMENT ON FUNCTION setup_maintenance_record() IS 'Part of setup(): what store_status() and maintain() need.';

CREATE FUNCTION record_maintenance(task text, done bigint, "position" bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM productgraph.maintenance_runs r WHERE r.run_at < now() - interval '90 days';
  INSERT INTO productgraph.maintenance_runs (run_at, role, task, done, position)
  VALUES (now(), current_user, record_maintenance.task, coalesce(record_maintenance.done, 0), record_maintenance.position);
END
$$;
COMMENT ON FUNCTION record_maintenance(text, bigint, bigint) IS
'Part of maintain(): records a task of this transaction, and where its next run goes on.';

CREATE FUNCTION record_maintenance_error(task text, error text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO productgraph.maintenance_runs (run_at, role, task, done, error)
  VALUES (now(), current_user, record_maintenance_error.task, 0, record_maintenance_error.error);
END
$$;
COMMENT ON FUNCTION record_maintenance_error(text, text) IS
'Part of maintain(): records why a task of this transaction, or a part of it, was not done. For store_status().';

CREATE FUNCTION maintenance_position(task text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce((SELECT r.position FROM productgraph.maintenance_runs r
                   WHERE r.task = maintenance_position.task AND r.error IS NULL ORDER BY r.run_at DESC LIMIT 1), 0)
$$;
COMMENT ON FUNCTION maintenance_position(text) IS 'Part of maintain(): where the last run of a task said to go on; 0 at first.';

CREATE FUNCTION events_inserted() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(sum(s.n_tup_ins), 0)::bigint
  FROM pg_inherits i JOIN pg_stat_all_tables s ON s.relid = i.inhrelid WHERE i.inhparent = to_regclass('productgraph.events')
$$;
COMMENT ON FUNCTION events_inserted() IS
'How many rows were inserted into the partitions of events, as PostgreSQL''s statistics count: only good for a difference.';

CREATE FUNCTION writers_of_events() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
  -- A prepared transaction has no process, but a lock of its own id.
  SELECT string_agg(writer, ', ' ORDER BY writer) FROM (
    SELECT DISTINCT CASE WHEN l.pid IS NULL THEN format('prepared transaction "%s" of %s since %s', p.gid, p.owner, p.prepared)
      WHEN a.xact_start IS NULL THEN format('process %s of %s', l.pid, a.usename)
      ELSE format('process %s of %s, %s since %s', l.pid, a.usename, a.state, a.xact_start) END
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN (pg_locks x JOIN pg_prepared_xacts p ON p.transaction = x.transactionid)
      ON l.pid IS NULL AND x.pid IS NULL AND x.virtualtransaction = l.virtualtransaction AND x.locktype = 'transactionid'
    WHERE l.locktype = 'relation' AND l.relation = to_regclass('productgraph.events') AND l.granted
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      AND l.pid IS DISTINCT FROM pg_backend_pid()
  ) AS w(writer)
$$;
COMMENT ON FUNCTION writers_of_events() IS
'Which other transactions, prepared ones too, have locked events for writing, as text; NULL when none has. Packing waits for these. '
'What a session does, and since when, is told of those whose pg_stat_activity the role may see.';

CREATE FUNCTION maintain(
  ahead interval DEFAULT '4 weeks', deduplicate_for interval DEFAULT '30 days',
  pack_most bigint DEFAULT 20000000,
  OUT task text, OUT done bigint)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  delete_most constant bigint := 1000000;
  -- Deletion before packing, which begins anew with what is left of a week; dropping last, for the lock it takes.
  tasks constant text[] := ARRAY['expired rows deleted', 'events packed', 'segments merged', 'partitions created',
    'event keys forgotten', 'members without a role removed', 'expired weeks dropped'];
  received_before timestamptz;
  no_packing text;
  inserted bigint := productgraph.events_inserted();
  packed record;
  merged bigint := 0;
  page bigint;
  begun timestamptz;
  failed bigint := 0;
  unfinished bigint := 0;
BEGIN
  PERFORM productgraph.require_store();
  IF (ahead BETWEEN interval '0' AND interval '7000 days') IS NOT TRUE THEN
    RAISE 'weeks cannot be made % ahead', coalesce(ahead::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'From 0 to 7000 days.';
  ELSIF (deduplicate_for >= interval '1 hour') IS NOT TRUE THEN
    RAISE 'event keys cannot be forgotten after %', coalesce(deduplicate_for::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'At least 1 hour: an event that is sent again after that is stored twice.';
  ELSIF (pack_most >= 0) IS NOT TRUE THEN
    RAISE 'pack_most cannot be %', coalesce(pack_most::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A number of events, 0 to pack none.';
  END IF;
  IF NOT productgraph.begin_maintenance() THEN
    task := 'left to another session';
    done := 1;
    RETURN NEXT;
    RETURN;
  END IF;
  -- First, since it waits for writers: what follows takes locks that they may wait for.
  PERFORM productgraph.report_progress('maintain(): waiting for writers');
  BEGIN
    received_before := productgraph.begin_packing();
  EXCEPTION
    WHEN lock_not_available THEN
      no_packing := SQLERRM || coalesce(': waited for ' || productgraph.writers_of_events(), '');
    WHEN others THEN
      no_packing := SQLERRM;
  END;
  FOREACH task IN ARRAY tasks LOOP
    PERFORM productgraph.report_progress('maintain(): ' || task);
    done := 0;
    page := NULL;
    begun := clock_timestamp();
    BEGIN
      CASE task
        WHEN 'expired rows deleted' THEN
          done := productgraph.delete_expired_rows(delete_most);
          unfinished := unfinished + (done >= delete_most)::integer;
        WHEN 'events packed' THEN
          IF no_packing IS NOT NULL THEN
            RAISE '%', no_packing;
          END IF;
          packed := productgraph.pack_events(pack_most, received_before);
          done := packed.packed;
          merged := packed.merged;
          page := inserted;
          unfinished := unfinished + (done > 0 AND done >= pack_most)::integer;
        WHEN 'segments merged' THEN
          PERFORM productgraph.forget_dropped_weeks();
          PERFORM productgraph.summarize_receipts();
          done := merged;
        WHEN 'partitions created' THEN
          done := productgraph.create_partitions(now(), now() + ahead);
        WHEN 'event keys forgotten' THEN
          SELECT k.forgotten, k.next_page INTO done, page
          FROM productgraph.forget_event_keys(now() - deduplicate_for, productgraph.maintenance_position(task)) k;
          unfinished := unfinished + (clock_timestamp() - begun > interval '1 minute')::integer;
        WHEN 'members without a role removed' THEN
          DELETE FROM productgraph.organization_members m
          WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = m.role);
          GET DIAGNOSTICS done = ROW_COUNT;
        WHEN 'expired weeks dropped' THEN
          done := productgraph.drop_expired_weeks();
      END CASE;
      PERFORM productgraph.record_maintenance(task, done, page);
      RETURN NEXT;
    EXCEPTION WHEN others THEN
      failed := failed + 1;
      RAISE WARNING 'maintain(): "%" failed: %', task, SQLERRM;
      PERFORM productgraph.record_maintenance_error(task, SQLERRM);
    END;
  END LOOP;
  task := 'tasks failed';
  done := failed;
  RETURN NEXT;
  PERFORM productgraph.record_maintenance(task, done);
  task := 'tasks left unfinished';
  done := unfinished;
  RETURN NEXT;
  PERFORM productgraph.record_maintenance(task, done);
END
$$;
COMMENT ON FUNCTION maintain(interval, interval, bigint) IS
'To be run now and then, say every hour, by a superuser or a member of productgraph_owner, as a transaction of its own: '
'deletes what projects keep no longer (about a million rows a call, and weeks as a whole), packs about pack_most events at '
'most, makes partitions for the weeks ahead, forgets by which ids events received longer ago are recognised as repeats, and '
'forgets members whose role was dropped, before another role can inherit its OID. Returns what it did, and records it for '
'store_status(). A task that fails is no error: it warns, and counts in "tasks failed". A call does a bounded part of what it finds; '
'"tasks left unfinished" above 0 says to call again at once. One row "left to another session" means that one is at it. Errors: 55000 until setup() has run after an '
'upgrade; 22023 ahead that is not from 0 to 7000 days, deduplicate_for below 1 hour, pack_most below 0.';

CREATE FUNCTION maintenance_step(deadline timestamptz, pack_most bigint, OUT goes_on boolean, OUT failed bigint)
RETURNS record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  left_to_another boolean;
BEGIN
  SELECT coalesce(sum(m.done) FILTER (WHERE m.task = 'tasks failed'), 0),
    coalesce(sum(m.done) FILTER (WHERE m.task = 'tasks left unfinished'), 0) > 0 AND clock_timestamp() < deadline,
    bool_or(m.task = 'left to another session')
  INTO failed, goes_on, left_to_another
  FROM productgraph.maintain(pack_most => maintenance_step.pack_most) m;
  IF left_to_another THEN
    RAISE NOTICE 'another session maintains the store';
  END IF;
END
$$;
COMMENT ON FUNCTION maintenance_step(timestamptz, bigint) IS
'Part of run_maintenance(): calls maintain() once, and tells whether to go on, which is not after the deadline, and how many tasks failed.';

-- Without SET, which would keep it from committing; so every name and operator says where it is from.
CREATE PROCEDURE run_maintenance(at_most interval DEFAULT '50 minutes', pack_most bigint DEFAULT 2000000)
LANGUAGE plpgsql
AS $$
DECLARE
  deadline timestamptz := pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) at_most;
  step record;
  failed bigint := 0;
  no_commit text;
  no_rollback text;
BEGIN
  -- In a block that handles errors neither can be done, each for a reason of its own, unless it is the transaction
  -- around the procedure that forbids both.
  BEGIN
    COMMIT;
  EXCEPTION WHEN invalid_transaction_termination THEN
    no_commit := SQLERRM;
  END;
  BEGIN
    ROLLBACK;
  EXCEPTION WHEN invalid_transaction_termination THEN
    no_rollback := SQLERRM;
  END;
  IF no_commit OPERATOR(pg_catalog.=) no_rollback THEN
    RAISE 'run_maintenance() cannot run inside of a transaction' USING ERRCODE = 'invalid_transaction_termination',
      HINT = 'Send CALL as a statement of its own: not after BEGIN, with psql -1, from a function, or with others in one psql -c. '
        'Settings go before it as a -c of their own.';
  END IF;
  LOOP
    SELECT s.goes_on, s.failed INTO step FROM productgraph.maintenance_step(deadline, pack_most) s;
    COMMIT;
    failed := failed OPERATOR(pg_catalog.+) step.failed;
    EXIT WHEN NOT step.goes_on;
  END LOOP;
  IF failed OPERATOR(pg_catalog.>) 0::bigint THEN
    RAISE 'tasks of maintenance that failed: %', failed
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'What failed and why: SELECT * FROM productgraph.store_status()';
  END IF;
END
$$;
COMMENT ON PROCEDURE run_maintenance(interval, bigint) IS
'Calls maintain() until it leaves nothing unfinished, each time as a transaction of its own, and begins none after at_most. What '
'cron, pg_cron and timers are to call, outside of a transaction. Another session that is at it is no error. Errors: 55000 at the end when '
'tasks failed, 2D000 inside of a transaction.';
