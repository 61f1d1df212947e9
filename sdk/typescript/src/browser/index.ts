// productgraph: the client of a page.

import { captureActions } from './capture_actions.js';
import { captureErrors } from './capture_errors.js';
import { capturePages } from './capture_pages.js';
import { captureRequests } from './capture_requests.js';
import { captureVitals } from './capture_vitals.js';
import { BrowserClient, type BrowserOptions, type Capture } from './client.js';

/** Everything that can be captured without being told. */
export const captureAll: readonly Capture[] = [
  capturePages,
  captureActions,
  captureErrors,
  captureVitals,
  captureRequests,
];

/** One client a page. Never throws. */
export function createClient(options: BrowserOptions): BrowserClient {
  return new BrowserClient(options);
}

export { BrowserClient, captureActions, captureErrors, capturePages, captureRequests, captureVitals };
export { errorFields } from './capture_errors.js';
export type { BrowserOptions, Capture };
export type { ClientOptions } from '../core/client.js';
export type { Event, EventFields, EventType } from '../core/event.js';
export type { Journey } from '../core/journey.js';
export type { Problem, ProblemKind, Statistics } from '../core/problem.js';
