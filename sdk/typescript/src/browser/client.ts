// The client of a page: adds session, visitor and page to events, sends what waits when the page is left, and
// captures by itself what it is asked to.

import { Client, type ClientOptions } from '../core/client.js';
import { eventIds } from '../core/event_id.js';
import type { EventFields } from '../core/event.js';
import { Graph } from '../core/graph.js';
import { journey, type Journey } from '../core/journey.js';
import type { Statistics } from '../core/problem.js';
import { listen, quietly, type Undo } from './listeners.js';
import { PageExit } from './page_exit.js';
import { pagePath } from './page_path.js';
import { Session } from './session.js';
import { Store } from './storage.js';

/** Something that tracks by itself; returns how to end it. */
export type Capture = (client: BrowserClient) => Undo;

export interface BrowserOptions extends ClientOptions {
  /** What is tracked without being told; nothing by default. `captureAll` is all there is. */
  capture?: readonly Capture[] | undefined;
  /** Without an event for so long, the next one begins a new session. Default 30 minutes. */
  sessionTimeoutMs?: number | undefined;
  /** Other origins (`https://api.example.com`) that take the headers X-Session-ID and X-Request-ID. */
  correlate?: readonly string[] | undefined;
}

const kSessionTimeout = 30 * 60 * 1000; // ms

export class BrowserClient extends Client {
  declare readonly options: BrowserOptions;
  readonly graph = new Graph(this);
  /** Makes ids like those of events, for requests. */
  readonly newId: () => string;
  readonly #now: () => number;
  readonly #session: Session;
  readonly #exit: PageExit;
  readonly #hooks = new Set<(isLast: boolean) => void>();
  #undo: Undo[] = [];

  constructor(options: BrowserOptions) {
    const now = options.now ?? Date.now;
    const newId = eventIds(now);
    const store = new Store(`pg.${options.projectId}.`);
    const session = new Session(store, newId, options.sessionTimeoutMs ?? kSessionTimeout);
    super(options, { fields: () => pageFields(session, now()) });
    this.newId = newId;
    this.#now = now;
    this.#session = session;
    this.#exit = new PageExit(this.sender, store, options.endpoint, options.apiKey);
    quietly(() => this.#start());
  }

  /** The current session; empty without consent. What another system needs to send events of the same session. */
  get sessionId(): string {
    return this.consent ? this.#session.current(this.#now()) : '';
  }

  journey(id: string): Journey {
    return journey(this, id);
  }

  /** Runs when the page is hidden, before what waits is sent; `isLast` when the page may not run again. */
  beforeLeaving(hook: (isLast: boolean) => void): Undo {
    this.#hooks.add(hook);
    return () => this.#hooks.delete(hook);
  }

  /** Without consent nothing stays in the browser's storage, either. */
  override setConsent(allowed: boolean): void {
    super.setConsent(allowed);
    if (allowed) return;
    for (let parked = this.#exit.forget(); parked > 0; parked--) this.sender.count('discarded');
    this.#session.forget();
  }

  override close(): Promise<void> {
    this.#undo.forEach((undo) => quietly(undo));
    this.#undo = [];
    return super.close();
  }

  override get statistics(): Statistics {
    const all = super.statistics;
    return { ...all, tracked: all.tracked + this.#exit.adopted, queued: all.queued + this.#exit.parked };
  }

  #start(): void {
    this.#undo = [
      listen(document, 'visibilitychange', () =>
        document.visibilityState === 'hidden' ? this.#leave(false) : this.#return(),
      ),
      listen(window, 'pagehide', () => this.#leave(true)),
      listen<PageTransitionEvent>(window, 'pageshow', (event) => event.persisted && this.#return()),
      listen<StorageEvent>(window, 'storage', (event) => this.consent && this.#exit.unparkOn(event)),
      listen(window, 'online', () => this.sender.hurry()),
    ];
    this.#return();
    for (const capture of this.options.capture ?? []) quietly(() => this.#undo.push(capture(this)));
  }

  #leave(isLast: boolean): void {
    for (const hook of this.#hooks) quietly(() => hook(isLast));
    if (this.consent) this.#exit.leave(isLast);
  }

  #return(): void {
    if (this.consent) this.#exit.unpark();
  }
}

function pageFields(session: Session, now: number): EventFields {
  const { id, sequence } = session.next(now);
  return {
    'session.id': id,
    'event.sequence': sequence,
    'user.anonymous_id': session.anonymousId,
    'page.path': pagePath(),
    'page.url': location.href,
  };
}
