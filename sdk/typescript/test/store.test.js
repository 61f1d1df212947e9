// Against the real sidecar and PostgreSQL (test/sdk/with-store): what was answered 202 is there, once.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from '../dist/node/index.js';
import { bundle } from './browser/bundle.js';
import { launch } from './browser/browser.js';
import { eventually, startSite } from './browser/site.js';

const endpoint = process.env.PRODUCTGRAPH_URL;
const apiKey = process.env.PRODUCTGRAPH_API_KEY;
const run = `${process.pid}-${Date.now()}`; // sessions of other runs are in the same store
const kKills = 6;

const query = (sql) => execFileSync('psql', ['-XAtqc', sql], { encoding: 'utf8' }).trim();
const count = (session) => Number(query(`SELECT count(*) FROM productgraph.events WHERE session_id LIKE '${session}'`));
const sidecar = (action) => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  execFileSync(`${root}/dev/sidecar`, [action], {
    stdio: 'ignore',
    env: { ...process.env, PRODUCTGRAPH_RUN_DIR: `${root}.run/sdk`, PRODUCTGRAPH_PORT: new URL(endpoint).port },
  });
};

before(() => assert.ok(endpoint && apiKey, 'run me with test/sdk/with-store'));

test('store: what flush() has waited for is there, with its fields', async () => {
  const session = `flush-${run}`;
  const client = createClient({ projectId: 'proj_demo', endpoint, apiKey });
  for (let i = 0; i < 200; i++)
    client.track('custom', { 'session.id': session, 'event.name': 'naïve 🛒', 'event.sequence': i, metadata: { i } });
  client.track('api.response', {
    'session.id': session,
    'api.status_code': 201,
    'api.duration_ms': 1.25,
    'request.id': 'r-1',
  });
  await client.flush();
  assert.deepEqual(client.statistics, {
    tracked: 201,
    sent: 201,
    rejected: 0,
    dropped: 0,
    discarded: 0,
    queued: 0,
    reports: 0,
  });
  assert.equal(count(session), 201);
  assert.equal(
    query(
      `SELECT DISTINCT event_name FROM productgraph.events WHERE session_id = '${session}' AND event_type = 'custom'`,
    ),
    'naïve 🛒',
  );
  const answer = query(
    `SELECT api_status_code, api_duration_ms, attributes->>'request.id' FROM productgraph.events WHERE session_id = '${session}' AND event_type = 'api.response'`,
  );
  assert.equal(answer, '201|1.25|r-1');
  await client.close();
});

test('store: an event it refuses is reported, and costs nobody else', async () => {
  const problems = [];
  const client = createClient({
    projectId: 'proj_demo',
    endpoint,
    apiKey,
    onError: (problem) => problems.push(problem),
  });
  client.track('page.veiw', { 'session.id': `refused-${run}` });
  client.track('custom', { 'session.id': `refused-${run}` });
  client.track('custom', {});
  await client.close();
  assert.equal(count(`refused-${run}`), 1);
  assert.equal(client.statistics.rejected, 2);
  assert.match(problems[0].reason, /did you mean "page.view"/);
});

test('store: while the sidecar is away nothing is lost and nothing doubled', async () => {
  const session = `away-${run}`;
  const client = createClient({
    projectId: 'proj_demo',
    endpoint,
    apiKey,
    batchIntervalMs: 20,
    retryBaseMs: 50,
    retryMaxMs: 200,
  });
  const track = (from, to) => {
    for (let i = from; i < to; i++) client.track('custom', { 'session.id': session });
  };
  track(0, 100);
  sidecar('stop');
  track(100, 300);
  await client.flush(300);
  sidecar('start');
  await client.flush();
  assert.equal(client.statistics.sent, 300);
  assert.equal(count(session), 300);
  await client.close();
});

test(`store: a process killed while it sends: what was answered 202 is there, and nothing twice (${kKills} kills)`, async () => {
  // Writes the ids of each batch as soon as it is answered 202.
  const script = `import { writeSync } from 'node:fs';
    const send = globalThis.fetch;
    globalThis.fetch = async (url, init) => {
      const response = await send(url, init);
      if (response.status === 202) writeSync(1, JSON.parse(init.body).events.map((event) => event.event_id).join('\\n') + '\\n');
      return response;
    };
    const { Client } = await import(${JSON.stringify(new URL('../dist/core/client.js', import.meta.url))});
    const { fetchTransport } = await import(${JSON.stringify(new URL('../dist/core/transport.js', import.meta.url))});
    const endpoint = ${JSON.stringify(endpoint)}, apiKey = ${JSON.stringify(apiKey)};
    const client = new Client({ projectId: 'proj_demo', endpoint, batchSize: 20 }, { transport: fetchTransport({ endpoint, apiKey, now: Date.now }) });
    setInterval(() => { for (let i = 0; i < 40; i++) client.track('custom', { 'session.id': process.argv[1] }); }, 1);`;
  let answered = 0;
  for (let kill = 0; kill < kKills; kill++) {
    const session = `killed-${run}-${kill}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, session], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    await eventually(() => output.length > 0, 'a first answer');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const ids = output.split('\n').slice(0, -1);
    answered += ids.length;
    await eventually(
      () =>
        query(
          "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%ingest%' AND pid <> pg_backend_pid()",
        ) === '0',
      'ingestion at rest',
    );
    const stored = query(`SELECT event_id FROM productgraph.events WHERE session_id = '${session}'`).split('\n');
    assert.equal(new Set(stored).size, stored.length, 'an event is stored twice');
    const missing = ids.filter((id) => !stored.includes(id));
    assert.deepEqual(missing, [], 'answered 202, and not there');
  }
  assert.ok(answered > 100, `${answered} answered`);
});

test('store: a page in a browser, up to the beacon at its end', async () => {
  const script = await bundle(`import { createClient, captureAll } from './dist/browser/index.js';
    window.pg = createClient({ projectId: 'proj_demo', ...window.settings, batchIntervalMs: 60000, capture: captureAll });
    document.documentElement.dataset.session = pg.sessionId;`);
  const html = () =>
    `<!doctype html><title>Shop</title><script>settings = ${JSON.stringify({ endpoint, apiKey })}</script><script src="/pg.js"></script><button id="buy">Buy</button>`;
  const site = await startSite({ 'pg.js': script }, html);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/shop`);
    await page.click('#buy');
    await page.evaluate(() => window.pg.flush()); // cross-origin, with a preflight
    const session = await page.evaluate(() => window.pg.sessionId);
    assert.equal(count(session), 2);
    await page.evaluate(() => window.pg.capture('at the end'));
    await page.goto('about:blank');
    await eventually(() => count(session) >= 4, 'the events of the beacon');
    const timeline = query(
      `SELECT string_agg(DISTINCT event_type, ' ' ORDER BY event_type) FROM productgraph.events WHERE session_id = '${session}'`,
    );
    assert.equal(timeline, 'custom page.leave page.view performance ui.click');
  } finally {
    await browser.close();
    await site.close();
  }
});
