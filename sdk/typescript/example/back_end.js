// The shop's back end in Node.js, for when the one in sdk/go/example is not running: the same two calls.

import { createServer } from 'node:http';
import { clientFromEnvironment, correlatedFetch, currentContext, requestTracking } from 'productgraph/node';

const kCart = [
  { sku: 'mug', name: 'Mug', quantity: 2, cents: 1250 },
  { sku: 'tea', name: 'Green tea', quantity: 1, cents: 790 },
];
const total = kCart.reduce((sum, item) => sum + item.quantity * item.cents, 0);

/** Starts it on `port`. Resolves with the server. */
export function startBackEnd({ port, inventory, endpoint, apiKey, projectId }) {
  const client = clientFromEnvironment({ enabled: true, endpoint, apiKey, projectId });
  const track = requestTracking(client);

  const answer = (response, status, body) => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  };

  // Without an inventory service there is always enough.
  const reserve = async () => {
    const request = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ items: kCart }),
    };
    return correlatedFetch(`${inventory}/inventory/reserve`, request).then(
      (reserved) => reserved.status,
      () => 200,
    );
  };

  const handle = async (request, response) => {
    if (request.method === 'GET' && request.url === '/api/cart')
      return answer(response, 200, { items: kCart, total_cents: total });
    if (request.method !== 'POST' || request.url !== '/api/checkout')
      return answer(response, 404, { error: 'no such path' });
    const status = await reserve();
    if (status !== 200) return answer(response, status === 409 ? 409 : 502, { error: 'the inventory refused' });
    client.journey('checkout_flow').step('payment_confirmed', 'Payment Confirmed');
    return answer(response, 200, { order: currentContext().requestId, paid: total });
  };

  const server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type, X-Session-ID, X-Request-ID');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    return track(request, response, () => void handle(request, response));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () =>
      resolve(Object.assign(server, { stop: () => (server.close(), client.close()) })),
    );
  });
}
