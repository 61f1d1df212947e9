// The queue of events and the one request under way: when batches go, what happens to them, what is counted.

import type { Problem, Statistics } from './problem.js';
import type { Answer, Transport } from './transport.js';

export interface SenderOptions {
  batchSize: number;
  batchIntervalMs: number;
  maxBatchBytes: number;
  maxQueue: number;
  requestTimeoutMs: number;
  retryBaseMs: number;
  retryMaxMs: number;
  maxRetries: number;
}

/** An event as it will travel. */
export interface Queued {
  json: string;
  /** UTF-8 */
  bytes: number;
}

const kEnvelope = 13; // bytes of {"events":[]}
const kLongestWait = 600_000; // ms: no Retry-After makes us wait longer

// A timer of Node.js must not keep the process alive; those of browsers are numbers.
type Timer = ReturnType<typeof setTimeout>;
const startTimer = (run: () => void, ms: number): Timer => {
  const timer = setTimeout(run, ms) as Timer & { unref?: () => void };
  timer.unref?.();
  return timer;
};

export class Sender {
  readonly #options: SenderOptions;
  readonly #transport: Transport;
  readonly #report: (problem: Problem) => void;
  readonly #counts = { sent: 0, rejected: 0, dropped: 0, discarded: 0 };
  #queue: Queued[] = [];
  #underWay: Queued[] = [];
  /** Sizes of the next batches, where a batch came back and must be sent again as it was, or in halves. */
  #sizes: number[] = [];
  #abort: AbortController | undefined;
  #timer: Timer | undefined;
  /** When the oldest event of the queue has waited long enough, and until when nothing is sent (monotonic, ms). */
  #due = 0;
  #pausedUntil = 0;
  /** Failed requests in a row, and those of them that were answered 500. */
  #failures = 0;
  #refusals = 0;
  /** While somebody waits for the queue to empty, batches need not be full. */
  #waiting: (() => void)[] = [];

  constructor(options: SenderOptions, transport: Transport, report: (problem: Problem) => void) {
    this.#options = options;
    this.#transport = transport;
    this.#report = report;
  }

