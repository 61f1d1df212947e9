// The package: what a page downloads, what bundlers leave out, what npm would publish, and its types.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundle } from './browser/bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const kBudget = 10_000; // bytes, gzipped

const size = async (code) => gzipSync(await bundle(code, 'esm'), { level: 9 }).length;
const everything =
  "import { createClient, captureAll } from './dist/browser/index.js'; window.pg = createClient({ capture: captureAll });";

test('package: the browser client with everything it can capture is below 10 KB', async (context) => {
  const bytes = await size(everything);
  context.diagnostic(`${bytes} bytes`);
  assert.ok(bytes <= kBudget, `${bytes} bytes`);
});

test('package: captures that are not named are not bundled', async (context) => {
  const bytes = await size("import { createClient } from './dist/browser/index.js'; window.pg = createClient({});");
  context.diagnostic(`${bytes} bytes`);
  assert.ok(bytes < (await size(everything)) - 1000, `${bytes} bytes`);
});

test('package: an import that is not used costs nothing', async () => {
  assert.equal((await bundle("import { createClient } from './dist/browser/index.js';", 'esm')).trim(), '');
});

test('package: there is nothing to install with it', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal(dependencies, undefined);
});

test('package: types allow what works and refuse what does not', () => {
  const { status, stdout } = spawnSync('npx', ['tsc', '-p', 'test/types'], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('package: sources are formatted', () => {
  const { status, stdout, stderr } = spawnSync('npx', ['prettier', '--check', '.'], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

test('package: installed from what npm would publish, all entries can be imported, also where there is no page', () => {
  const place = mkdtempSync(join(tmpdir(), 'productgraph-'));
  try {
    const [{ filename, files }] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--pack-destination', place], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    assert.ok(
      files.every(({ path }) => /^(dist\/|README\.md$|package\.json$)/.test(path)),
      JSON.stringify(files),
    );
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    execFileSync('npm', ['install', '--offline', '--omit=peer', '--no-audit', '--no-fund', filename], {
      cwd: place,
      stdio: 'ignore',
    });
    writeFileSync(
      join(place, 'main.js'),
      `import { createClient, captureAll } from 'productgraph';
      import { createClient as forServices } from 'productgraph/node';
      const options = { projectId: 'p', endpoint: 'http://127.0.0.1:9', closeTimeoutMs: 10 };
      const page = createClient({ ...options, capture: captureAll }); // rendered by a server: it must not throw
      page.track('page.view');
      page.graph.enterNode('a');
      page.journey('j').step('s');
      await Promise.all([page.close(), forServices(options).close()]);
      console.log('fine');`,
    );
    assert.match(execFileSync(process.execPath, ['main.js'], { cwd: place, encoding: 'utf8' }), /^fine/);
  } finally {
    rmSync(place, { recursive: true });
  }
});
