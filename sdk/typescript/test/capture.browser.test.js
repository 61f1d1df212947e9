// What a page tracks by itself, in a real browser: views, clicks, forms, errors, requests, vitals; and what stays private.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { bundle } from './browser/bundle.js';
import { launch } from './browser/browser.js';
import { eventually, startCollector, startSite } from './browser/site.js';

const html = (path) => `<!doctype html><title>Page ${path}</title><script src="/pg.js"></script>
<body><main data-pg-component="Shop">
  <form id="checkout"><input name="card" value="4111111111111111"><input name="note"><button name="pay"> Pay   now </button></form>
  <a id="next" href="/next">Next page</a>
  <p id="prose">Just text</p>
  <div data-pg-mask><button id="masked">Ann Smith, 12 Elm St</button></div>
  <div data-pg-ignore><button id="ignored">Secret</button></div>
</main><script>checkout.onsubmit = (event) => event.preventDefault()</script>`;

let browser, site, collector, page;

before(async () => {
  const script = await bundle(`import { createClient, captureAll } from './dist/browser/index.js';
    const { endpoint, ...options } = window.settings;
    window.pg = createClient({ projectId: 'proj_demo', endpoint, batchIntervalMs: 100, capture: captureAll, ...options });`);
  site = await startSite({ 'pg.js': script }, html);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(async () => {
  await page?.context().close();
  await collector?.close();
  collector = await startCollector();
  site.calls.length = 0;
  page = await (await browser.newContext()).newPage();
});
after(() => collector?.close());

async function open(path = '/start', settings = {}) {
  await page.addInitScript((given) => (window.settings = given), { endpoint: collector.origin, ...settings });
  await page.goto(site.origin + path);
}
const of = (type) => collector.events.filter((event) => event['event.type'] === type);
const seen = (type, count = 1) => eventually(() => of(type).length >= count && of(type), `${count} ${type}`);

test('browser: a page view has path, title, referrer, visitor and session', async () => {
  await open('/start?q=1&token=hush');
  const [view] = await seen('page.view');
  assert.equal(view['page.path'], '/start');
  assert.equal(view['page.title'], 'Page /start');
  assert.equal(view['page.url'], `${site.origin}/start?q=1&token=[token]`);
  assert.equal(view['ui.viewport'], '1280x720');
  assert.equal(view['event.sequence'], 1);
  assert.match(view['session.id'], /^[0-9a-f-]{36}$/);
  assert.match(view['user.anonymous_id'], /^[0-9a-f-]{36}$/);
});

test('browser: routes of a single-page application are page views, with how long the last one was open', async () => {
  await open();
  await page.evaluate(() => {
    history.pushState({}, '', '/cart');
    history.replaceState({}, '', '/cart?sort=1');
    history.pushState({}, '', '/pay');
    history.back();
  });
  const views = await seen('page.view', 4);
  assert.deepEqual(
    views.map((event) => event['page.path']),
    ['/start', '/cart', '/pay', '/cart'],
  );
  assert.equal(views[1]['page.referrer'], `${site.origin}/start`);
  assert.equal(views[1]['page.title'], undefined, 'the title of the page before is not this one’s');
  const leaves = await seen('page.leave', 3);
  assert.deepEqual(
    leaves.map((event) => event['page.path']),
    ['/start', '/cart', '/pay'],
  );
  assert.ok(leaves.every((event) => event.duration_ms >= 0));
});

test('browser: a click tells element, text and component path', async () => {
  await open();
  await page.click('button[name=pay]');
  const [click] = await seen('ui.click');
  assert.equal(click['ui.element'], 'pay');
  assert.equal(click['ui.element.text'], 'Pay now');
  assert.equal(click['ui.component.name'], 'Shop');
  assert.equal(click['ui.component.path'], 'Shop>form#checkout>button');
});

test('browser: masked text, ignored parts and what was typed never leave the page', async () => {
  await open();
  await page.fill('[name=note]', 'my secret diary');
  for (const id of ['#masked', '#ignored', '#prose', '[name=card]', 'button[name=pay]']) await page.click(id);
  const clicks = await seen('ui.click', 3);
  assert.deepEqual(
    clicks.map((event) => event['ui.element']),
    ['masked', 'card', 'pay'],
  );
  const [submit] = await seen('ui.submit');
  assert.equal(submit['ui.element'], 'checkout');
  assert.deepEqual(submit.metadata, { fields: 3 });
  const wire = JSON.stringify(collector.requests);
  for (const text of ['Ann Smith', 'Secret', 'diary', '4111111111111111']) assert.ok(!wire.includes(text), text);
});

test('browser: errors nobody caught, at most twenty of a page', async () => {
  await open();
  await page.evaluate(() => {
    setTimeout(() => {
      throw new TypeError('it broke');
    });
    setTimeout(() => Promise.reject(new RangeError('no promise')));
    for (let i = 0; i < 100; i++) {
      setTimeout(() => {
        throw new Error(`again ${i}`);
      }, 50);
    }
  });
  const errors = await seen('error', 20);
  assert.ok(
    errors.some(
      (event) => event['error.type'] === 'TypeError' && event['error.message'] === 'it broke' && event['error.stack'],
    ),
  );
  assert.ok(
    errors.some((event) => event['error.type'] === 'RangeError' && event['event.name'] === 'unhandledrejection'),
  );
  await page.waitForTimeout(300);
  assert.equal(of('error').length, 20);
});

test('browser: own requests are timed and carry session and request id; foreign ones are left alone', async () => {
  await open();
  await page.evaluate(
    async (foreign) => {
      await fetch('/api/cart?user=ann', { headers: { 'X-Mine': 'kept' } });
      await fetch(new Request('/api/broken', { method: 'POST', body: 'x' }));
      await new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.open('PUT', '/api/xhr');
        request.onloadend = resolve;
        request.send('x');
      });
      await new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.open('GET', '/api/xhr/given');
        request.setRequestHeader('x-request-id', 'mine');
        request.onloadend = resolve;
        request.send();
      });
      await fetch('/api/given', { headers: { 'X-Request-ID': 'my-own' } });
      await fetch(`${foreign}/elsewhere`, { method: 'POST', body: '{"events":[]}' }).catch(() => {});
    },
    collector.origin.replace('127.0.0.1', 'localhost'),
  );
  const answers = await seen('api.response', 5);
  const facts = answers.map((event) => [event['api.method'], event['api.path'], event['api.status_code']]);
  assert.deepEqual(facts, [
    ['GET', '/api/cart', 200],
    ['POST', '/api/broken', 500],
    ['PUT', '/api/xhr', 200],
    ['GET', '/api/xhr/given', 200],
    ['GET', '/api/given', 200],
  ]);
  assert.deepEqual(
    site.calls.map((call) => call.headers['x-request-id']),
    answers.map((event) => event['request.id']),
  );
  assert.ok(site.calls.every((call) => call.headers['x-session-id'] === answers[0]['session.id']));
  assert.equal(site.calls[0].headers['x-mine'], 'kept');
  assert.deepEqual(
    answers.slice(3).map((event) => event['request.id']),
    ['mine', 'my-own'],
  );
  assert.ok(answers.every((event) => event['api.duration_ms'] > 0));
});

