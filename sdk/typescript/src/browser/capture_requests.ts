// Calls of the page's own back ends: how long they took, and the headers by which their events are found again.

import { eventsUrl } from '../core/transport.js';
import type { BrowserClient } from './client.js';
import { patch, quietly, type Undo } from './listeners.js';

/** Where a request goes, when it is to a back end that takes our headers. */
function ownUrl(client: BrowserClient, address: unknown): URL | undefined {
  try {
    const { endpoint, correlate } = client.options;
    const url = new URL(address instanceof Request ? address.url : String(address), location.href);
    const isOurs = url.href.startsWith(new URL(eventsUrl(endpoint), location.href).href);
    const isOwn = url.origin === location.origin || correlate?.includes(url.origin);
    return isOwn && !isOurs && client.consent ? url : undefined;
  } catch {
    return undefined;
  }
}

export function captureRequests(client: BrowserClient): Undo {
  const undo = [captureFetch(client)];
  if (typeof XMLHttpRequest !== 'undefined') undo.push(captureXhr(client));
  return () => undo.forEach((one) => one());
}

/** Tracks the answer that came, or with status 0 that none did. */
function stopwatch(client: BrowserClient, method: string, url: URL, requestId: string): (status: number) => void {
  const began = performance.now();
  return (status) =>
    client.track('api.response', {
      'api.method': method.toUpperCase(),
      'api.path': url.pathname,
      'api.status_code': status,
      'api.duration_ms': Math.round((performance.now() - began) * 10) / 10,
      'request.id': requestId,
    });
}

const kRequestId = 'X-Request-ID';
const kSessionId = 'X-Session-ID';

function captureFetch(client: BrowserClient): Undo {
  return patch(globalThis, 'fetch', (original) => (input, init) => {
    const url = ownUrl(client, input);
    if (!url) return original(input, init);
    const request = input instanceof Request ? input : undefined;
    let headers: Headers;
    let requestId: string;
    try {
      headers = new Headers(init?.headers ?? request?.headers);
      requestId = headers.get(kRequestId) ?? client.newId();
      headers.set(kRequestId, requestId);
      headers.set(kSessionId, client.sessionId);
    } catch {
      return original(input, init); // its own error to raise
    }
    const stop = stopwatch(client, init?.method ?? request?.method ?? 'GET', url, requestId);
    const answer = original(input, { ...init, headers });
    void Promise.resolve(answer).then(
      (response) => stop(response.status),
      () => stop(0),
    );
    return answer;
  });
}

interface Call {
  method: string;
  url: URL;
  requestId?: string;
}

/** Runs `first` before each call of a method of requests. */
function precede<F>(first: (request: XMLHttpRequest, args: unknown[]) => void): (original: F) => F {
  return (original) =>
    function (this: XMLHttpRequest, ...args: unknown[]) {
      quietly(() => first(this, args));
      return (original as (...args: unknown[]) => unknown).apply(this, args);
    } as F;
}

function captureXhr(client: BrowserClient): Undo {
  const { prototype } = XMLHttpRequest;
  const calls = new WeakMap<XMLHttpRequest, Call>();
  const undo = [
    patch(
      prototype,
      'open',
      precede((request, [method, address]) => {
        const url = ownUrl(client, address);
        if (url) calls.set(request, { method: String(method), url });
        else calls.delete(request);
      }),
    ),
    patch(
      prototype,
      'setRequestHeader',
      precede((request, [name, value]) => {
        const call = calls.get(request);
        if (call && String(name).toLowerCase() === kRequestId.toLowerCase()) call.requestId = String(value);
      }),
    ),
    patch(
      prototype,
      'send',
      precede((request) => {
        const call = calls.get(request);
        if (!call) return;
        calls.delete(request);
        const requestId = call.requestId ?? client.newId();
        if (!call.requestId) request.setRequestHeader(kRequestId, requestId);
        request.setRequestHeader(kSessionId, client.sessionId);
        const stop = stopwatch(client, call.method, call.url, requestId);
        request.addEventListener('loadend', () => stop(request.status), { once: true });
      }),
    ),
  ];
  return () => undo.reverse().forEach((one) => one());
}
