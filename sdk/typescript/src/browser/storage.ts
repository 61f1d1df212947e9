// localStorage where there is one: private windows and blocked cookies make it throw, and then memory has to do.

export class Store {
  readonly #prefix: string;
  readonly #memory = new Map<string, string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Whether a key of localStorage, as its events name it, is `name` here. */
  isKey(key: string, name: string): boolean {
    return key === this.#prefix + name;
  }

  get(name: string): string | null {
    try {
      return localStorage.getItem(this.#prefix + name) ?? this.#memory.get(name) ?? null;
    } catch {
      return this.#memory.get(name) ?? null;
    }
  }

  /** Whether it will be there after the page is gone. */
  set(name: string, value: string): boolean {
    try {
      localStorage.setItem(this.#prefix + name, value);
      this.#memory.delete(name);
      return true;
    } catch {
      this.#memory.set(name, value);
      return false;
    }
  }

  remove(name: string): void {
    this.#memory.delete(name);
    try {
      localStorage.removeItem(this.#prefix + name);
    } catch {
      // Nothing was stored.
    }
  }
}
