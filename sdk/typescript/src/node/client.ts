// The client of a service in Node.js.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Client, type ClientOptions } from '../core/client.js';
import { journey, type Journey } from '../core/journey.js';
import { contextFields } from './context.js';

const compress = promisify(gzip) as unknown as (
  text: string,
  options: { level: number },
) => Promise<Uint8Array<ArrayBuffer>>;

export class NodeClient extends Client {
  // Once: a collector that does not answer must not keep the process alive.
  readonly #beforeExit = (): void => void this.flush(this.options.closeTimeoutMs ?? 5000);

  constructor(options: ClientOptions) {
    super(options, { fields: contextFields, gzip: (text) => compress(text, { level: 1 }) });
    process.once('beforeExit', this.#beforeExit);
  }

  journey(id: string): Journey {
    return journey(this, id);
  }

  override close(): Promise<void> {
    process.off('beforeExit', this.#beforeExit);
    return super.close();
  }
}

/** One client a process. A process that ends by itself flushes; one that is stopped by a signal has to await close(). */
export function createClient(options: ClientOptions): NodeClient {
  return new NodeClient(options);
}

/**
 * Settings from PRODUCTGRAPH_ENABLED (false), _PROJECT_ID, _ENDPOINT, _API_KEY, _BATCH_SIZE (50) and _BATCH_INTERVAL (`5s`, `500ms`;
 * a bare number is seconds). `options` wins over them.
 */
export function clientFromEnvironment(options: Partial<ClientOptions> = {}): NodeClient {
  const of = (name: string): string | undefined => process.env[`PRODUCTGRAPH_${name}`] || undefined;
  return createClient({
    enabled: /^(1|t|true|yes|on)$/i.test(of('ENABLED') ?? ''),
    projectId: of('PROJECT_ID') ?? '',
    endpoint: of('ENDPOINT') ?? '',
    apiKey: of('API_KEY'),
    batchSize: positive(of('BATCH_SIZE')),
    batchIntervalMs: milliseconds(of('BATCH_INTERVAL')),
    ...options,
  });
}

function positive(text: string | undefined): number | undefined {
  const value = Math.floor(Number(text));
  return value > 0 ? value : undefined;
}

const kUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, '': 1000 };

function milliseconds(text = ''): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|)$/.exec(text) ?? [];
  const ms = Number(amount) * (kUnits[unit ?? ''] ?? NaN);
  return ms > 0 ? ms : undefined;
}
