// One request to the collector: how it is sent, and what its answer means.

import { reasonOf } from './problem.js';

export interface Rejection {
  index: number;
  field?: string;
  code?: string;
  error?: string;
}

export interface Answer {
  /** HTTP status; 0 when there was no answer. */
  status: number;
  /** What Retry-After asks for, from now. */
  retryAfterMs?: number;
  /** Events that were refused, of a 202. */
  rejections: Rejection[];
  /** Why there was no answer. */
  reason?: string;
}

/** Sends a body. Never throws; `signal` ends it. */
export type Transport = (body: string, signal: AbortSignal) => Promise<Answer>;

export interface TransportOptions {
  endpoint: string;
  apiKey?: string | undefined;
  /** Compresses; undefined when it cannot. */
  gzip?: ((text: string) => Promise<BodyInit | undefined>) | undefined;
  /** The wall clock: Retry-After may be a date. */
  now: () => number;
}

const kGzipFrom = 1024; // characters: below, there is nothing to gain

export function eventsUrl(endpoint: string): string {
  return String(endpoint).replace(/\/+$/, '') + '/v1/events';
}

export function fetchTransport(options: TransportOptions): Transport {
  const url = eventsUrl(options.endpoint);
  const send = globalThis.fetch; // as it is now: later wrappers, ours too, are not for these requests
  return async (text, signal) => {
    try {
      const headers: Record<string, string> = { 'Content-Type': 'application/json' };
      if (options.apiKey) headers['X-PG-API-Key'] = options.apiKey;
      let body: BodyInit = text;
      const packed = text.length > kGzipFrom && (await options.gzip?.(text));
      if (packed) {
        body = packed;
        headers['Content-Encoding'] = 'gzip';
      }
      const response = await send(url, { method: 'POST', headers, body, signal, credentials: 'omit' });
      const answer = await response.text();
      return {
        status: response.status,
        retryAfterMs: retryAfter(response.headers.get('Retry-After'), options.now()),
        rejections: response.status < 300 ? rejections(answer) : [],
      };
    } catch (error) {
      return { status: 0, rejections: [], reason: reasonOf(error) };
    }
  };
}

/** Seconds, or a date. */
function retryAfter(value: string | null, now: number): number | undefined {
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return ms > 0 ? ms : undefined;
}

function rejections(text: string): Rejection[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: Rejection[] };
    return Array.isArray(errors) ? errors : [];
  } catch {
    return [];
  }
}

/** Compresses with what browsers and Node.js have built in. */
export async function gzipStream(text: string): Promise<BodyInit | undefined> {
  if (typeof CompressionStream === 'undefined') return undefined;
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
}
