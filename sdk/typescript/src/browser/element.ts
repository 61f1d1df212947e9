// How an element of the page is described, and what of it is private.
//   data-pg-component="Cart"   names a component: a part of the path of everything in it
//   data-pg-name="buy"         names an element
//   data-pg-mask               texts below are not sent
//   data-pg-ignore             nothing below is captured

import type { EventFields } from '../core/event.js';

const kInteractive =
  'a,button,input,select,textarea,summary,label,[role=button],[role=link],[role=tab],[role=menuitem],[data-pg-name]';
const kTyped = 'input,textarea,select,[contenteditable]';
const kMaxPath = 10; // elements
const kMaxText = 100; // characters

/** Where an event began, also inside of a shadow tree. */
export function targetOf(event: globalThis.Event): Element | undefined {
  const target = event.composedPath()[0];
  return target instanceof Element ? target : undefined;
}

/** The element that somebody meant who clicked on this one; undefined when that is nothing or private. */
export function interactive(target: Element): Element | undefined {
  const element = target.closest(kInteractive);
  return element && !isIgnored(element) ? element : undefined;
}

export function isIgnored(element: Element): boolean {
  return element.closest('[data-pg-ignore]') !== null;
}

export function describe(element: Element): EventFields {
  const component = element.closest('[data-pg-component]');
  return {
    'ui.component.name': component?.getAttribute('data-pg-component') ?? undefined,
    'ui.component.path': pathOf(element),
    'ui.component.type': element.getAttribute('role') ?? element.localName,
    'ui.element': nameOf(element),
    'ui.element.text': textOf(element),
    'ui.viewport': `${innerWidth}x${innerHeight}`,
  };
}

function nameOf(element: Element): string {
  const name = ['data-pg-name', 'id', 'name'].map((attribute) => element.getAttribute(attribute)).find(Boolean);
  return name ?? element.localName;
}

function pathOf(element: Element): string {
  const path: string[] = [];
  for (let at: Element | null = element; at && at !== document.body && path.length < kMaxPath; at = at.parentElement) {
    path.unshift(at.getAttribute('data-pg-component') ?? (at.id ? `${at.localName}#${at.id}` : at.localName));
  }
  return path.join('>');
}

/** What is written on it; never what somebody has typed. */
function textOf(element: Element): string | undefined {
  if (element.matches(kTyped) || element.querySelector(`${kTyped},[data-pg-mask]`) || element.closest('[data-pg-mask]'))
    return undefined;
  const text = (element.textContent || element.getAttribute('aria-label') || '').trim().replace(/\s+/g, ' ');
  return text.slice(0, kMaxText) || undefined;
}
