/**
 * The slowest inputs.
 *
 * @module
 */

import type { Example } from "./example.ts";

/** Number of inputs that are kept. A guess: as many as people read. */
const MAX = 20;

/** A slow input. */
export interface Slow extends Example {
  ms: number;
  ok: boolean;
  /** Milliseconds since the run began. */
  start: number;
}

/** Keeps the slowest inputs. */
export class Slowest {
  /** The slowest first. */
  readonly #found: Slow[] = [];

  /** Adds an input. `slow` is called only if it is among the slowest so far. */
  add(ms: number, slow: () => Slow): void {
    const found = this.#found;
    if (found.length === MAX && ms <= found[MAX - 1].ms) return;
    let at = found.length;
    while (at > 0 && found[at - 1].ms < ms) at--;
    found.splice(at, 0, slow());
    found.length = Math.min(found.length, MAX);
  }

  /** The inputs, the slowest first. */
  list(): Slow[] {
    return [...this.#found];
  }
}