  get counts(): Pick<Statistics, 'sent' | 'rejected' | 'dropped' | 'discarded' | 'queued'> {
    return { ...this.#counts, queued: this.#queue.length + this.#underWay.length };
  }

  /** Whether the last request failed and is to be tried again. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  count(what: 'dropped' | 'discarded'): void {
    this.#counts[what]++;
  }

  push(event: Queued): void {
    if (this.#queue.length === 0) this.#due = performance.now() + this.#options.batchIntervalMs;
    this.#queue.push(event);
    this.#bound();
    this.#schedule();
  }

  /** Sends what waits. Resolves when nothing does, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => {
      // This timer may keep a process alive: somebody waits.
      const timer = setTimeout(done, timeoutMs);
      const waiting = this.#waiting;
      function done(): void {
        clearTimeout(timer);
        const at = waiting.indexOf(done);
        if (at >= 0) waiting.splice(at, 1);
        resolve();
      }
      waiting.push(done);
      this.#schedule();
    });
  }

  /** Forgets what waits and what is under way, counting it. Returns how many events that were. */
  clear(what: 'dropped' | 'discarded'): number {
    const gone = this.takeAll().length;
    this.#counts[what] += gone;
    return gone;
  }

  /** Everything, also what is under way: the caller sends it. Sent twice does no harm, as the ids are the same. */
  takeAll(): Queued[] {
    const all = [...this.#underWay, ...this.#queue];
    this.#underWay = [];
    this.#queue = [];
    this.#sizes = [];
    this.#abort?.abort();
    this.#abort = undefined;
    clearTimeout(this.#timer);
    this.#wake();
    return all;
  }

  /** What takeAll() gave: `sent` of them are on their way, the others wait again, as the oldest. */
  giveBack(sent: number, unsent: Queued[]): void {
    this.#counts.sent += sent;
    this.#queue = unsent.concat(this.#queue);
    this.#bound();
    this.#schedule();
  }

  /** The network is said to be back: tries at once. */
  hurry(): void {
    this.#pausedUntil = 0;
    this.#failures = 0;
    this.#schedule();
  }

  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#underWay.length === 0;
  }

  #wake(): void {
    if (this.#isIdle()) for (const done of [...this.#waiting]) done();
  }

  #bound(): void {
    const excess = this.#queue.length - this.#options.maxQueue;
    if (excess <= 0) return;
    this.#queue.splice(0, excess);
    this.#counts.dropped += excess;
    for (let left = excess; left > 0 && this.#sizes.length > 0;) {
      const first = this.#sizes.shift()!;
      if (first > left) this.#sizes.unshift(first - left);
      left -= first;
    }
    this.#report({ kind: 'dropped', events: excess, reason: 'the queue is full' });
  }

  #schedule(): void {
    if (this.#underWay.length > 0 || this.#queue.length === 0) return;
    const isFull = this.#sizes.length > 0 || this.#queue.length >= this.#options.batchSize || this.#waiting.length > 0;
    const now = performance.now();
    const at = Math.max(isFull ? now : this.#due, this.#pausedUntil);
    clearTimeout(this.#timer);
    if (at <= now) void this.#send();
    else this.#timer = startTimer(() => this.#schedule(), Math.ceil(at - now));
  }

  #takeBatch(): Queued[] {
    const most = this.#sizes.shift() ?? this.#options.batchSize;
    let bytes = kEnvelope;
    let count = 0;
    for (const event of this.#queue) {
      bytes += event.bytes + 1;
      if (count >= most || (count > 0 && bytes > this.#options.maxBatchBytes)) break;
      count++;
    }
    this.#due = performance.now() + this.#options.batchIntervalMs;
    return this.#queue.splice(0, count);
  }

  async #send(): Promise<void> {
    const batch = (this.#underWay = this.#takeBatch());
    const abort = (this.#abort = new AbortController());
    const timer = startTimer(() => abort.abort(), this.#options.requestTimeoutMs);
    const answer = await this.#transport(batchBody(batch), abort.signal);
    clearTimeout(timer);
    if (this.#underWay !== batch) return; // taken away meanwhile
    this.#underWay = [];
    this.#settle(batch, answer);
    this.#schedule();
    this.#wake();
  }

  #settle(batch: Queued[], answer: Answer): void {
    const { status } = answer;
    const isOutage = status === 0 || status === 408 || status === 429 || status >= 500;
    this.#refusals = status === 500 ? this.#refusals + 1 : 0;
    if (status >= 200 && status < 300) {
      this.#accepted(batch, answer);
    } else if (isOutage && this.#refusals <= this.#options.maxRetries) {
      this.#again(batch, answer);
      return;
    } else if (status === 413 && batch.length > 1) {
      this.#queue = batch.concat(this.#queue);
      this.#sizes.unshift(Math.ceil(batch.length / 2), Math.floor(batch.length / 2));
      this.#bound();
    } else {
      const kind = isOutage ? 'dropped' : 'rejected';
      this.#refusals = 0;
      this.#counts[kind] += batch.length;
      this.#report({ kind, events: batch.length, reason: `answered ${status}`, status });
    }
    this.#failures = 0;
  }

  #accepted(batch: Queued[], answer: Answer): void {
    const refused = Math.min(answer.rejections.length, batch.length);
    this.#counts.sent += batch.length - refused;
    this.#counts.rejected += refused;
    for (const one of answer.rejections.slice(0, refused)) {
      const reason = String(one.error ?? one.code ?? 'refused');
      this.#report({ kind: 'rejected', events: 1, reason, status: answer.status });
    }
  }

  #again(batch: Queued[], answer: Answer): void {
    const { retryBaseMs, retryMaxMs } = this.#options;
    const pause = Math.min(retryBaseMs * 2 ** this.#failures++, retryMaxMs) * (0.5 + Math.random() / 2);
    const wait = Math.min(Math.max(pause, answer.retryAfterMs ?? 0), kLongestWait);
    this.#pausedUntil = performance.now() + wait;
    this.#queue = batch.concat(this.#queue);
    this.#sizes.unshift(batch.length);
    const reason = answer.status ? `answered ${answer.status}` : `no answer: ${answer.reason ?? ''}`;
    this.#report({ kind: 'retrying', events: batch.length, reason, status: answer.status });
    this.#bound();
  }
}

export function batchBody(batch: Queued[]): string {
  return `{"events":[${batch.map((event) => event.json).join(',')}]}`;
}
