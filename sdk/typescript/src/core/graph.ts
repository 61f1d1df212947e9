// The application as a graph: nodes that somebody is in, transitions between them, and the state they see there.
// journey_graph(project, node => 'step') shows what was walked, state_at(project, session, sequence) the state.

import type { Client } from './client.js';
import type { EventFields } from './event.js';

const kMaxStates = 200; // keys whose last value is remembered

export class Graph {
  readonly #client: Client;
  readonly #states = new Map<string, string>();
  #node: string | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Where the user is now; undefined before the first node. */
  get node(): string | undefined {
    return this.#node;
  }

  /** The user is in a node: a screen, a dialog, a step. Entering the node that one is in is no event. */
  enterNode(id: string, fields?: EventFields): void {
    if (id === this.#node) return;
    this.#enter(id, 'node_enter', fields);
  }

  /** The user went from the current node to another one, by what `trigger` names. Going in a circle counts. */
  transition(to: string, trigger?: string, fields?: EventFields): void {
    this.#enter(to, 'node_transition', { 'ui.action': trigger, ...fields });
  }

  /** A piece of state has a new value, of any shape; undefined removes it. The same value again is no event. */
  setState(key: string, value: unknown, fields?: EventFields): void {
    const before = this.#states.get(key);
    const after = asJson(value);
    if (before === after) return;
    this.#states.delete(key);
    if (after !== undefined) this.#states.set(key, after);
    if (this.#states.size > kMaxStates) this.#states.delete(this.#states.keys().next().value!);
    this.#client.track('state.change', {
      'ui.state.key': key,
      'ui.state.before': before,
      'ui.state.after': after,
      'ui.state.change_type': before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
      'gen_ai.journey.step.id': this.#node,
      ...fields,
    });
  }

  /** A note on the node that the user is in. */
  annotate(metadata: Record<string, unknown>): void {
    this.#client.track('custom', { 'event.name': 'annotation', 'gen_ai.journey.step.id': this.#node, metadata });
  }

  #enter(id: string, name: string, fields?: EventFields): void {
    const from = this.#node;
    this.#node = id;
    this.#client.track('journey.step', {
      'event.name': name,
      'gen_ai.journey.step.id': id,
      ...fields,
      metadata: { from, ...fields?.metadata },
    });
  }
}

/** Undefined for what JSON does not have. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one));
  } catch {
    return undefined;
  }
}
