// A site with a back end and a collector for the tests in a browser: two origins, as in life.

import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

function listen(handle) {
  const server = createServer(handle);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve({ server, origin: `http://127.0.0.1:${server.address().port}` })),
  );
}

// Undefined when the browser broke off, as it does when its page is closed.
function read(request) {
  return new Promise((resolve) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', () => resolve(undefined));
  });
}

/** Serves `scripts` ({name: code}) and `html` on every other path; /api/… answers with the headers it was sent. */
export async function startSite(scripts, html) {
  const calls = [];
  const { server, origin } = await listen(async (request, response) => {
    const path = request.url.split('?')[0];
    if (path.startsWith('/api/')) {
      await read(request);
      calls.push({ path, method: request.method, headers: request.headers });
      response.writeHead(path === '/api/broken' ? 500 : 200, { 'Content-Type': 'application/json' });
      return response.end('{}');
    }
    const script = scripts[path.slice(1)];
    response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html; charset=utf-8' });
    return response.end(script ?? html(path));
  });
  return { origin, calls, close: () => closeServer(server) };
}

/** Takes events as the sidecar does: JSON, gzip, text/plain from beacons, CORS with credentials. */
export async function startCollector() {
  const collector = { requests: [], status: 202, close: undefined, origin: '' };
  const { server, origin } = await listen(async (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*');
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type, Content-Encoding, X-PG-API-Key');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    const raw = await read(request);
    if (!raw) return undefined;
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const { events } = JSON.parse(body.toString());
    if (collector.status === 202)
      collector.requests.push({ url: request.url, headers: request.headers, size: raw.length, events });
    response.writeHead(collector.status, { 'Content-Type': 'application/json' });
    return response.end(JSON.stringify({ accepted: events.length, rejected: 0, duplicates: 0, errors: [] }));
  });
  collector.origin = origin;
  collector.close = () => closeServer(server);
  Object.defineProperties(collector, {
    /** Every event once, as a store would have them. */
    events: {
      get: () => [
        ...new Map(collector.requests.flatMap((one) => one.events).map((one) => [one.event_id, one])).values(),
      ],
    },
  });
  return collector;
}

function closeServer(server) {
  server.closeAllConnections?.();
  return new Promise((resolve) => server.close(resolve));
}

/** Waits until `look` returns something, and returns that. */
export async function eventually(look, what, seconds = 10) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
