// productgraph/node
export { clientFromEnvironment, createClient, NodeClient } from './client.js';
export { contextOf, correlationHeaders, currentContext, withContext } from './context.js';
export type { RequestContext } from './context.js';
export { correlatedFetch, requestTracking } from './middleware.js';
export type { Middleware } from './middleware.js';
export type { ClientOptions } from '../core/client.js';
export type { Event, EventFields, EventType } from '../core/event.js';
export type { Journey } from '../core/journey.js';
export type { Problem, ProblemKind, Statistics } from '../core/problem.js';
