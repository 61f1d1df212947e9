// The client that all entries build on: events in, batches out. No method throws, whatever it is given.

import { eventIds } from './event_id.js';
import type { Event, EventFields, EventType } from './event.js';
import { plainEvent } from './plain_event.js';
import { reasonOf, type Problem, type Statistics } from './problem.js';
import { keepsSession } from './sampling.js';
import { Sender, type Queued } from './sender.js';
import { fetchTransport, gzipStream, type Transport, type TransportOptions } from './transport.js';

export interface ClientOptions {
  projectId: string;
  /** Where the sidecar is, without path: `https://collect.example.com`. */
  endpoint: string;
  apiKey?: string | undefined;
  /** Off, or without an endpoint, everything is discarded. Default true. */
  enabled?: boolean | undefined;
  /** Events of a full batch. Default 50. */
  batchSize?: number | undefined;
  /** The longest an event waits for others. Default 5,000 ms. */
  batchIntervalMs?: number | undefined;
  /** The largest body, before gzip. Default 500,000. */
  maxBatchBytes?: number | undefined;
  /** Events that wait; beyond, the oldest are dropped. Default 1,000. */
  maxQueue?: number | undefined;
  /** Default 10,000 ms. */
  requestTimeoutMs?: number | undefined;
  /** The first pause before a request is tried again; each next one is twice as long. Default 1,000 ms. */
  retryBaseMs?: number | undefined;
  /** The longest pause. Default 30,000 ms. */
  retryMaxMs?: number | undefined;
  /** How often a batch that is answered 500 is tried again. Outages are tried until they end. Default 10. */
  maxRetries?: number | undefined;
  /** How long close() tries. Default 5,000 ms. */
  closeTimeoutMs?: number | undefined;
  /** Share of sessions that are kept, 0 to 1. Default 1. */
  sampleRate?: number | undefined;
  /** Whether collecting is allowed from the start. Default true. */
  consent?: boolean | undefined;
  /** Sees each event before it is queued, after the default redaction. What it returns is sent; nothing holds it back. */
  redact?: ((event: Event) => Event | null | undefined) | undefined;
  onError?: ((problem: Problem) => void) | undefined;
  /** The wall clock, in milliseconds since 1970. */
  now?: (() => number) | undefined;
}

/** What an entry adds to the client. */
export interface Surroundings {
  /** Fields of where the event happens; those of the event win. */
  fields?: () => EventFields;
  gzip?: TransportOptions['gzip'];
  transport?: Transport;
}

const kFlushTimeout = 10_000;
const kMaxEventBytes = 60_000; // what fits into a beacon, and well below what the store takes

export class Client {
  readonly options: ClientOptions;
  protected readonly sender: Sender;
  readonly #surroundings: Surroundings;
  readonly #now: () => number;
  readonly #nextId: () => string;
  #user: EventFields = {};
  #consent: boolean;
  #isClosed = false;
  #tracked = 0;
  #reports = 0;

  constructor(options: ClientOptions, surroundings: Surroundings = {}) {
    const now = options.now ?? Date.now;
    this.options = options;
    this.#surroundings = surroundings;
    this.#consent = options.consent ?? true;
    this.#now = now;
    this.#nextId = eventIds(now);
    const { endpoint, apiKey } = options;
    this.sender = new Sender(
      {
        batchSize: options.batchSize ?? 50,
        batchIntervalMs: options.batchIntervalMs ?? 5000,
        maxBatchBytes: options.maxBatchBytes ?? 500_000,
        maxQueue: options.maxQueue ?? 1000,
        requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
        retryBaseMs: options.retryBaseMs ?? 1000,
        retryMaxMs: options.retryMaxMs ?? 30_000,
        maxRetries: options.maxRetries ?? 10,
      },
      surroundings.transport ?? fetchTransport({ endpoint, apiKey, now, gzip: surroundings.gzip ?? gzipStream }),
      (problem) => this.report(problem),
    );
  }

