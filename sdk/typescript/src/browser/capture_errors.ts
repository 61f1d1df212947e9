// Errors nobody caught.

import type { EventFields } from '../core/event.js';
import { reasonOf } from '../core/problem.js';
import type { BrowserClient } from './client.js';
import { listen, type Undo } from './listeners.js';

const kMaxErrors = 20; // between two page views: a loop that fails must not fill the store

/** The fields of whatever was thrown. */
export function errorFields(error: unknown): EventFields {
  const { name, message, stack } =
    error instanceof Error ? error : { name: typeof error, message: reasonOf(error), stack: undefined };
  return { 'error.type': name, 'error.message': message, 'error.stack': stack };
}

export function captureErrors(client: BrowserClient): Undo {
  let count = 0;
  let page = '';
  const track = (error: unknown, more?: EventFields): void => {
    if (page !== location.pathname) {
      page = location.pathname;
      count = 0;
    }
    if (count++ < kMaxErrors) client.track('error', { ...errorFields(error), ...more });
  };
  const undo = [
    listen<ErrorEvent>(window, 'error', (event) => {
      // Without a message it is an image or script that did not load.
      if (event.message)
        track(event.error ?? event.message, { metadata: { source: event.filename, line: event.lineno } });
    }),
    listen<PromiseRejectionEvent>(window, 'unhandledrejection', (event) =>
      track(event.reason, { 'event.name': 'unhandledrejection' }),
    ),
  ];
  return () => undo.forEach((one) => one());
}
