// Nothing is lost when a page is left, whichever way; sessions live in all tabs and end after a pause.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { bundle } from './browser/bundle.js';
import { launch } from './browser/browser.js';
import { eventually, startCollector, startSite } from './browser/site.js';

const html = (path) =>
  `<!doctype html><title>Page ${path}</title><script src="/pg.js"></script><body><a id="next" href="/next">Next</a>`;

let browser, site, collector, context;

before(async () => {
  // Long intervals: only leaving the page can have sent what arrives.
  const script = await bundle(`import { createClient, capturePages } from './dist/browser/index.js';
    let offset = 0;
    window.passTime = (ms) => (offset += ms);
    window.pg = createClient({ projectId: 'proj_demo', endpoint: window.settings.endpoint, apiKey: 'pgk_page', batchIntervalMs: 60000,
      retryBaseMs: 50, now: () => Date.now() + offset, ...window.settings });`);
  site = await startSite({ 'pg.js': script }, html);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
  await collector?.close();
});
beforeEach(async () => {
  await context?.close();
  await collector?.close();
  collector = await startCollector();
  context = await browser.newContext();
  await context.addInitScript((endpoint) => (window.settings = { endpoint }), collector.origin);
});

async function open(path = '/start') {
  const page = await context.newPage();
  await page.goto(site.origin + path);
  return page;
}
const names = () => collector.events.map((event) => event['event.name']);
const arrived = (name) => eventually(() => names().includes(name), `an event ${name}`);
const capture = (page, ...given) => page.evaluate((all) => all.forEach((name) => window.pg.capture(name)), given);

test('exit: following a link loses nothing, and the beacon is text with the key in its address', async () => {
  const page = await open();
  await capture(page, 'one', 'two');
  await page.click('#next');
  await arrived('two');
  assert.deepEqual(names(), ['one', 'two']);
  const [request] = collector.requests;
  assert.match(request.headers['content-type'], /^text\/plain/);
  assert.equal(request.url, '/v1/events?api_key=pgk_page');
});

test('exit: an event of the very last moment is not lost', async () => {
  const page = await open();
  await page.evaluate(() => {
    addEventListener('pagehide', () => window.pg.capture('in pagehide'), true);
    document.getElementById('next').addEventListener('click', () => window.pg.capture('with the click'));
  });
  await page.click('#next');
  await arrived('with the click');
  await arrived('in pagehide');
});

test('exit: a tab that is closed loses nothing', async () => {
  const page = await open();
  await capture(page, 'before closing');
  await page.close({ runBeforeUnload: true });
  await arrived('before closing');
});

test('exit: a reload loses nothing', async () => {
  const page = await open();
  await capture(page, 'before reload');
  await page.reload();
  await arrived('before reload');
});

test('exit: a request that the navigation cuts is sent again, with the same ids', async () => {
  const page = await open();
  await page.route('**/v1/events', () => {}); // fetch() hangs; beacons to another address do not
  await page.evaluate(() => {
    window.pg.capture('under way');
    void window.pg.flush();
  });
  await page.waitForTimeout(100);
  await page.click('#next');
  await arrived('under way');
});

test('exit: what is more than beacons hold arrives with the next page', async () => {
  const page = await open();
  await page.evaluate(() => {
    for (let i = 0; i < 40; i++) window.pg.capture(`large ${i}`, { text: 'x'.repeat(4000) });
  });
  await page.click('#next');
  await page.waitForURL('**/next');
  await eventually(async () => {
    await page.evaluate(() => window.pg.flush());
    return collector.events.length === 40;
  }, '40 events');
  assert.ok(
    collector.requests.every((request) => request.headers['content-encoding'] === 'gzip' || request.size < 60_000),
  );
  const { tracked, sent } = await page.evaluate(() => window.pg.statistics);
  assert.ok(tracked > 0, 'beacons did not hold everything');
  assert.equal(tracked, sent);
});

test('exit: offline, events wait for the next page that is online', async () => {
  const page = await open();
  await context.setOffline(true);
  await capture(page, 'offline one', 'offline two');
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')));
  assert.match(await page.evaluate(() => localStorage.getItem('pg.proj_demo.parked')), /offline two/);
  await context.setOffline(false);
  await page.reload();
  await page.evaluate(() => window.pg.flush());
  await arrived('offline two');
  assert.equal(await page.evaluate(() => localStorage.getItem('pg.proj_demo.parked')), null);
});

test('exit: while the collector fails, events wait for the next page instead of going with a beacon', async () => {
  const page = await open();
  collector.status = 503;
  await capture(page, 'during the outage');
  await page.evaluate(() => window.pg.flush(300));
  await page.click('#next');
  await page.waitForURL('**/next');
  collector.status = 202;
  await eventually(async () => {
    await page.evaluate(() => window.pg.flush(500));
    return names().includes('during the outage');
  }, 'the event');
});

test('exit: back online, an open page sends at once', async () => {
  const page = await open();
  await context.setOffline(true);
  await capture(page, 'while away');
  await page.evaluate(() => void window.pg.flush(50));
  await page.waitForTimeout(500);
  assert.equal(collector.requests.length, 0);
  await context.setOffline(false);
  await page.evaluate(() => window.pg.flush());
  await arrived('while away');
});

test('exit: a page that comes back from the browser’s cache goes on', async () => {
  const page = await open();
  await capture(page, 'before');
  await page.evaluate(() => {
    window.isTheSame = true;
    addEventListener('pageshow', (event) => (window.wasCached = event.persisted));
  });
  await page.click('#next');
  await page.waitForURL('**/next');
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => window.wasCached !== undefined || !window.isTheSame);
  assert.ok(await page.evaluate(() => window.isTheSame && window.wasCached), 'the browser did cache the page');
  await capture(page, 'after');
  await page.evaluate(() => window.pg.flush());
  await arrived('after');
  assert.equal(names().filter((name) => name === 'before').length, 1);
});

test('exit: a session survives reloads and is shared by tabs, with one sequence', async () => {
  const first = await open();
  const second = await open('/second');
  await capture(first, 'a');
  await capture(second, 'b');
  await first.reload();
  await capture(first, 'c');
  for (const page of [first, second]) await page.evaluate(() => window.pg.flush());
  await arrived('c');
  await arrived('b');
  const events = collector.events.sort((one, other) => one['event.sequence'] - other['event.sequence']);
  assert.equal(new Set(events.map((event) => event['session.id'])).size, 1);
  assert.deepEqual(
    events.map((event) => [event['event.name'], event['event.sequence']]),
    [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ],
  );
});

test('exit: a session is over after 30 minutes without an event, in all tabs; the visitor stays', async () => {
  const page = await open();
  await page.evaluate(() => {
    const minutes = 60 * 1000;
    window.pg.capture('a');
    window.passTime(29 * minutes);
    window.pg.capture('b');
    window.passTime(31 * minutes);
    window.pg.capture('c');
    void window.pg.flush();
  });
  await arrived('c');
  const [a, b, c] = collector.events;
  assert.equal(a['session.id'], b['session.id']);
  assert.notEqual(b['session.id'], c['session.id']);
  assert.equal(c['event.sequence'], 1);
  assert.equal(a['user.anonymous_id'], c['user.anonymous_id']);
});

test('exit: withdrawn consent empties what was parked', async () => {
  const page = await open();
  await context.setOffline(true);
  await capture(page, 'not for you');
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide'));
    window.pg.setConsent(false);
  });
  const statistics = await page.evaluate(() => window.pg.statistics);
  assert.deepEqual([statistics.discarded, statistics.queued], [1, 0]);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});
