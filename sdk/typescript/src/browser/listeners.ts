// Listeners and patches that can be taken back.

export type Undo = () => void;

/** Runs `handle` on the events named. Whatever it throws stays here: the page must not notice us. */
export function listen<E extends globalThis.Event>(
  target: EventTarget,
  names: string,
  handle: (event: E) => void,
  options: AddEventListenerOptions = { capture: true, passive: true },
): Undo {
  const safe = (event: globalThis.Event): void => quietly(() => handle(event as E));
  for (const name of names.split(' ')) target.addEventListener(name, safe, options);
  return () => {
    for (const name of names.split(' ')) target.removeEventListener(name, safe, options);
  };
}

export function quietly(run: () => void): void {
  try {
    run();
  } catch {
    // Ours to lose, never the page's.
  }
}

/** Replaces a method until undone; somebody else's later patch is left in place. */
export function patch<T extends object, K extends keyof T>(target: T, name: K, wrap: (original: T[K]) => T[K]): Undo {
  const original = target[name];
  const wrapped = wrap(original);
  target[name] = wrapped;
  return () => {
    if (target[name] === wrapped) target[name] = original;
  };
}
