import { Session } from 'chdb';
import { measured } from './measured.mjs';

// Tables belong into its database bench.
export function clickhouse(directory) {
  const session = new Session(directory);
  const run = (statement) => session.query(statement, 'TSV');
  run('CREATE DATABASE bench ENGINE = Atomic');
  const rows = (query) =>
    session
      .query(
        `${query} SETTINGS allow_experimental_funnel_functions = 1, output_format_json_quote_64bit_integers = 0`,
        'JSONCompactEachRow',
      )
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return {
    version: rows('SELECT version()')[0][0],
    run,
    ask: rows,
    measure: (query) => measured(async () => rows(query)),
    bytes: () => rows("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench'")[0][0],
    // The engine runs in this process; what it would lose in a restart is dropped instead.
    async cool(dropCaches) {
      for (const cache of ['MARK', 'UNCOMPRESSED', 'PRIMARY INDEX', 'QUERY CONDITION', 'MMAP']) {
        run(`SYSTEM DROP ${cache} CACHE`);
      }
      dropCaches();
    },
  };
}
