// Calls of the page's own back ends: how long they took, and the headers by which their events are found again.

import type { BrowserClient } from './client.js';
import { patch, type Undo } from './listeners.js';

/** Where a request goes, when it is to a back end that takes our headers. */
function ownUrl(client: BrowserClient, address: unknown): URL | undefined {
  try {
    const url = new URL(address instanceof Request ? address.url : String(address), location.href);
    const isOwn = url.origin === location.origin || client.options.correlate?.includes(url.origin);
    return isOwn && !url.href.startsWith(client.options.endpoint) && client.consent ? url : undefined;
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

function captureFetch(client: BrowserClient): Undo {
  return patch(globalThis, 'fetch', (original) => (input, init) => {
    const url = ownUrl(client, input);
    if (!url) return original(input, init);
    const request = input instanceof Request ? input : undefined;
    let headers: Headers;
    try {
      headers = new Headers(init?.headers ?? request?.headers);
    } catch {
      return original(input, init); // its own error to raise
    }
    const requestId = headers.get('X-Request-ID') ?? client.newId();
    headers.set('X-Request-ID', requestId);
    headers.set('X-Session-ID', client.sessionId);
    const stop = stopwatch(client, init?.method ?? request?.method ?? 'GET', url, requestId);
    const answer = original(input, { ...init, headers });
    answer.then(
      (response) => stop(response.status),
      () => stop(0),
    );
    return answer;
  });
}

function captureXhr(client: BrowserClient): Undo {
  const opened = new WeakMap<XMLHttpRequest, { method: string; url: URL }>();
  const undoOpen = patch(XMLHttpRequest.prototype, 'open', (original) => {
    return function (this: XMLHttpRequest, method: string, address: string | URL, ...more: unknown[]) {
      const url = ownUrl(client, address);
      if (url) opened.set(this, { method: String(method), url });
      else opened.delete(this);
      return (original as (...args: unknown[]) => void).call(this, method, address, ...more);
    } as typeof original;
  });
  const undoSend = patch(XMLHttpRequest.prototype, 'send', (original) => {
    return function (this: XMLHttpRequest, body) {
      const call = opened.get(this);
      if (call) {
        const requestId = client.newId();
        const stop = stopwatch(client, call.method, call.url, requestId);
        try {
          this.setRequestHeader('X-Request-ID', requestId);
          this.setRequestHeader('X-Session-ID', client.sessionId);
          this.addEventListener('loadend', () => stop(this.status), { once: true });
        } catch {
          // Not open: send() says so itself.
        }
      }
      return original.call(this, body);
    };
  });
  return () => {
    undoSend();
    undoOpen();
  };
}
