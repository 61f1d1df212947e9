// A journey as somebody goes through it: steps that are entered, finished or left, and how it ends.

import type { EventFields } from './event.js';
import type { Client } from './client.js';

export interface Journey {
  /** A step is entered; the one before, if any, is thereby completed. */
  step(id: string, name?: string, fields?: EventFields): void;
  /** The journey has reached its end. */
  complete(fields?: EventFields): void;
  /** It was given up, in the step entered last. */
  abandon(fields?: EventFields): void;
}

export function journey(client: Client, id: string): Journey {
  let current: EventFields | undefined;
  let since = 0;

  const leave = (name: string, fields?: EventFields): void => {
    if (!current) return;
    client.track('journey.step', {
      ...current,
      'event.name': name,
      duration_ms: Math.round(performance.now() - since),
      ...fields,
    });
    current = undefined;
  };
  const end = (status: string, fields?: EventFields): void =>
    client.track('journey.conversion', {
      'gen_ai.journey.id': id,
      'event.name': 'journey_conversion',
      'gen_ai.journey.conversion.status': status,
      ...fields,
    });

  return {
    step(stepId, name, fields) {
      leave('journey_step_complete');
      current = { 'gen_ai.journey.id': id, 'gen_ai.journey.step.id': stepId, 'gen_ai.journey.step.name': name };
      since = performance.now();
      client.track('journey.step', { ...current, 'event.name': 'journey_step_enter', ...fields });
    },
    complete(fields) {
      leave('journey_step_complete');
      end('converted', fields);
    },
    abandon(fields) {
      leave('journey_step_abandon', fields);
    },
  };
}
