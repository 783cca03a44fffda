/** `node:events`, as far as commander uses it. */

type Listener = (...given: unknown[]) => void;

export class EventEmitter {
  readonly #listeners = new Map<string, Listener[]>();

  on(name: string, listener: Listener): this {
    this.#listeners.set(name, [...this.#of(name), listener]);
    return this;
  }

  emit(name: string, ...given: unknown[]): boolean {
    const listeners = this.#of(name);
    for (const listener of listeners) listener.apply(this, given);
    return listeners.length > 0;
  }

  listenerCount(name: string): number {
    return this.#of(name).length;
  }

  #of(name: string): Listener[] {
    return this.#listeners.get(name) ?? [];
  }
}
