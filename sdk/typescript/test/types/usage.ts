// What the types allow and what they refuse; compiled, never run.

import {
  captureAll,
  capturePages,
  createClient,
  type BrowserClient,
  type Event,
  type Problem,
  type Statistics,
} from 'productgraph';
import { createClient as createNodeClient, requestTracking, type NodeClient } from 'productgraph/node';
import { useForm, useTrackedState } from 'productgraph/react';

const client: BrowserClient = createClient({
  projectId: 'p',
  endpoint: 'https://x',
  capture: [capturePages, (own) => own.beforeLeaving((isLast) => void isLast)],
  redact: ({ metadata, ...event }: Event): Event | null => (metadata ? event : null),
  onError: (problem: Problem) => console.warn(problem.kind, problem.events),
});
createClient({ projectId: 'p', endpoint: 'https://x', capture: captureAll });

client.track('page.view', { 'page.path': '/', metadata: { anything: [1, { at: new Date() }] }, 'my.attribute': true });
client.journey('checkout').step('pay', 'Payment', { 'user.id': 'u' });
client.graph.setState('cart', { items: 1 });
const statistics: Statistics = client.statistics;
const flushed: Promise<void> = client.flush();

const service: NodeClient = createNodeClient({ projectId: 'p', endpoint: 'http://x' });
requestTracking(service);

export function useCart(): number {
  const [count, setCount] = useTrackedState<number>('count', () => 0);
  const { onSubmit } = useForm('cart');
  setCount((before) => before + 1);
  onSubmit();
  // @ts-expect-error: a state of numbers takes no text
  setCount('three');
  return count;
}

// @ts-expect-error: no such type of event
client.track('page.veiw');
// @ts-expect-error: a path is text
client.track('page.view', { 'page.path': 1 });
// @ts-expect-error: a status is a number
client.track('api.response', { 'api.status_code': '200' });
// @ts-expect-error: without a project nothing can be stored
createClient({ endpoint: 'https://x' });
// @ts-expect-error: metadata has names
client.capture('x', 'text');
// @ts-expect-error: the browser's client is not for services
const mixed: NodeClient = createClient({ projectId: 'p', endpoint: 'https://x' }).journey;

export { flushed, mixed, statistics };