  /** Queues an event. Takes microseconds; the fields are copied, so they may change afterwards. */
  track(type: EventType, fields: EventFields = {}): void {
    this.#tracked++;
    try {
      const event = this.#collect(type, fields);
      if (event) this.sender.push(event);
    } catch (error) {
      this.#drop(`the event could not be read: ${reasonOf(error)}`);
    }
  }

  /** Something of your own: an event of type `custom`. */
  capture(name: string, metadata?: Record<string, unknown>): void {
    this.track('custom', { 'event.name': name, metadata });
  }

  /** Fields that the events from now on carry: `user.id`, `org.id`. Replaces those given before. */
  identify(fields: EventFields): void {
    try {
      this.#user = { ...fields };
    } catch {
      this.#user = {};
    }
  }

  /** False empties the queue and collects nothing until it is true again. */
  setConsent(allowed: boolean): void {
    this.#consent = allowed;
    if (!allowed) this.sender.clear('discarded');
  }

  get consent(): boolean {
    return this.#consent && (this.options.enabled ?? true) && Boolean(this.options.endpoint);
  }

  /** Sends what waits. Resolves when it is stored, or after `timeoutMs`. Never rejects. */
  flush(timeoutMs: number = kFlushTimeout): Promise<void> {
    return this.sender.flush(timeoutMs);
  }

  /** Flushes for at most `closeTimeoutMs` and ends. What could not be sent is counted as dropped. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.sender.flush(this.options.closeTimeoutMs ?? 5000);
    const events = this.sender.clear('dropped');
    if (events > 0) this.report({ kind: 'dropped', events, reason: 'closed before they could be sent' });
  }

  get statistics(): Statistics {
    return { tracked: this.#tracked, ...this.sender.counts, reports: this.#reports };
  }

  protected report(problem: Problem): void {
    this.#reports++;
    try {
      this.options.onError?.(problem);
    } catch {
      // Whoever reports must not be reported to.
    }
  }

  #drop(reason: string): undefined {
    this.sender.count('dropped');
    this.report({ kind: 'dropped', events: 1, reason });
  }

  #discard(): undefined {
    this.sender.count('discarded');
  }

  #collect(type: EventType, fields: EventFields): Queued | undefined {
    if (this.#isClosed) return this.#drop('tracked after close()');
    if (!this.consent) return this.#discard();
    const event = {
      event_id: fields.event_id || this.#nextId(),
      project_id: this.options.projectId,
      'event.type': type,
      'event.timestamp': new Date(this.#now()).toISOString(),
      ...this.#surroundings.fields?.(),
      ...this.#user,
      ...given(fields),
    } as Event;
    const session = event['session.id'];
    if (session && !keepsSession(session, this.options.sampleRate ?? 1)) return this.#discard();
    return this.#pack(plainEvent(event));
  }

  #pack(plain: Event): Queued | undefined {
    let event: Event | null | undefined = plain;
    if (this.options.redact) {
      try {
        event = this.options.redact(plain);
      } catch (error) {
        return this.#drop(`the redaction hook threw: ${reasonOf(error)}`);
      }
      if (!event) return this.#discard();
    }
    let queued = encode(event);
    if (queued.bytes > kMaxEventBytes) queued = encode({ ...event, metadata: { truncated: true } });
    return queued.bytes > kMaxEventBytes ? this.#drop('the event is larger than 60,000 bytes') : queued;
  }
}

/** Fields that have a value: an undefined one must not hide what the surroundings say. */
function given(fields: EventFields): EventFields {
  const result: EventFields = {};
  for (const name of Object.keys(fields)) if (fields[name] !== undefined) result[name] = fields[name];
  return result;
}

const kAscii = /^[\0-\x7f]*$/;

function encode(event: Event): Queued {
  const json = JSON.stringify(event);
  return { json, bytes: kAscii.test(json) ? json.length : new TextEncoder().encode(json).length };
}
