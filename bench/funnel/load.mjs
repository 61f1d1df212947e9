// The events of the store, brought into the rivals: the columns that the questions ask for, under their names, and
//   actor  who is counted, already found out, and
//   ms     the time in milliseconds since 1970, which is what ClickHouse's windowFunnel() takes (not DateTime64).
// Both keep them by actor and time, as a table made for funnels is. NULL is '' and 0, which ClickHouse reads faster.
import { rmSync } from 'node:fs';

const texts = ['event_type', 'page_path', 'ui_component_name', 'journey_id', 'api_path'];

// As CSV, a partition at a time, so that there is never a second copy of all of them.
async function* slices(owner, file) {
  const partitions = await owner.rows(
    `SELECT inhrelid::regclass FROM pg_inherits
     WHERE inhparent = 'productgraph.events'::regclass AND pg_relation_size(inhrelid) > 0 ORDER BY 1`,
  );
  for (const [partition] of partitions) {
    await owner.ask(`COPY (SELECT project_id, coalesce(user_id, user_anonymous_id, session_id),
        (date_part('epoch', timestamp) * 1000)::bigint, session_id, ${texts.join(', ')}, coalesce(api_status_code, 0)
      FROM ${partition}) TO '${file}' (FORMAT csv)`);
    yield file;
    rmSync(file);
  }
}

const names = ['project_id', 'actor', 'ms', 'session_id', ...texts, 'api_status_code'];
const clickhouseTypes = [
  'LowCardinality(String)', 'String', 'UInt64', 'UUID', ...texts.map(() => 'LowCardinality(String)'), 'UInt16',
];
const duckdbTypes = ['VARCHAR', 'VARCHAR', 'BIGINT', 'UUID', ...texts.map(() => 'VARCHAR'), 'SMALLINT'];

const columnsOf = (types) => names.map((name, i) => `${name} ${types[i]}`).join(', ');

export async function load(owner, { clickhouse, duckdb }, file) {
  const columns = columnsOf(clickhouseTypes);
  clickhouse?.run(`CREATE TABLE bench.events (${columns}) ENGINE = MergeTree ORDER BY (project_id, actor, ms)`);
  await duckdb?.run(`CREATE TABLE arrived (${columnsOf(duckdbTypes)})`);
  for await (const slice of slices(owner, file)) {
    clickhouse?.run(`INSERT INTO bench.events SELECT * FROM file('${slice}', 'CSV', '${columns}')`);
    await duckdb?.run(`INSERT INTO arrived SELECT * FROM read_csv('${slice}', header = false, nullstr = 'NULL',
      columns = {${names.map((name, i) => `'${name}': '${duckdbTypes[i]}'`).join(', ')}})`);
  }
  clickhouse?.run('OPTIMIZE TABLE bench.events FINAL');
  await duckdb?.run('CREATE TABLE events AS SELECT * FROM arrived ORDER BY project_id, actor, ms');
  await duckdb?.run('DROP TABLE arrived');
  await duckdb?.run('CHECKPOINT');
}
