// The parts of the client that need no collector.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../dist/core/client.js';
import { eventIds } from '../dist/core/event_id.js';
import { plainEvent } from '../dist/core/plain_event.js';
import { isSecretName, redactText } from '../dist/core/redaction.js';
import { keepsSession } from '../dist/core/sampling.js';

const event = (fields) =>
  plainEvent({ event_id: 'e', project_id: 'p', 'event.type': 'custom', 'event.timestamp': 't', ...fields });

test('core: 100,000 event ids are different, ordered, and of version 7', () => {
  let clock = 1_700_000_000_000;
  const next = eventIds(() => (clock += Math.random() < 0.5 ? -1 : 1));
  let last = '';
  for (let i = 0; i < 100_000; i++) {
    const id = next();
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(id > last, `${id} after ${last}`);
    last = id;
  }
});

test('core: the time of an event id is the clock’s', () => {
  const id = eventIds(() => 0x018bcfe56800)();
  assert.equal(id.replaceAll('-', '').slice(0, 12), '018bcfe56800');
});

test('core: sampling keeps the share asked for, and more of the same when it grows', () => {
  const sessions = Array.from({ length: 20_000 }, (_, i) => `session-${i}`);
  for (const rate of [0.01, 0.1, 0.5, 0.9]) {
    const kept = sessions.filter((id) => keepsSession(id, rate));
    assert.ok(Math.abs(kept.length / sessions.length - rate) < 0.02, `${kept.length} at ${rate}`);
    assert.ok(kept.every((id) => keepsSession(id, Math.min(1, rate + 0.05))));
  }
});

const texts = [
  ['nothing here', 'nothing here'],
  ['card 4111111111111111.', 'card [card].'],
  ['4111 1111 1111 1111', '[card]'],
  ['5500-0000-0000-0004!', '[card]!'],
  ['378282246310005', '[card]'],
  ['x4111111111111111', 'x4111111111111111'],
  ['4111111111111111a', '4111111111111111a'],
  ['4111111111111111.5', '4111111111111111.5'],
  ['4111111111111112', '4111111111111112'],
  ['1705312200123', '1705312200123'],
  ['/reset?password=a&b=c', '/reset?password=[token]&b=c'],
  ['?user[password]=a', '?user[password]=[token]'],
  ['?tokens_left=', '?tokens_left='],
  ['{"password":"two words","a":"b"}', '{"password":"[token]","a":"b"}'],
  ['{"password" : "with \\" quote"}', '{"password" : "[token]"}'],
  ['Bearer abc.def-ghi', '[token]'],
  ['sk_live_0123456789abcdefXYZ', '[token]'],
  ['AKIAIOSFODNN7EXAMPLE', '[token]'],
  ['passed=yes author=me', 'passed=yes author=me'],
];
for (const [text, expected] of texts)
  test(`core: redaction of ${JSON.stringify(text)}`, () => assert.equal(redactText(text), expected));

test('core: names of secrets, and names that only look alike', () => {
  for (const name of [
    'password',
    'Old_Password',
    'x-api-key',
    'accessToken',
    'SSN',
    'cvv',
    'set-cookie',
    'private key',
  ]) {
    assert.ok(isSecretName(name), name);
  }
  for (const name of ['pass', 'shipping', 'spin', 'key', 'author', 'cvvs', 'class', 'cook'])
    assert.ok(!isSecretName(name), name);
});

test('core: redaction takes time in proportion to the text', () => {
  const hostile = [
    '4 '.repeat(40_000),
    '4111 '.repeat(20_000),
    'a'.repeat(80_000),
    'eyJ'.repeat(27_000),
    'token'.repeat(16_000),
    '"password":"'.repeat(7_000),
    '\\'.repeat(80_000),
    'a='.repeat(40_000),
    'Bearer '.repeat(11_000),
    'eyJaaaaaaaa.'.repeat(7_000),
  ];
  for (const text of hostile) {
    const started = performance.now();
    redactText(text);
    const took = performance.now() - started;
    assert.ok(took < 200, `${text.slice(0, 12)}…: ${took.toFixed(0)} ms`);
  }
});

