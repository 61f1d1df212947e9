-- Who may call what is not for everybody: whoever installs the extension, who need not be a superuser, and through
-- the grants of setup() the roles of the store. An upgrade leaves alone what is guarded already: touched by it, the grants
-- of setup() would count as the extension's own, and be in no dump.
DO $$
DECLARE
  guarded regprocedure;
  -- Whoever runs the script as an upgrade may be somebody else.
  owner regrole := (SELECT e.extowner FROM pg_extension e WHERE e.extname = 'productgraph');
BEGIN
  FOREACH guarded IN ARRAY ARRAY[
    'ingest(text, text)', 'ingest(jsonb, text)', 'ingest_requests(bytea[], bytea[], text[], text[])',
    'setup()', 'begin_setup()', 'setup_roles()', 'setup_tenant_tables()', 'setup_event_tables()', 'setup_security()', 'setup_removal()',
    'secure_table(regclass, name)', 'add_policy(regclass, name, text)', 'add_index(name, text)',
    'add_trigger(regclass, name, text, text)', 'add_comment(regclass, text, name)',
    'create_default_partition()',
    'create_partition(timestamptz)', 'create_partitions(timestamptz, timestamptz)', 'maintain(interval, interval, bigint)',
    'enter_org(uuid)', 'enter_org_to_maintain(uuid)', 'leave_org(uuid)', 'create_organization(text, text)',
    'create_project(uuid, text, text, jsonb)', 'create_api_key(uuid, text, text, text[], timestamptz)',
    'remove_organization_rows()', 'drop_organization(uuid)', 'remove_project_rows()', 'drop_project(text)',
    'remove_project_events(uuid, text)', 'forget_user(text, text)', 'rebuild_sessions(uuid, text, text[])',
    'delete_expired_rows(bigint)', 'delete_expired_events(uuid, text, tstzmultirange, bigint)',
    'is_expired_week(regclass, timestamptz)', 'expired_weeks()', 'drop_expired_weeks()', 'revoke_api_key(uuid, uuid)',
    'rotate_api_key(uuid, uuid, timestamptz, timestamptz)', 'note_key_uses(bytea[])',
    'add_member(regrole, uuid)', 'remove_member(regrole, uuid)',
    'setup_redaction()', 'add_redaction()', 'set_redaction(text, text[], text[], text[], text[])',
    'redacted_hash(text, text)',
    'setup_packed_tables()', 'setup_packing()', 'watch_events(regclass)', 'receipt_floor()', 'begin_packing()',
    'pack_week(uuid, text, timestamptz, bigint, timestamptz)', 'unpack_week(uuid, text, timestamptz)',
    'forget_packed(uuid, text, timestamptz)', 'note_unpacked(uuid, text, timestamptz)',
    'unpacked_events(timestamptz, timestamptz)', 'forget_dropped_weeks()', 'forget_all_packed(uuid)',
    'pack_events(bigint, timestamptz)', 'rebuild_segments(text, timestamptz, timestamptz)', 'unpack_changed()',
    'forget_packed_project(uuid, text)', 'rebuild_week(uuid, text, timestamptz, timestamptz)',
    'order_quiet_weeks(timestamptz, bigint, interval)', 'summarize_receipts()', 'segment_events(bytea, bytea)',
    'setup_maintenance_record()', 'record_maintenance(text, bigint, bigint)',
    'record_maintenance_error(text, text)', 'begin_maintenance()', 'maintenance_step(timestamptz, bigint)',
    'run_maintenance(interval, bigint)', 'status_of_packing()', 'status_of_guards()',
    'maintenance_position(text)', 'forget_event_keys(timestamptz, bigint, bigint)', 'store_status()', 'status_of_tables()',
    'status_of_partitions()', 'status_of_event_keys()', 'status_of_maintenance()', 'status_of_versions()',
    'status_of_settings()', 'status_of_transactions()'
  ]::regprocedure[] LOOP
    CONTINUE WHEN NOT has_function_privilege('public', guarded, 'EXECUTE');
    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', guarded);
    EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s WITH GRANT OPTION', guarded, owner);
  END LOOP;
END
$$;
