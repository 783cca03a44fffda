/**
 * Outcomes as they finish → outcomes in input order, where that is wanted. What is behind a slow input waits
 * here; the source sees to it that this stays little.
 *
 * @module
 */

/** Hands outcomes on, in order or at once. */
export class InOrder<T> {
  readonly #ordered: boolean;
  readonly #write: (outcome: T) => Promise<unknown> | undefined;
  /** Finished ahead of their turn; `undefined` for an input that leaves no outcome. */
  readonly #waiting = new Map<number, T | undefined>();
  #next = 0;

  /** `write` may return a promise when it wants a pause. */
  constructor(ordered: boolean, write: (outcome: T) => Promise<unknown> | undefined) {
    this.#ordered = ordered;
    this.#write = write;
  }

  /** Takes an outcome; `undefined` says that this input has none. Wait for what it returns, if anything. */
  add(index: number, outcome: T | undefined): Promise<unknown> | undefined {
    if (!this.#ordered) return outcome && this.#write(outcome);
    if (index !== this.#next) return void this.#waiting.set(index, outcome);
    this.#next++;
    const full = outcome && this.#write(outcome);
    return this.#waiting.size === 0 ? full : this.#release() ?? full;
  }

  /** Hands on what still waits: the inputs before it will not finish any more. */
  async finish(): Promise<void> {
    const indices = [...this.#waiting.keys()].sort((one, other) => one - other);
    for (const index of indices) {
      const outcome = this.#waiting.get(index);
      if (outcome) await this.#write(outcome);
    }
    this.#waiting.clear();
  }

  #release(): Promise<unknown> | undefined {
    let full: Promise<unknown> | undefined;
    while (this.#waiting.has(this.#next)) {
      const outcome = this.#waiting.get(this.#next);
      this.#waiting.delete(this.#next++);
      full = (outcome && this.#write(outcome)) ?? full;
    }
    return full;
  }
}
