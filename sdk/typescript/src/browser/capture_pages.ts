// Page views: the first one, and each change of the path through history or hash routes; and how long each was open.

import type { BrowserClient } from './client.js';
import { listen, patch, quietly, type Undo } from './listeners.js';
import { pagePath } from './page_path.js';

export function capturePages(client: BrowserClient): Undo {
  let path = '';
  let title = '';
  let since = 0;
  let from = document.referrer;

  const leave = (): void => {
    if (path) client.track('page.leave', { 'page.path': path, duration_ms: Math.round(performance.now() - since) });
    path = '';
  };
  const look = (): void => {
    const now = pagePath();
    if (now === path) return;
    const before = path && location.origin + path;
    leave();
    path = now;
    since = performance.now();
    client.track('page.view', {
      // Routers change the path before the title: the page before is not this one's title.
      'page.title': document.title === title ? undefined : (title = document.title),
      'page.referrer': before || from || undefined,
      'ui.viewport': `${innerWidth}x${innerHeight}`,
    });
    from = '';
  };

  const afterwards = <F extends (this: History, ...args: never[]) => void>(original: F): F =>
    function (this: History, ...args: never[]) {
      original.apply(this, args);
      quietly(look);
    } as F;

  const undo = [
    patch(history, 'pushState', afterwards),
    patch(history, 'replaceState', afterwards),
    listen(window, 'popstate hashchange', look),
    // Back out of the browser's cache, the page is viewed again.
    listen<PageTransitionEvent>(window, 'pageshow', (event) => event.persisted && look()),
    client.beforeLeaving((isLast) => isLast && leave()),
  ];
  look();
  return () => undo.forEach((one) => one());
}
