// node golden_driver.js SCENARIO URL: does the steps of a scenario (test/golden/sdk/README.md) with the real client, and
// prints its statistics.

import { readFileSync } from 'node:fs';
import { Client } from '../dist/core/client.js';

const [path, endpoint] = process.argv.slice(2);
const scenario = JSON.parse(readFileSync(path, 'utf8'));
let clockOffset = 0;

const hooks = {
  remove_metadata: ({ metadata, ...event }) => event,
  refuse: () => null,
  throw: () => {
    throw new Error('as the scenario says');
  },
};

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const options = Object.fromEntries(
  Object.entries(scenario.client ?? {}).map(([name, value]) => [camelCase(name), value]),
);
const client = new Client({
  projectId: 'proj_demo',
  ...options,
  endpoint,
  now: () => Date.now() + clockOffset,
  redact: hooks[options.redact],
  onError: hooks[options.onError],
});

const specials = {
  cyclic: () => {
    const metadata = { kept: 1 };
    metadata.self = metadata;
    return { metadata };
  },
  deep: () => {
    let deep = {};
    for (let level = 0; level < 100; level++) deep = { deep };
    return { metadata: { kept: 1, ...deep } };
  },
  bigint: () => ({ metadata: { kept: 1, id: 9007199254740993n } }),
  nul: () => ({ 'event.name': 'a\0b', metadata: { kept: 1, text: 'a\0b' } }),
  invalid_text: () => ({ metadata: { kept: 1, text: 'a\ud800b' } }),
  huge: () => ({ metadata: { kept: 1, text: 'x'.repeat(200_000) } }),
  function: () => ({ metadata: { kept: 1, value: () => 1 } }),
  undefined: () => ({ metadata: { kept: 1, value: undefined } }),
  nan: () => ({ metadata: { kept: 1, value: NaN }, duration_ms: Infinity }),
  throwing: () => ({
    metadata: {
      kept: 1,
      get value() {
        throw new Error('as the scenario says');
      },
    },
  }),
};

function track(event, times = 1) {
  const { 'event.type': type, ...fields } = event;
  for (let n = 1; n <= times; n++) {
    const name = fields['event.name']?.replace('{n}', String(n));
    client.track(type, { ...fields, ...(name && { 'event.name': name }) });
  }
}

async function perform(step) {
  if (step.track) track(step.track, step.times);
  else if (step.special)
    client.track('custom', { 'event.name': step.special, 'session.id': 's-1', ...specials[step.special]() });
  else if (step.flush) await client.flush(step.flush.timeout_ms);
  else if (step.sleep_ms) await new Promise((resolve) => setTimeout(resolve, step.sleep_ms));
  else if ('consent' in step) client.setConsent(step.consent);
  else if (step.identify) client.identify(step.identify);
  else if (step.clock_jump_ms) clockOffset += step.clock_jump_ms;
  else if (step.close) await client.close();
  else throw new Error(`unknown step: ${JSON.stringify(step)}`);
}

for (const step of scenario.do) await perform(step);
console.log(JSON.stringify(client.statistics));
