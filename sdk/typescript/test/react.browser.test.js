// The hooks, rendered by React in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bundle } from './browser/bundle.js';
import { launch } from './browser/browser.js';
import { eventually, startCollector, startSite } from './browser/site.js';

const application = `
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient, captureActions } from './dist/browser/index.js';
import { ErrorBoundary, ProductGraphProvider, useComponent, useErrorTracking, useForm, useJourney, useJourneyStep, useNode, usePageView,
  useProductGraph, useTrackedState, useWebVitals } from './dist/react/index.js';

const client = (window.pg = createClient({ projectId: 'proj_demo', endpoint: window.endpoint, batchIntervalMs: 50, capture: [captureActions] }));

function Cart() {
  const cart = useComponent('Cart', { views: true });
  const [count, setCount] = useTrackedState('cart.count', 0);
  useNode('cart');
  return <section {...cart.props}><button id="add" onClick={() => setCount(count + 1)}>Add</button>
    <button id="fold" data-pg-ignore onClick={() => cart.track('fold')}>x</button></section>;
}
function Address() {
  const form = useForm('address');
  return <form {...form} action={() => {}}><input name="street" /><input name="city" /><button id="send">Send</button></form>;
}
function Checkout() {
  const journey = useJourney('checkout');
  useJourneyStep(journey, 'address', 'Your address');
  useNode('checkout');
  return <><Address /><button id="done" onClick={() => journey.complete()}>Done</button></>;
}
function Broken() {
  throw new RangeError('cannot render');
}
function Caught() {
  const track = useErrorTracking('Caught');
  return <button id="caught" onClick={() => track(new Error('handled'), { order: 7 })}>Try</button>;
}
function Shop() {
  const [page, setPage] = useState('/cart');
  usePageView(page);
  useWebVitals();
  window.go = setPage;
  return page === '/cart' ? <Cart /> : page === '/checkout' ? <Checkout /> : page === '/caught' ? <Caught />
    : <ErrorBoundary name="Shelf" fallback={<p id="sorry">Sorry</p>}><Broken /></ErrorBoundary>;
}
function Alone() {
  useNode('alone');
  useTrackedState('alone', 1);
  return <p id="alone">{useProductGraph() === undefined ? 'no client' : ''}</p>;
}
createRoot(document.getElementById('root')).render(<ProductGraphProvider client={client}><Shop /></ProductGraphProvider>);
createRoot(document.getElementById('other')).render(<Alone />);
`;

let browser, site, collector, page;

before(async () => {
  collector = await startCollector();
  const html = () => `<!doctype html><title>Shop</title><div id="root"></div><div id="other"></div>
    <script>endpoint = '${collector.origin}'</script><script src="/app.js"></script>`;
  site = await startSite({ 'app.js': await bundle(application) }, html);
  browser = await launch();
  page = await browser.newPage();
  await page.goto(site.origin);
});
after(async () => {
  await browser?.close();
  await site?.close();
  await collector?.close();
});

const of = (type, name) =>
  collector.events.filter((event) => event['event.type'] === type && (!name || event['event.name'] === name));
const seen = (type, name, count = 1) =>
  eventually(() => of(type, name).length >= count && of(type, name), `${count} ${type} ${name ?? ''}`);
const go = (path) => page.evaluate((to) => window.go(to), path);

test('react: a component is named in clicks, and what its state was before and after', async () => {
  await page.click('#add');
  await page.click('#fold');
  const [, change] = await seen('state.change', undefined, 2);
  assert.deepEqual(
    [change['ui.state.key'], change['ui.state.before'], change['ui.state.after'], change['ui.state.change_type']],
    ['cart.count', '0', '1', 'update'],
  );
  const clicks = await seen('ui.click', undefined, 2);
  assert.deepEqual(
    clicks.map((event) => [event['ui.component.name'], event['ui.action']]),
    [
      ['Cart', 'click'],
      ['Cart', 'fold'],
    ],
  );
  await seen('custom', 'component_shown');
});

test('react: page views and nodes follow what is shown', async () => {
  await go('/checkout');
  const [cart, checkout] = await seen('page.view', undefined, 2);
  assert.deepEqual([cart['page.path'], checkout['page.path']], ['/cart', '/checkout']);
  await seen('custom', 'component_hidden');
  const nodes = await seen('journey.step', 'node_enter', 2);
  assert.deepEqual(
    nodes.map((event) => [event['gen_ai.journey.step.id'], event.metadata.from]),
    [
      ['cart', undefined],
      ['checkout', 'cart'],
    ],
  );
});

test('react: a form is begun and submitted, a journey entered and completed', async () => {
  await page.fill('[name=street]', '12 Elm St');
  await page.fill('[name=city]', 'Springfield');
  await page.click('#send');
  await page.click('#done');
  const [begin] = await seen('ui.focus', 'form_begin');
  assert.deepEqual([begin['ui.component.name'], begin['ui.element']], ['address', 'street']);
  const submit = (await seen('ui.submit')).find((event) => event['ui.component.name'] === 'address');
  assert.equal(submit.metadata.last_field, 'send');
  const [step] = await seen('journey.step', 'journey_step_enter');
  assert.deepEqual(
    [step['gen_ai.journey.id'], step['gen_ai.journey.step.id'], step['gen_ai.journey.step.name']],
    ['checkout', 'address', 'Your address'],
  );
  const [conversion] = await seen('journey.conversion');
  assert.equal(conversion['gen_ai.journey.conversion.status'], 'converted');
  assert.ok(!JSON.stringify(collector.requests).includes('Elm St'));
});

test('react: a form that is left is abandoned, with the last field', async () => {
  await page.focus('[name=city]');
  await go('/caught');
  const [left] = await seen('custom', 'form_abandon');
  assert.deepEqual([left['ui.component.name'], left.metadata], ['address', { fields: 1, last_field: 'city' }]);
});

test('react: errors, caught and thrown while rendering', async () => {
  await page.click('#caught');
  await go('/broken');
  await page.waitForSelector('#sorry');
  const errors = await seen('error', undefined, 2);
  const facts = errors.map((event) => [event['error.component'], event['error.type'], event['error.message']]);
  assert.deepEqual(facts, [
    ['Caught', 'Error', 'handled'],
    ['Shelf', 'RangeError', 'cannot render'],
  ]);
  assert.match(errors[1].metadata.components, /Broken|at /);
});

test('react: without a provider components work, and track nothing', async () => {
  assert.equal(await page.textContent('#alone'), 'no client');
  assert.ok(!JSON.stringify(collector.requests).includes('alone'));
});
