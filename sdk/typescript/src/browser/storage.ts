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
      return this.#memory.get(name) ?? localStorage.getItem(this.#prefix + name);
    } catch {
      return null;
    }
  }

  set(name: string, value: string): void {
    if (this.keep(name, value)) this.#memory.delete(name);
    else this.#memory.set(name, value);
  }

  /** Stores it for after the page is gone, or returns false. */
  keep(name: string, value: string): boolean {
    try {
      localStorage.setItem(this.#prefix + name, value);
      return true;
    } catch {
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
