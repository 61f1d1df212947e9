// What a page downloads, and that bundlers leave out what is not used.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bundle } from './browser/bundle.js';

const kBudget = 10_000; // bytes, gzipped

const size = async (code) => gzipSync(await bundle(code, 'esm'), { level: 9 }).length;
const everything = "import { createClient, captureAll } from './dist/browser/index.js'; window.pg = createClient({ capture: captureAll });";

test('size: the browser client with everything it can capture is below 10 KB', async (context) => {
  const bytes = await size(everything);
  context.diagnostic(`${bytes} bytes`);
  assert.ok(bytes <= kBudget, `${bytes} bytes`);
});

test('size: captures that are not named are not bundled', async (context) => {
  const bytes = await size("import { createClient } from './dist/browser/index.js'; window.pg = createClient({});");
  context.diagnostic(`${bytes} bytes`);
  assert.ok(bytes < (await size(everything)) - 1000, `${bytes} bytes`);
});

test('size: an import that is not used costs nothing', async () => {
  assert.equal((await bundle("import { createClient } from './dist/browser/index.js';", 'esm')).trim(), '');
});

test('size: there is nothing to install with it', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal(dependencies, undefined);
});
