// node compare.mjs EVENTS HALF_HOUR DIRECTORY RESULTS: packs the store's events, makes those of that half hour, brings all
// to the rivals, asks every question in every way; prints medians and writes them to RESULTS. EVENTS is of how many the
// half hour is a part. Rivals keep their files in DIRECTORY.
//   ROUNDS, COLD, RIVALS, ONLY: see run
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { clickhouse } from '../rivals/clickhouse.mjs';
import { duckdb } from '../rivals/duckdb.mjs';
import { postgres } from '../rivals/postgres.mjs';
import { Turns } from '../rivals/turns.mjs';
import { load } from './load.mjs';
import { pack, storage } from './packing.mjs';
import { questions } from './questions.mjs';

const [made, halfHour, directory, resultsFile] = process.argv.slice(2);
const rounds = Number(process.env.ROUNDS ?? 5);
const only = process.env.ONLY ?? '';
const isCold = process.env.COLD !== '0';
const rivals = (process.env.RIVALS ?? '').split(/\s+/);
const isAsked = (system) => system === 'productgraph' || rivals.includes(system.replace(' SQL', ''));
const canDropCaches = process.getuid() === 0;

function dropCaches() {
  if (!canDropCaches) return;
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

function restart(whileStopped) {
  execFileSync('dev/cluster', ['stop']);
  whileStopped();
  execFileSync('dev/cluster', ['start']);
}

const owner = await postgres();
const packed = await pack(owner);
await owner.ask(`CALL make_events(${made}, ${halfHour}, ${halfHour} + 1)`);
const events = Number(await owner.ask('SELECT count(*) FROM productgraph.events'));
const engines = {
  ...(isAsked('duckdb') && { duckdb: await duckdb(`${directory}/duckdb`) }),
  ...(isAsked('clickhouse') && { clickhouse: clickhouse(`${directory}/clickhouse`) }),
};
await load(owner, engines, `${await owner.ask('SHOW data_directory')}/events.csv`);
const store = await storage(owner);
const version = await owner.ask('SHOW server_version');
await owner.close();

const analyst = await postgres({
  user: 'bench_analyst',
  settings: ['productgraph.explain = on'],
  prepare: ['SELECT productgraph.set_current_org(bench_org())'],
  restart,
});
const turns = new Turns({
  engineOf: (way) => engines[way.system] ?? analyst,
  rounds,
  events,
  cool: isCold && ((engine) => engine.cool(dropCaches)),
});

function reportBytes(system, what, bytes, of = events) {
  console.log(`  ${system.padEnd(13)} ${what.padEnd(26)} ${(bytes / of).toFixed(1).padStart(7)} bytes an event`);
  turns.record('storage', { system, how: what }, 'bytes_per_event', bytes / of);
}

async function reportStorage() {
  console.log('storage, of the rivals only the columns that are asked for');
  reportBytes('productgraph', 'rows', store.rows);
  reportBytes('productgraph', 'indexes', store.indexes);
  if (packed.segments > 0) {
    reportBytes('productgraph', 'segments', store.content, packed.events);
    reportBytes('productgraph', 'table of segments', store.table, packed.events);
  }
  for (const [system, engine] of Object.entries(engines)) {
    reportBytes(system, 'table', await engine.bytes());
  }
}

function reportPacking() {
  if (packed.segments === 0) {
    console.log('packing: maintain() made no segments');
    return;
  }
  const rate = packed.events / packed.seconds;
  console.log(
    `packing: ${packed.events} events into ${packed.segments} segments in ${packed.seconds.toFixed(1)} s: ` +
      `${rate.toFixed(0)} events a second, ${(1e6 / rate).toFixed(2)} us an event`,
  );
  turns.record('packing', { system: 'productgraph' }, 'events_per_second', rate);
}

const versions = Object.entries(engines).map(([system, engine]) => `${system} ${engine.version}`);
console.log(
  `${events} events, ${events - packed.events} of them not packed; ` +
    `${[`PostgreSQL ${version}`, ...versions].join(', ')}; medians of ${rounds} rounds, spread, times our first` +
    (isCold ? `; cold: after a restart, the system's cache ${canDropCaches ? 'dropped' : 'kept'}` : ''),
);
reportPacking();
await reportStorage();
for (const { name, ways } of questions.filter((each) => each.name.includes(only))) {
  const messages = await turns.run({ name, ways: ways.filter((way) => isAsked(way.system)) });
  // Where the answer came from, if the server tells.
  for (const message of messages.filter((text) => /segments|rows/.test(text))) console.log(`  ${message}`);
}
const absent = ['plain SQL', 'duckdb', 'clickhouse'].filter((system) => !isAsked(system));
if (absent.length > 0) console.log(`not asked: ${absent.join(', ')}`);
writeFileSync(resultsFile, `${JSON.stringify(turns.results, null, 1)}\n`);
await analyst.close();
