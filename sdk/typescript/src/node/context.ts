// Whose request is being worked on: kept along all awaits, and passed on to the next service.

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { EventFields } from '../core/event.js';

export interface RequestContext {
  sessionId?: string | undefined;
  requestId?: string | undefined;
  userId?: string | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the code that asks; empty outside of requests. */
export function currentContext(): RequestContext {
  return storage.getStore() ?? {};
}

/** Runs `work` in a context: everything it calls and awaits sees it. */
export function withContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Headers by which the next service knows session, request and user. */
export function correlationHeaders(): Record<string, string> {
  const { sessionId, requestId, userId } = currentContext();
  return {
    ...(sessionId && { 'X-Session-ID': sessionId }),
    ...(requestId && { 'X-Request-ID': requestId }),
    ...(userId && { 'X-User-ID': userId }),
  };
}

type Headers = Record<string, string | string[] | undefined>;

const kPrintable = /^[\x21-\x7e]+$/; // what the store takes for an id

/** The context that a request's headers (of node:http: lower-case) tell, with a request id of its own if they have none. */
export function contextOf(headers: Headers): RequestContext {
  const one = (name: string, limit: number): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' && value.length <= limit && kPrintable.test(value) ? value : undefined;
  };
  return {
    sessionId: one('x-session-id', 255),
    requestId: one('x-request-id', 128) ?? randomUUID(),
    userId: one('x-user-id', 255),
  };
}

export function contextFields(): EventFields {
  const { sessionId, requestId, userId } = currentContext();
  return { 'session.id': sessionId, 'request.id': requestId, 'user.id': userId };
}
