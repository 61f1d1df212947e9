// The engines that are compared. Each loads the same file of rows once (user_id, ts in seconds, event, name), and
// measure(query) answers {seconds, answer}: answer is the text of the rows, the same for equal answers.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Session } from 'chdb';

const textOf = (rows) => rows.map((row) => row.join(',')).join('\n');

// psql measures from sending the query to having its answer. The store's settings are PostgreSQL's own, except that
// work_mem is enough for hashing: 4 MB, the default, is for many connections at once.
export function postgres(settings = []) {
  const all = ["work_mem = '1GB'", 'search_path = productgraph, public', "timezone = 'UTC'", ...settings];
  const prepare = all.map((setting) => `SET ${setting};`).join('\n');
  const run = (script) =>
    execFileSync('psql', ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--field-separator=,', '--file=-'], {
      input: `\\set ON_ERROR_STOP on\n${prepare}\n${script}`,
      encoding: 'utf8',
    });
  return {
    ask: (query) => run(`${query};`).trim(),
    async measure(query) {
      const lines = run(`\\timing on\n${query};`).trim().split('\n');
      const time = /^Time: ([0-9.]+) ms/.exec(lines.pop());
      return { seconds: Number(time[1]) / 1000, answer: lines.join('\n') };
    },
  };
}

const measured = async (ask) => {
  const started = performance.now();
  const rows = await ask();
  return { seconds: (performance.now() - started) / 1000, answer: textOf(rows) };
};

export async function duckdb(file, directory) {
  mkdirSync(directory, { recursive: true });
  const instance = await DuckDBInstance.create(join(directory, 'events.duckdb'));
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE events AS
    SELECT user_id, make_timestamp(seconds * 1000000) AS ts, event, name
    FROM read_csv('${file}', header = false, columns = {'user_id': 'INTEGER', 'seconds': 'BIGINT',
      'event': 'SMALLINT', 'name': 'VARCHAR'})`);
  await connection.run('CHECKPOINT');
  const ask = async (query) => (await connection.runAndReadAll(query)).getRows();
  return { version: String((await ask('SELECT version()'))[0][0]), measure: (query) => measured(() => ask(query)) };
}

// Its tables: `sorted` by user and time, as a table made for funnels is, and `events` in the order of arrival.
export function clickhouse(file, directory) {
  const session = new Session(directory);
  const columns = 'user_id UInt32, ts DateTime, event UInt8, name LowCardinality(String)';
  session.query('CREATE DATABASE bench ENGINE = Atomic', 'TSV');
  for (const [table, order] of [
    ['events', 'tuple()'],
    ['sorted', '(user_id, ts)'],
  ]) {
    session.query(`CREATE TABLE bench.${table} (${columns}) ENGINE = MergeTree ORDER BY ${order}`, 'TSV');
    session.query(
      `INSERT INTO bench.${table} SELECT * FROM file('${file}', 'CSV',
      'user_id UInt32, ts DateTime, event UInt8, name String') SETTINGS max_insert_threads = 1`,
      'TSV',
    );
    session.query(`OPTIMIZE TABLE bench.${table} FINAL`, 'TSV');
  }
  const ask = (query) => {
    const text = session.query(
      `${query} SETTINGS allow_experimental_funnel_functions = 1, output_format_json_quote_64bit_integers = 0`,
      'JSONCompactEachRow',
    );
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  };
  return { version: ask('SELECT version()')[0][0], measure: async (query) => measured(async () => ask(query)) };
}
