/**
 * The inputs that took longest.
 *
 * @module
 */

import type { Example } from "./example.ts";

const MOST = 20;

/** One of them. */
export interface Slow extends Example {
  ms: number;
  ok: boolean;
  /** Milliseconds since the run began. */
  start: number;
}

/** Keeps a few of many. */
export class Slowest {
  /** The slowest first. */
  readonly #found: Slow[] = [];

  /** `slow` is asked where it is one of them. */
  add(ms: number, slow: () => Slow): void {
    const found = this.#found;
    if (found.length === MOST && ms <= found[MOST - 1].ms) return;
    let at = found.length;
    while (at > 0 && found[at - 1].ms < ms) at--;
    found.splice(at, 0, slow());
    found.length = Math.min(found.length, MOST);
  }

  list(): Slow[] {
    return [...this.#found];
  }
}
