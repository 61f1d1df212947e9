// Clicks on what can be clicked, and forms that are submitted: where, never what was typed.

import type { BrowserClient } from './client.js';
import { describe, interactive, isIgnored, targetOf } from './element.js';
import { listen, type Undo } from './listeners.js';

export function captureActions(client: BrowserClient): Undo {
  const undo = [
    listen<MouseEvent>(document, 'click', (event) => {
      const target = targetOf(event);
      const element = target && interactive(target);
      if (element) client.track('ui.click', { 'ui.action': 'click', ...describe(element) });
    }),
    listen<SubmitEvent>(document, 'submit', (event) => {
      const form = targetOf(event);
      if (!form || isIgnored(form)) return;
      client.track('ui.submit', {
        'ui.action': 'submit',
        ...describe(form),
        'ui.element.text': undefined,
        metadata: { fields: (form as HTMLFormElement).elements?.length },
      });
    }),
  ];
  return () => undo.forEach((one) => one());
}
