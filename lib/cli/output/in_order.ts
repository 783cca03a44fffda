/**
 * Outcomes as they finish → outcomes in input order, where that is wanted. What is behind a slow input waits
 * here; the source sees to it that this stays little.
 *
 * @module
 */

import { IndexMap } from "../run/index_map.ts";

/** Stands for inputs that leave no outcome. */
const NONE = Symbol("none");

/** Hands outcomes on, in order or at once. */
export class InOrder<T> {
  readonly #ordered: boolean;
  readonly #write: (outcome: T) => Promise<unknown> | undefined;
  /** Finished ahead of their turn: of one input each, */
  readonly #ones = new IndexMap<T | typeof NONE>();
  /** and of several, by the first. */
  readonly #several = new Map<number, { outcome: T; count: number }>();
  #next = 0;

  /** `write` may return a promise when it wants a pause. */
  constructor(ordered: boolean, write: (outcome: T) => Promise<unknown> | undefined) {
    this.#ordered = ordered;
    this.#write = write;
  }

  /** Takes an outcome; `undefined` says that this input has none. Wait for what it returns, if anything. */
  add(index: number, outcome: T | undefined): Promise<unknown> | undefined {
    if (!this.#ordered) return outcome && this.#write(outcome);
    if (index !== this.#next) return void this.#ones.set(index, outcome ?? NONE);
    this.#next++;
    const full = outcome && this.#write(outcome);
    return this.#release() ?? full;
  }

  /** The same, of `count` inputs from `index` on. */
  addSeveral(index: number, outcome: T, count: number): Promise<unknown> | undefined {
    if (!this.#ordered) return this.#write(outcome);
    if (index !== this.#next) return void this.#several.set(index, { outcome, count });
    this.#next += count;
    const full = this.#write(outcome);
    return this.#release() ?? full;
  }

  /** Hands on what still waits: the inputs before it will not finish any more. */
  async finish(): Promise<void> {
    const several = [...this.#several].map(([index, { outcome }]) => [index, outcome] as [number, T]);
    const rest = [...this.#ones.entries(), ...several].sort(([one], [other]) => one - other);
    for (const [, outcome] of rest) if (outcome !== NONE) await this.#write(outcome);
    this.#ones.clear();
    this.#several.clear();
  }

  #release(): Promise<unknown> | undefined {
    let full: Promise<unknown> | undefined;
    while (this.#ones.size > 0 || this.#several.size > 0) {
      const one = this.#ones.get(this.#next);
      const several = one === undefined ? this.#several.get(this.#next) : undefined;
      if (one === undefined && several === undefined) break;
      if (one !== undefined) this.#ones.delete(this.#next);
      else this.#several.delete(this.#next);
      this.#next += several?.count ?? 1;
      const outcome = several?.outcome ?? one as T | typeof NONE;
      if (outcome !== NONE) full = this.#write(outcome) ?? full;
    }
    return full;
  }
}
