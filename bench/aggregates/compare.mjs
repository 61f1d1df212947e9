// node compare.mjs FILE DIRECTORY RESULTS: asks every question in every way; prints medians and writes them to RESULTS.
// Engines keep their files in DIRECTORY.
//   ROUNDS=5  ONLY=part of a question's name
import { writeFileSync } from 'node:fs';
import { clickhouse } from '../rivals/clickhouse.mjs';
import { duckdb } from '../rivals/duckdb.mjs';
import { postgres } from '../rivals/postgres.mjs';
import { Turns } from '../rivals/turns.mjs';
import { loadClickhouse, loadDuckdb } from './load.mjs';
import { memoryQuestions, questions } from './questions.mjs';

const [file, directory, resultsFile] = process.argv.slice(2);
const rounds = Number(process.env.ROUNDS ?? 5);
const only = process.env.ONLY ?? '';
const serialSettings = ['max_parallel_workers_per_gather = 0'];

const parallel = await postgres();
const serial = await postgres({ settings: serialSettings });
const engines = { duckdb: await duckdb(`${directory}/duckdb`), clickhouse: clickhouse(`${directory}/clickhouse`) };
await loadDuckdb(engines.duckdb, file);
loadClickhouse(engines.clickhouse, file);

const turns = new Turns({
  engineOf: (way) => engines[way.system] ?? (way.serial ? serial : parallel),
  rounds,
  events: Number(await parallel.ask('SELECT count(*) FROM events')),
});

// In connections of their own, whose memory nothing else was kept in.
async function askAlone(query) {
  const alone = await postgres({ settings: serialSettings });
  const answer = await alone.ask(query);
  await alone.close();
  return answer.split(',').map(Number);
}

async function measureMemory(question) {
  const [kept, groups] = await askAlone(question.rows);
  const [[ours], [base]] = [await askAlone(question.ours), await askAlone(question.base)];
  const name = `memory of window_funnel(): ${question.name}`;
  const [perGroup, perRow] = [(ours - base) / groups, (ours - base) / kept];
  console.log(
    `${name}\n  ${kept} rows kept, ${groups} groups with one: ${perGroup.toFixed(0)} bytes a group, ` +
      `${perRow.toFixed(1)} bytes a row kept, beyond what count(*) takes`,
  );
  turns.record(name, { system: 'productgraph' }, 'bytes_per_group', perGroup);
  turns.record(name, { system: 'productgraph' }, 'bytes_per_row_kept', perRow);
}

console.log(
  `${turns.events} rows; PostgreSQL ${await parallel.ask('SHOW server_version')}, DuckDB ${engines.duckdb.version}, ` +
    `ClickHouse ${engines.clickhouse.version}; medians of ${rounds} rounds, spread, and times our first`,
);
for (const question of questions.filter((each) => each.name.includes(only))) await turns.run(question);
if (only === '') for (const question of memoryQuestions) await measureMemory(question);
writeFileSync(resultsFile, `${JSON.stringify(turns.results, null, 1)}\n`);
await Promise.all([parallel.close(), serial.close()]);