test('browser: fetch and history behave for the page as without us', async () => {
  await open();
  const outcome = await page.evaluate(async () => {
    const attempt = (run) =>
      Promise.resolve()
        .then(run)
        .then(
          () => 'fine',
          (error) => error.name,
        );
    return [
      await attempt(() => fetch('/api/x', { headers: { 'bad header': 'x' } })),
      await attempt(() => fetch('http://[')),
      await attempt(() => fetch('/api/x', { signal: AbortSignal.abort() })),
      await attempt(() => history.pushState({}, '', 'http://elsewhere.example/')),
      await (await fetch('/api/x')).text(),
    ];
  });
  assert.deepEqual(outcome, ['TypeError', 'TypeError', 'AbortError', 'SecurityError', '{}']);
});

test('browser: with the collector on the page’s own origin, its requests are timed and ours are not', async () => {
  await open('/start', { endpoint: site.origin });
  await page.evaluate(() => fetch('/api/x'));
  const statistics = await page.evaluate(async () => {
    await window.pg.flush();
    await window.pg.flush();
    return window.pg.statistics;
  });
  assert.equal(site.calls.length, 1);
  assert.ok(site.calls[0].headers['x-request-id']);
  assert.equal(statistics.tracked, 2, 'a page view and an answer');
});

test('browser: a page whose storage is full or closed still tracks, in one session', async () => {
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await open();
  await page.click('button[name=pay]');
  const [click] = await seen('ui.click');
  const [view] = of('page.view');
  assert.equal(click['session.id'], view['session.id']);
  assert.equal(click['event.sequence'], 2);
});

test('browser: web vitals of the load, its shifts and slow clicks arrive when the page is left', async () => {
  await open();
  await page.evaluate(async () => {
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const main = document.querySelector('main');
    await pause(100);
    main.style.paddingTop = '200px'; // everything moves
    await pause(100);
    document.getElementById('prose').addEventListener('click', () => {
      for (const started = performance.now(); performance.now() < started + 120;);
    });
  });
  await page.click('#prose');
  await page.waitForTimeout(500);
  await page.goto('about:blank');
  const [vitals] = await seen('performance');
  const told = JSON.stringify(vitals);
  assert.ok(vitals['performance.lcp_ms'] > 0, told);
  assert.ok(vitals['performance.ttfb_ms'] > 0, told);
  assert.ok(vitals['performance.cls'] > 0.01, told);
  assert.ok(vitals['performance.inp_ms'] >= 100, told);
});

test('browser: close() takes every listener and patch back', async () => {
  await open();
  await seen('page.view');
  const isRestored = await page.evaluate(async () => {
    await window.pg.close();
    return [fetch, history.pushState, XMLHttpRequest.prototype.open].every((one) =>
      String(one).includes('[native code]'),
    );
  });
  assert.ok(isRestored);
  await page.click('button[name=pay]');
  await page.waitForTimeout(300);
  assert.equal(of('ui.click').length, 0);
});

test('browser: without consent nothing is sent, stored or added to requests', async () => {
  await open('/start', { consent: false });
  await page.click('button[name=pay]');
  await page.evaluate(() => fetch('/api/x'));
  await page.waitForTimeout(300);
  assert.equal(collector.requests.length, 0);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.equal(site.calls[0].headers['x-session-id'], undefined);
  await page.evaluate(() => {
    window.pg.setConsent(true);
    window.pg.capture('agreed');
    window.pg.setConsent(false);
  });
  assert.equal(await page.evaluate(() => localStorage.length), 0, 'withdrawing cleans up');
});
