-- Installing the extension and creating the store.
CREATE EXTENSION productgraph;
-- The extension alone makes no table.
SELECT count(*) AS tables FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace AND relkind IN ('r', 'p');
SELECT productgraph.create_organization('early', 'Before setup');
SELECT productgraph.set_current_org(gen_random_uuid());
SELECT productgraph.ingest('[]');
\set VERBOSITY terse
SELECT productgraph.funnel('early', '["page.view"]');
SELECT productgraph.retention_table('early');
SELECT productgraph.live('early');
SELECT productgraph.storage_report();
SELECT productgraph.maintain();
\set VERBOSITY default
SELECT subject, value, hint FROM productgraph.store_status();
SELECT productgraph.setup();
-- Again: nothing changes, nothing fails.
SELECT productgraph.setup();
-- What comes with REASSIGN OWNED: nothing is taken for unknown, and it can be undone.
BEGIN;
CREATE ROLE regress_other;
ALTER TABLE productgraph.events OWNER TO regress_other;
SELECT subject, status, hint FROM productgraph.store_status() WHERE topic = 'table' AND status <> 'ok';
SAVEPOINT s;
SELECT productgraph.ingest('[]');
ROLLBACK TO s;
SELECT productgraph.setup();
SELECT productgraph.ingest('[]');
ROLLBACK;
-- The tables, apart from the partitions that depend on the day.
SELECT relname, relkind, pg_get_userbyid(relowner) AS owner
FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace AND relkind IN ('r', 'p')
  AND relname !~ '^events_[0-9]+$'
ORDER BY relname COLLATE "C";
-- They are no members of the extension.
SELECT count(*) AS member_tables FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relkind IN ('r', 'p');
-- Weeks are made from five weeks ago to four weeks ahead.
SELECT count(*) BETWEEN 9 AND 11 AS weeks, bool_or(relname = to_char(date_trunc('week', now() AT TIME ZONE 'UTC'),
  '"events_"YYYYMMDD')) AS this_week
FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace AND relname ~ '^events_[0-9]{8}$';
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname ~ '^productgraph_' ORDER BY 1;
-- The events table has the columns that the core fills, in its order and with its types.
SELECT f.field, c.attname, format_type(c.atttypid, c.atttypmod), f.data_type
FROM productgraph.event_fields() WITH ORDINALITY f
FULL JOIN (SELECT row_number() OVER (ORDER BY attnum) AS place, * FROM pg_attribute
           WHERE attrelid = 'productgraph.events'::regclass AND attnum > 0
             AND attname NOT IN ('org_id', 'received_at', 'attributes')) c ON c.place = f.ordinality
WHERE (f.column_name, f.data_type, f.required)
  IS DISTINCT FROM (c.attname::text, format_type(c.atttypid, c.atttypmod), c.attnotnull);
SELECT field, column_name, data_type, max_characters, required, in_kind FROM productgraph.event_fields();
