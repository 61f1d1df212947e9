// Events that wait when the page is left. A request would die with the page; beacons do not, but the browser takes
// only some 64 KB of them at a time. What does not fit, or cannot go while offline, is parked for the next page.

import { batchBody, type Queued, type Sender } from '../core/sender.js';
import { eventsUrl } from '../core/transport.js';
import type { Store } from './storage.js';

const kParked = 'parked';
const kMaxBeacon = 60_000; // bytes
const kMaxParked = 1_000_000; // characters

export class PageExit {
  readonly #sender: Sender;
  readonly #store: Store;
  readonly #url: string;
  /** Events of this page that are parked, and those of earlier pages that this one has taken up. */
  parked = 0;
  adopted = 0;

  constructor(sender: Sender, store: Store, endpoint: string, apiKey?: string) {
    this.#sender = sender;
    this.#store = store;
    this.#url = eventsUrl(endpoint) + (apiKey ? `?api_key=${encodeURIComponent(apiKey)}` : ''); // a beacon has no headers
  }

  /** Sends what waits. `isLast`: the page may not run again, so that what is left is parked. */
  leave(isLast: boolean): void {
    // Nobody tells how a beacon was answered: while answers fail, what waits is safer here.
    const isAway = navigator.onLine === false || this.#sender.isFailing;
    const all = this.#sender.takeAll();
    if (isAway && this.#park(all)) return this.#sender.giveBack(0, []);
    const sent = this.#beacons(all);
    const left = all.slice(sent);
    this.#sender.giveBack(sent, isLast && this.#park(left) ? [] : left);
  }

  /** Takes up what an earlier page, or this one before it was hidden, has parked. */
  unpark(): void {
    const texts = this.#read();
    if (texts.length > 0) this.#store.remove(kParked);
    const own = Math.min(this.parked, texts.length);
    const handedOn = this.parked - own; // another page has taken them up
    this.adopted += texts.length - own;
    this.parked = 0;
    this.#sender.giveBack(
      handedOn,
      texts.map((json) => ({ json, bytes: new TextEncoder().encode(json).length })),
    );
  }

  /** Another page may park only after this one has begun: browsers do not wait for it. */
  unparkOn(event: StorageEvent): void {
    if (event.newValue && event.key && this.#store.isKey(event.key, kParked) && document.visibilityState === 'visible')
      this.unpark();
  }

  /** Deletes what is parked. Returns how many events of this page that were. */
  forget(): number {
    const parked = this.parked;
    this.parked = 0;
    this.#store.remove(kParked);
    return parked;
  }

  /** Returns how many events, from the first on, the browser took over. */
  #beacons(events: Queued[]): number {
    let sent = 0;
    while (sent < events.length) {
      let bytes = 13;
      let end = sent;
      while (end < events.length && (end === sent || bytes + events[end]!.bytes < kMaxBeacon))
        bytes += events[end++]!.bytes + 1;
      const body = new Blob([batchBody(events.slice(sent, end))], { type: 'text/plain' });
      if (!navigator.sendBeacon?.(this.#url, body)) break;
      sent = end;
    }
    return sent;
  }

  #park(events: Queued[]): boolean {
    if (events.length === 0) return false;
    const text = JSON.stringify([...this.#read(), ...events.map((event) => event.json)]);
    const isParked = text.length < kMaxParked && this.#store.keep(kParked, text);
    if (isParked) this.parked += events.length;
    return isParked;
  }

  #read(): string[] {
    try {
      const texts: unknown = JSON.parse(this.#store.get(kParked) ?? '[]');
      return Array.isArray(texts) ? texts.filter((one) => typeof one === 'string') : [];
    } catch {
      return [];
    }
  }
}
