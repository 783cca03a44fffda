/**
 * Outcomes as they finish → outcomes in input order, where that is wanted. What is behind a slow input waits
 * here; the source sees to it that this stays little.
 *
 * @module
 */

import { IndexMap } from "../index_map.ts";

/** Stands for an input that leaves no outcome. */
const NONE = Symbol("none");

/** Hands outcomes on, in order or at once. */
export class InOrder<T> {
  readonly #ordered: boolean;
  readonly #write: (outcome: T) => Promise<unknown> | undefined;
  /** Finished ahead of their turn. */
  readonly #waiting = new IndexMap<T | typeof NONE>();
  #next = 0;

  /** `write` may return a promise when it wants a pause. */
  constructor(ordered: boolean, write: (outcome: T) => Promise<unknown> | undefined) {
    this.#ordered = ordered;
    this.#write = write;
  }

  /** Takes an outcome; `undefined` says that this input has none. Wait for what it returns, if anything. */
  add(index: number, outcome: T | undefined): Promise<unknown> | undefined {
    if (!this.#ordered) return outcome && this.#write(outcome);
    if (index !== this.#next) return void this.#waiting.set(index, outcome ?? NONE);
    this.#next++;
    const full = outcome && this.#write(outcome);
    return this.#waiting.size === 0 ? full : this.#release() ?? full;
  }

  /** Hands on what still waits: the inputs before it will not finish any more. */
  async finish(): Promise<void> {
    for (const [, outcome] of this.#waiting.entries()) {
      if (outcome !== NONE) await this.#write(outcome);
    }
    this.#waiting.clear();
  }

  #release(): Promise<unknown> | undefined {
    let full: Promise<unknown> | undefined;
    for (;;) {
      const outcome = this.#waiting.get(this.#next);
      if (outcome === undefined) return full;
      this.#waiting.delete(this.#next++);
      if (outcome !== NONE) full = this.#write(outcome) ?? full;
    }
  }
}
