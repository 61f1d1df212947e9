// node compare.mjs FILE DIRECTORY RESULTS: asks every question in every way, in turns, so that what else the machine
// does falls on all alike; prints medians and writes them to RESULTS. Engines keep their files in DIRECTORY.
//   ROUNDS=5  ONLY=part of a question's name
import { writeFileSync } from 'node:fs';
import { clickhouse, duckdb, postgres } from './engines.mjs';
import { memoryQuestions, questions } from './questions.mjs';

const [file, directory, resultsFile] = process.argv.slice(2);
const rounds = Number(process.env.ROUNDS ?? 5);
const only = process.env.ONLY ?? '';
const serialSettings = ['max_parallel_workers_per_gather = 0'];

const parallel = postgres();
const serial = postgres(serialSettings);
const rows = Number(parallel.ask('SELECT count(*) FROM events'));
const engines = {
  duckdb: await duckdb(file, `${directory}/duckdb`),
  clickhouse: clickhouse(file, `${directory}/clickhouse`),
};
const engineOf = (way) => engines[way.system] ?? (way.serial ? serial : parallel);
const results = [];

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function record(name, way, metric, value) {
  results.push({ case: way.how ? `${name}, ${way.how}` : name, system: way.system, metric, value, n: rows });
}

async function ask(question) {
  const seconds = question.ways.map(() => []);
  let expected;
  // The round before the first one warms the caches and compares the answers.
  for (let round = -1; round < rounds; ++round) {
    for (const [i, way] of question.ways.entries()) {
      const measured = await engineOf(way).measure(way.query);
      expected ??= measured.answer;
      if (!question.answersDiffer && measured.answer !== expected) {
        throw new Error(`${question.name}: ${way.system} (${way.how}) answers\n${measured.answer}\nnot\n${expected}`);
      }
      if (round >= 0) seconds[i].push(measured.seconds);
    }
  }
  return seconds;
}

function print(question, seconds) {
  console.log(question.name);
  const ours = median(seconds[0]);
  for (const [i, way] of question.ways.entries()) {
    const middle = median(seconds[i]);
    const [low, high] = [Math.min(...seconds[i]), Math.max(...seconds[i])];
    const cells = [way.system.padEnd(13), (way.how ?? '').padEnd(26), `${middle.toFixed(3)} s`.padStart(9)];
    const spread = `${low.toFixed(3)} to ${high.toFixed(3)}`.padStart(18);
    console.log(`  ${cells.join(' ')} ${spread} ${(middle / ours).toFixed(2).padStart(7)}`);
    record(question.name, way, 'seconds', middle);
    record(question.name, way, 'seconds_min', low);
    record(question.name, way, 'seconds_max', high);
  }
}

function printMemory(question) {
  const [kept, groups] = serial.ask(question.rows).split(',').map(Number);
  const [ours, base] = [question.ours, question.base].map((query) => Number(serial.ask(query).split(',')[0]));
  const name = `memory of window_funnel(): ${question.name}`;
  const [perGroup, perRow] = [(ours - base) / groups, (ours - base) / kept];
  console.log(
    `${name}\n  ${kept} rows kept, ${groups} groups with one: ${perGroup.toFixed(0)} bytes a group, ` +
      `${perRow.toFixed(1)} bytes a row kept, beyond what count(*) takes`,
  );
  record(name, { system: 'productgraph' }, 'bytes_per_group', perGroup);
  record(name, { system: 'productgraph' }, 'bytes_per_row_kept', perRow);
}

console.log(
  `${rows} rows; PostgreSQL ${parallel.ask('SHOW server_version')}, DuckDB ${engines.duckdb.version}, ` +
    `ClickHouse ${engines.clickhouse.version}; medians of ${rounds} rounds, spread, and times our first`,
);
for (const question of questions.filter((each) => each.name.includes(only))) print(question, await ask(question));
if (only === '') memoryQuestions.forEach(printMemory);
writeFileSync(resultsFile, `${JSON.stringify(results, null, 1)}\n`);
