// For servers of node:http, and frameworks with (request, response, next): Express, Connect, Polka.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../core/client.js';
import { contextOf, correlationHeaders, withContext } from './context.js';

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Runs the request in its context, answers with its X-Request-ID, and tracks an api.response when it is answered. Requests without
 * X-Session-ID belong to nobody's session (probes, robots) and are not tracked.
 */
export function requestTracking(client: Client): Middleware {
  return (request, response, next) => {
    const context = contextOf(request.headers);
    const began = performance.now();
    response.setHeader('X-Request-ID', context.requestId!);
    if (context.sessionId) {
      const answered = (): void => {
        response.off('finish', answered).off('close', answered);
        withContext(context, () => track(client, request, response, performance.now() - began));
      };
      // 'close' comes alone when the caller has gone before the answer.
      response.once('finish', answered).once('close', answered);
    }
    withContext(context, next);
  };
}

function track(client: Client, request: IncomingMessage, response: ServerResponse, ms: number): void {
  const path = (request as { originalUrl?: string }).originalUrl ?? request.url ?? '';
  client.track('api.response', {
    'api.method': request.method,
    'api.path': path.split('?')[0],
    'api.status_code': response.writableEnded ? response.statusCode : 499,
    'api.duration_ms': Math.round(ms * 1000) / 1000,
  });
}

/** fetch() that passes the context's headers on. */
export const correlatedFetch: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  for (const [name, value] of Object.entries(correlationHeaders())) if (!headers.has(name)) headers.set(name, value);
  return fetch(input, { ...init, headers });
};
