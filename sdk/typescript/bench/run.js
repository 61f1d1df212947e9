// node bench/run.js: what the client costs. Prints a table, and with --json writes its cases to a file. Run it with test/sdk/with-store
// for the cases that need a sidecar:
//   test/sdk/with-store node --expose-gc sdk/typescript/bench/run.js

import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Client } from '../dist/core/client.js';
import { createClient } from '../dist/node/index.js';
import { bundle } from '../test/browser/bundle.js';
import { launch } from '../test/browser/browser.js';
import { startCollector, startSite } from '../test/browser/site.js';

const cases = [];
const add = (name, metric, value, n) => cases.push({ case: name, system: 'productgraph', metric, value, n });

/** An event as pages and services send them: some 450 bytes on the wire. */
const event = (i) => ({
  'event.name': 'add_to_cart',
  'session.id': '0197c0de-1111-7abc-8def-000000000001',
  'user.id': `user-${i % 1000}`,
  'page.path': '/products/espresso-machine',
  'page.url': 'https://shop.example/products/espresso-machine?utm_source=mail',
  'ui.component.path': 'Shop>Product>div>button#add',
  'ui.element.text': 'Add to cart',
  metadata: { product: `sku-${i % 5000}`, price: 1299, currency: 'EUR', tags: ['coffee', 'steel'] },
});

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** Seconds of single calls of track(), while everything is kept in the queue. */
function callTimes(client, count) {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const fields = event(i);
    const started = performance.now();
    client.track('ui.click', fields);
    times[i] = (performance.now() - started) / 1000;
  }
  return times.sort();
}

const silent = { transport: () => new Promise(() => {}) };
const settings = {
  projectId: 'proj_demo',
  endpoint: 'http://127.0.0.1:9',
  maxQueue: 1e9,
  batchSize: 1e9,
  batchIntervalMs: 1e9,
};

/** Seconds this process has computed: unlike the clock, other processes do not slow it. */
function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function benchTrack() {
  callTimes(new Client(settings, silent), 20_000); // warm
  const n = 100_000;
  const client = new Client(settings, silent);
  const events = Array.from({ length: n }, (_, i) => event(i));
  const before = cpuSeconds();
  for (const fields of events) client.track('ui.click', fields);
  add('track, Node.js: CPU time', 'seconds', (cpuSeconds() - before) / n, n);
  const times = callTimes(new Client(settings, silent), n);
  add('track, Node.js: median', 'seconds', quantile(times, 0.5), n);
  add('track, Node.js: 99.9 %', 'seconds', quantile(times, 0.999), n);
  add('track, Node.js: worst', 'seconds', times[n - 1], n);
}

function benchMemory() {
  if (!globalThis.gc) return console.error('memory is measured with node --expose-gc only');
  const n = 100_000;
  const client = new Client(settings, silent);
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < n; i++) client.track('ui.click', event(i));
  gc();
  add('memory of a queued event', 'bytes', (process.memoryUsage().heapUsed - before) / n, client.statistics.queued);
}

async function benchStore() {
  const endpoint = process.env.PRODUCTGRAPH_URL;
  if (!endpoint)
    return console.error('flushing is measured with a sidecar only: test/sdk/with-store node bench/run.js');
  const apiKey = process.env.PRODUCTGRAPH_API_KEY;
  const options = { projectId: 'proj_demo', endpoint, apiKey, onError: (problem) => console.error(problem) };
  const client = createClient({ ...options, batchIntervalMs: 1e9, batchSize: 1000 });
  const times = [];
  for (let round = 0; round < 220; round++) {
    for (let i = 0; i < 50; i++) client.track('ui.click', event(i));
    const started = performance.now();
    await client.flush();
    if (round >= 20) times.push((performance.now() - started) / 1000);
  }
  times.sort((one, other) => one - other);
  add('flush of 50 events, until committed: median', 'seconds', quantile(times, 0.5), times.length);
  add('flush of 50 events, until committed: 99 %', 'seconds', quantile(times, 0.99), times.length);
  await client.close();

  const n = 100_000;
  const steady = createClient({ ...options, batchSize: 500, maxQueue: 5000 });
  const before = cpuSeconds();
  const started = performance.now();
  for (let i = 0; i < n;) {
    for (const end = i + 500; i < end; i++) steady.track('ui.click', event(i));
    while (steady.statistics.queued > 2000) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await steady.flush(60_000);
  add(
    'one client, batches of 500, until committed',
    'events_per_second',
    n / ((performance.now() - started) / 1000),
    steady.statistics.sent,
  );
  add('the same: CPU time of an event, with gzip and HTTP', 'seconds', (cpuSeconds() - before) / n, n);
  await steady.close();
}

async function benchBrowser() {
  const collector = await startCollector();
  const script = await bundle(`import { createClient } from './dist/browser/index.js';
    window.pg = createClient({ projectId: 'proj_demo', endpoint: ${JSON.stringify(collector.origin)}, batchSize: 1e9, maxQueue: 1e9, batchIntervalMs: 1e9 });
    window.fieldsOf = ${event};
    window.measure = (n) => { const started = performance.now(); for (let i = 0; i < n; i++) pg.track('ui.click', fieldsOf(i)); return (performance.now() - started) / n; }`);
  const site = await startSite({ 'pg.js': script }, () => '<!doctype html><script src="/pg.js"></script>');
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(site.origin);
    const n = 20_000;
    await page.evaluate(() => window.measure(2000));
    add(
      'track, Chromium: mean, with session and localStorage',
      'seconds',
      (await page.evaluate((count) => window.measure(count), n)) / 1000,
      n,
    );
    await page.evaluate(() => window.pg.setConsent(false));
  } finally {
    await browser.close();
    await site.close();
    await collector.close();
  }
}

async function benchSizes() {
  const entries = {
    'bundle: client': "import { createClient } from './dist/browser/index.js'; window.pg = createClient({});",
    'bundle: client and all captures':
      "import { createClient, captureAll } from './dist/browser/index.js'; window.pg = createClient({ capture: captureAll });",
  };
  for (const [name, code] of Object.entries(entries)) {
    add(`${name}, gzipped`, 'bytes', gzipSync(await bundle(code, 'esm'), { level: 9 }).length, 1);
  }
}

const show = ({ metric, value }) => {
  if (metric === 'seconds') return value < 1e-3 ? `${(value * 1e6).toFixed(1)} µs` : `${(value * 1e3).toFixed(1)} ms`;
  return `${Math.round(value).toLocaleString('en')} ${metric === 'bytes' ? 'bytes' : 'events/s'}`;
};

benchTrack();
benchMemory();
await benchSizes();
await benchBrowser();
await benchStore();
const width = Math.max(...cases.map((one) => one.case.length));
for (const one of cases) console.log(`${one.case.padEnd(width)}  ${show(one)}`);
const at = process.argv.indexOf('--json');
if (at > 0) writeFileSync(process.argv[at + 1], `${JSON.stringify(cases, null, 1)}\n`);
