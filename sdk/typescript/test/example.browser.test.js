// The example shop: one click in the page is followed through its back end by session and request id.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './browser/browser.js';
import { eventually, startCollector } from './browser/site.js';

let collector, inventory, shop, browser, page;
let output = '';
const reserved = [];

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

before(async () => {
  collector = await startCollector();
  inventory = createServer((request, response) => (reserved.push(request.headers), response.end('{"reserved":true}')));
  await new Promise((resolve) => inventory.listen(0, '127.0.0.1', resolve));
  shop = spawn(process.execPath, [fileURLToPath(new URL('../example/serve.js', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: '0',
      API_URL: `http://127.0.0.1:${await freePort()}`,
      INVENTORY_URL: `http://127.0.0.1:${inventory.address().port}`,
      PRODUCTGRAPH_ENDPOINT: collector.origin,
    },
  });
  shop.stdout.on('data', (data) => (output += data));
  const [, address] = await eventually(() => /open on (\S+)[^]*back end is/.exec(output), 'the shop');
  browser = await launch();
  page = await browser.newPage();
  await page.goto(address);
});
after(async () => {
  shop?.kill();
  await browser?.close();
  inventory?.close();
  inventory?.closeAllConnections?.();
  await collector?.close();
});

test('example: somebody buys', async () => {
  await page.click('[data-pg-name=to-cart]');
  await page.waitForFunction(() => document.getElementById('total')?.textContent === '€ 32.90');
  await page.click('[data-pg-name=to-checkout]');
  await page.fill('[name=name]', 'Ann Smith');
  await page.fill('[name=card]', '4111111111111111');
  await page.click('[data-pg-name=pay]');
  await page.waitForSelector('#done');
  await page.goto('about:blank');
  const from = (path, known) =>
    collector.events.filter((event) => event['api.path'] === path && Boolean(event['page.path']) === known);
  await eventually(
    () => from('/api/checkout', true).length && from('/api/checkout', false).length,
    'the payment, as page and back end saw it',
    15,
  );
  const [[seen], [served]] = [from('/api/checkout', true), from('/api/checkout', false)];
  assert.equal(seen['request.id'], served['request.id']);
  assert.equal(seen['session.id'], served['session.id']);
  assert.ok(seen['api.duration_ms'] > 0 && served['api.duration_ms'] > 0);
  assert.deepEqual(
    [reserved[0]['x-session-id'], reserved[0]['x-request-id']],
    [seen['session.id'], seen['request.id']],
  );
  const step = collector.events.find((event) => event['gen_ai.journey.step.id'] === 'payment_confirmed');
  assert.equal(step['request.id'], seen['request.id']);
  assert.equal(new Set(collector.events.map((event) => event['session.id'])).size, 1);
});

test('example: what the page told of it, and what it kept to itself', () => {
  const types = new Set(collector.events.map((event) => event['event.type']));
  for (const type of [
    'page.view',
    'page.leave',
    'ui.click',
    'ui.submit',
    'ui.focus',
    'state.change',
    'api.response',
    'journey.step',
    'journey.conversion',
    'performance',
  ]) {
    assert.ok(types.has(type), type);
  }
  const wire = JSON.stringify(collector.requests);
  for (const text of ['Ann Smith', '4111111111111111']) assert.ok(!wire.includes(text), text);
});
