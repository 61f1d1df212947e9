// The rows of the same file (user_id, ts in seconds, event, name), loaded once into each rival.

export async function loadDuckdb(engine, file) {
  await engine.run(`CREATE TABLE events AS
    SELECT user_id, make_timestamp(seconds * 1000000) AS ts, event, name
    FROM read_csv('${file}', header = false, columns = {'user_id': 'INTEGER', 'seconds': 'BIGINT',
      'event': 'SMALLINT', 'name': 'VARCHAR'})`);
  await engine.run('CHECKPOINT');
}

// Two tables: `sorted` by user and time, as a table made for funnels is, and `events` in the order of arrival.
export function loadClickhouse(engine, file) {
  const columns = 'user_id UInt32, ts DateTime, event UInt8, name LowCardinality(String)';
  for (const [table, order] of [
    ['events', 'tuple()'],
    ['sorted', '(user_id, ts)'],
  ]) {
    engine.run(`CREATE TABLE bench.${table} (${columns}) ENGINE = MergeTree ORDER BY ${order}`);
    engine.run(
      `INSERT INTO bench.${table} SELECT * FROM file('${file}', 'CSV',
      'user_id UInt32, ts DateTime, event UInt8, name String') SETTINGS max_insert_threads = 1`,
    );
    engine.run(`OPTIMIZE TABLE bench.${table} FINAL`);
  }
}
