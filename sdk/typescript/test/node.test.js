// The Node.js entry: contexts, middleware, settings from the environment.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import {
  clientFromEnvironment,
  correlatedFetch,
  createClient,
  currentContext,
  requestTracking,
  withContext,
} from '../dist/node/index.js';
import { eventually, startCollector } from './browser/site.js';

let collector, client, server, origin, behind, behindOrigin;
const headersBehind = [];

before(async () => {
  collector = await startCollector();
  client = createClient({
    projectId: 'proj_demo',
    endpoint: collector.origin,
    apiKey: 'pgk_node',
    batchIntervalMs: 20,
  });
  behind = createServer((request, response) => (headersBehind.push(request.headers), response.end('{}')));
  behindOrigin = await listen(behind);
  const track = requestTracking(client);
  server = createServer((request, response) =>
    track(request, response, async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      await correlatedFetch(`${behindOrigin}/stock`);
      client.capture('handled', { path: request.url });
      if (request.url === '/gone') return;
      response.statusCode = request.url.startsWith('/missing') ? 404 : 200;
      response.end('fine');
    }),
  );
  origin = await listen(server);
});
after(async () => {
  await client?.close();
  for (const one of [server, behind]) one?.close();
  await collector?.close();
});

const listen = (one) =>
  new Promise((resolve) => one.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${one.address().port}`)));
const of = (session) => collector.events.filter((event) => event['session.id'] === session);

test('node: a request is tracked in its session, with the request id that is answered', async () => {
  const response = await fetch(`${origin}/missing?q=1`, {
    headers: { 'X-Session-ID': 's-1', 'X-Request-ID': 'r-1', 'X-User-ID': 'u-1' },
  });
  assert.equal(response.headers.get('X-Request-ID'), 'r-1');
  const events = await eventually(() => of('s-1').length === 2 && of('s-1'), 'two events');
  const answer = events.find((event) => event['event.type'] === 'api.response');
  assert.equal(answer['api.method'], 'GET');
  assert.equal(answer['api.path'], '/missing');
  assert.equal(answer['api.status_code'], 404);
  assert.ok(answer['api.duration_ms'] > 0);
  for (const event of events) assert.deepEqual([event['request.id'], event['user.id']], ['r-1', 'u-1']);
  const [headers] = headersBehind;
  assert.deepEqual(
    ['x-session-id', 'x-request-id', 'x-user-id'].map((name) => headers[name]),
    ['s-1', 'r-1', 'u-1'],
  );
  assert.equal(collector.requests[0].headers['x-pg-api-key'], 'pgk_node');
});

test('node: a hundred requests at once do not mix their contexts', async () => {
  const sessions = Array.from({ length: 100 }, (_, i) => `many-${i}`);
  const ids = await Promise.all(
    sessions.map(async (session) =>
      (await fetch(`${origin}/${session}`, { headers: { 'X-Session-ID': session } })).headers.get('X-Request-ID'),
    ),
  );
  assert.equal(new Set(ids).size, 100);
  await eventually(() => sessions.every((session) => of(session).length === 2), 'two events of each');
  sessions.forEach((session, i) => {
    for (const event of of(session)) {
      assert.equal(event['request.id'], ids[i]);
      assert.equal(event['api.path'] ?? event.metadata.path, `/${session}`);
    }
  });
});

test('node: a caller that has gone is status 499', async () => {
  const abort = new AbortController();
  const call = fetch(`${origin}/gone`, { headers: { 'X-Session-ID': 's-gone' }, signal: abort.signal }).catch(() => {});
  await eventually(() => of('s-gone').length === 1, 'the handler’s event');
  abort.abort();
  await call;
  const [, answer] = await eventually(() => of('s-gone').length === 2 && of('s-gone'), 'the answer’s event');
  assert.equal(answer['api.status_code'], 499);
});

test('node: requests of no session, and ids that nobody could store', async () => {
  const response = await fetch(`${origin}/probe`, {
    headers: { 'X-Request-ID': 'x'.repeat(200), 'X-Session-ID': 'two words' },
  });
  assert.match(response.headers.get('X-Request-ID'), /^[0-9a-f-]{36}$/);
  await client.flush();
  assert.ok(!collector.events.some((event) => event['api.path'] === '/probe'));
});

test('node: outside of requests the context is empty, and contexts nest', () => {
  assert.deepEqual(currentContext(), {});
  withContext({ sessionId: 'a' }, () => {
    withContext({ sessionId: 'b' }, () => assert.equal(currentContext().sessionId, 'b'));
    assert.equal(currentContext().sessionId, 'a');
  });
});

/** Runs code in a process of its own that imports the entry as `pg`. Resolves with its exit status. */
function run(code) {
  const entry = new URL('../dist/node/index.js', import.meta.url);
  const script = `import * as pg from ${JSON.stringify(entry)};\n${code}`;
  return new Promise((resolve) =>
    execFile(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 }, (error) =>
      resolve(error?.code ?? error?.signal ?? 0),
    ),
  );
}

test('node: settings come from the environment', () => {
  const names = ['ENABLED', 'PROJECT_ID', 'ENDPOINT', 'API_KEY', 'BATCH_SIZE', 'BATCH_INTERVAL'];
  const options = (...values) => {
    names.forEach((name, i) =>
      values[i] === undefined
        ? delete process.env[`PRODUCTGRAPH_${name}`]
        : (process.env[`PRODUCTGRAPH_${name}`] = values[i]),
    );
    const made = clientFromEnvironment();
    void made.close();
    const { enabled, projectId, endpoint, apiKey, batchSize, batchIntervalMs } = made.options;
    return [enabled, projectId, endpoint, apiKey, batchSize, batchIntervalMs];
  };
  assert.deepEqual(options(), [false, '', '', undefined, undefined, undefined]);
  assert.deepEqual(options('true', 'p', 'http://x', 'k', '20', '2'), [true, 'p', 'http://x', 'k', 20, 2000]);
  assert.deepEqual(options('1', 'p', 'http://x', '', '-1', '500ms').slice(3), [undefined, undefined, 500]);
  assert.equal(options('true', 'p', 'http://x', '', 'many', 'soon')[5], undefined);
  names.forEach((name) => delete process.env[`PRODUCTGRAPH_${name}`]);
});

test('node: a process that ends by itself sends first, and one that cannot send still ends', async () => {
  const code = (endpoint) => `const client = pg.createClient({ projectId: 'proj_demo', endpoint: '${endpoint}' });
    client.track('custom', { 'session.id': 's-exit', 'event.name': 'last words' });`;
  assert.equal(await run(code(collector.origin)), 0);
  assert.equal(of('s-exit').length, 1);
  assert.equal(await run(code('http://127.0.0.1:9')), 0);
});
