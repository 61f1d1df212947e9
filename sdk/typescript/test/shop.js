// node test/shop.js SERVICE INVENTORY (test/sdk/shop): a visitor of the example shop, followed by SQL through all services.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './browser/browser.js';
import { eventually } from './browser/site.js';

const [service, inventory] = process.argv.slice(-2);
const query = (sql) => execFileSync('psql', ['-XAtqc', sql], { encoding: 'utf8' }).trim();
const programs = [];
let browser, address;

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

async function start(port, environment, program, ...args) {
  const env = {
    ...process.env,
    PORT: String(port),
    PRODUCTGRAPH_ENDPOINT: process.env.PRODUCTGRAPH_URL,
    ...environment,
  };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  programs.push(child);
  child.stdout.resume();
  await eventually(() => listens(port), program);
  return `http://127.0.0.1:${port}`;
}

before(async () => {
  const stock = await start(await freePort(), {}, inventory);
  const api = await start(await freePort(), { INVENTORY_URL: stock }, service);
  address = await start(
    await freePort(),
    { API_URL: api },
    process.execPath,
    fileURLToPath(new URL('../example/serve.js', import.meta.url)),
  );
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await Promise.all(programs.map((child) => new Promise((resolve) => (child.once('close', resolve), child.kill()))));
});

test('shop: one click is followed through page, service and inventory by SQL', async () => {
  const page = await browser.newPage();
  await page.goto(address);
  await page.click('[data-pg-name=to-cart]');
  await page.waitForFunction(() => document.getElementById('total')?.textContent === '€ 32.90');
  await page.click('[data-pg-name=to-checkout]');
  await page.fill('[name=name]', 'Ann Smith');
  await page.click('[data-pg-name=pay]');
  await page.waitForSelector('#done');
  const session = await page.evaluate(() => window.pg.sessionId);
  await page.goto('about:blank');

  const answers = `SELECT api_path FROM productgraph.events AS seen WHERE session_id = '${session}' AND event_type = 'api.response'
    AND attributes->>'request.id' = (SELECT attributes->>'request.id' FROM productgraph.events
      WHERE session_id = '${session}' AND api_path = '/api/checkout' AND page_path IS NOT NULL) ORDER BY api_duration_ms DESC`;
  await eventually(() => query(answers).split('\n').length === 3, 'the answers of page, service and inventory', 20);
  assert.deepEqual(query(answers).split('\n'), ['/api/checkout', '/api/checkout', '/inventory/reserve']);
  const steps = `SELECT string_agg(DISTINCT journey_step_id, ' ' ORDER BY journey_step_id) FROM productgraph.events WHERE session_id = '${session}' AND journey_id = 'checkout_flow'`;
  assert.equal(query(steps), 'payment payment_confirmed reserve_stock');
});