test('core: events are copied, so that what changes later is not sent', () => {
  const metadata = { list: [1], at: new Date(0), map: new Map([['a', 1]]) };
  const copy = event({ metadata });
  metadata.list.push(2);
  assert.deepEqual(copy.metadata, { list: [1], at: '1970-01-01T00:00:00.000Z', map: {} });
});

test('core: whatever is tracked, track() does not throw and what is queued is JSON', async () => {
  const bodies = [];
  const transport = async (body) => (bodies.push(body), { status: 202, rejections: [] });
  const client = new Client({ projectId: 'p', endpoint: 'http://x' }, { transport });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const odd = [
    null,
    undefined,
    0,
    NaN,
    '',
    'text',
    1n,
    Symbol('s'),
    () => 1,
    [],
    {},
    [[]],
    new Date(NaN),
    revoked.proxy,
    new Error('e'),
    Object.create(null),
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    ),
    {
      toJSON: () => {
        throw new Error('no');
      },
    },
    {
      get a() {
        throw new Error('no');
      },
    },
    new WeakMap(),
    Buffer.from('a'),
    new Uint8Array(3),
    new (class A {
      b = this;
    })(),
  ];
  for (const value of odd) {
    client.track(value, value);
    client.track('custom', { metadata: value, 'event.name': value, duration_ms: value, mine: value });
    client.capture(value, value);
    client.identify(value);
    client.identify({});
  }
  await client.flush();
  const { tracked, sent, dropped, queued } = client.statistics;
  assert.equal(tracked, 3 * odd.length);
  assert.equal(queued, 0);
  assert.equal(sent + dropped, tracked);
  assert.ok(sent >= 2 * odd.length);
  assert.equal(bodies.flatMap((body) => JSON.parse(body).events).length, sent);
  await client.close();
});

test('core: odd settings do not throw', async () => {
  for (const options of [{}, { endpoint: null }, { endpoint: 'nonsense' }, { endpoint: 'http://[', projectId: 7 }]) {
    const client = new Client({ retryBaseMs: 1, closeTimeoutMs: 50, ...options });
    client.track('custom');
    await client.close();
    assert.equal(client.statistics.queued, 0);
  }
});

test('core: an outage of an hour loses nothing within the bounds of the queue', async (context) => {
  let passed = 0;
  const timers = new Map();
  context.mock.method(performance, 'now', () => passed);
  context.mock.method(globalThis, 'setTimeout', (run, ms) => {
    const timer = {};
    timers.set(timer, { run, at: passed + ms });
    return timer;
  });
  context.mock.method(globalThis, 'clearTimeout', (timer) => timers.delete(timer));
  const pass = (ms) => {
    passed += ms;
    for (const [timer, { run, at }] of [...timers]) if (at <= passed && timers.delete(timer)) run();
  };
  let isDown = true;
  let attempts = 0;
  const stored = [];
  const transport = async (body) => {
    attempts++;
    if (isDown) return { status: 0, rejections: [] };
    stored.push(...JSON.parse(body).events.map((one) => one['event.name']));
    return { status: 202, rejections: [] };
  };
  const client = new Client({ projectId: 'p', endpoint: 'http://x' }, { transport });
  for (let second = 0; second < 3700; second++) {
    if (second % 4 === 0) client.capture(`event ${second / 4}`);
    if (second === 3600) isDown = false;
    pass(1000);
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
  assert.deepEqual(
    stored,
    Array.from({ length: stored.length }, (_, i) => `event ${i}`),
  );
  assert.ok(stored.length >= 910, `${stored.length} stored`);
  assert.ok(attempts > 100 && attempts < 300, `${attempts} attempts`);
  assert.equal(client.statistics.dropped, 0);
});

test('core: a queue that is full stays as it is in memory, and says what it lost', async () => {
  const problems = [];
  const transport = () => new Promise(() => {});
  const client = new Client(
    { projectId: 'p', endpoint: 'http://x', maxQueue: 100, onError: (problem) => problems.push(problem) },
    { transport },
  );
  for (let i = 0; i < 10_000; i++) client.capture('event', { i });
  const { queued, dropped } = client.statistics;
  assert.equal(queued, 150); // a batch is under way
  assert.equal(dropped, 10_000 - 150);
  assert.equal(
    problems.reduce((sum, problem) => sum + problem.events, 0),
    dropped,
  );
});
