// The session of this browser: shared by its tabs, kept across reloads, over after so long without an event.

import type { Store } from './storage.js';

const kSession = 'session'; // "id last-event-ms sequence"
const kAnonymous = 'anonymous';

export class Session {
  readonly #store: Store;
  readonly #newId: () => string;
  readonly #timeoutMs: number;
  #anonymous = '';

  constructor(store: Store, newId: () => string, timeoutMs: number) {
    this.#store = store;
    this.#newId = newId;
    this.#timeoutMs = timeoutMs;
  }

  /** The session that an event at `now` belongs to, and its number in it, from 1. Other tabs see both. */
  next(now: number): { id: string; sequence: number } {
    const { id, sequence } = this.#at(now);
    this.#store.set(kSession, `${id} ${now} ${sequence + 1}`);
    return { id, sequence: sequence + 1 };
  }

  /** The session at `now`, which may begin with that. */
  current(now: number): string {
    const { id, sequence } = this.#at(now);
    if (sequence === 0) this.#store.set(kSession, `${id} ${now} 0`);
    return id;
  }

  /** Whoever this is, until they clear their browser's storage or withdraw consent. */
  get anonymousId(): string {
    this.#anonymous ||= this.#store.get(kAnonymous) ?? '';
    if (!this.#anonymous) this.#store.set(kAnonymous, (this.#anonymous = this.#newId()));
    return this.#anonymous;
  }

  forget(): void {
    this.#anonymous = '';
    this.#store.remove(kSession);
    this.#store.remove(kAnonymous);
  }

  #at(now: number): { id: string; sequence: number } {
    const [id, last, sequence] = (this.#store.get(kSession) ?? '').split(' ');
    const isOver = !id || !(Math.abs(now - Number(last)) <= this.#timeoutMs);
    return isOver ? { id: this.#newId(), sequence: 0 } : { id, sequence: Number(sequence) || 0 };
  }
}
