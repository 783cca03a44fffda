/** The slowest inputs. */

import type { Listed } from "./inputs.ts";

/** Number of inputs that are kept. A guess: as many as people read. */
const MAX = 20;

/** Keeps the slowest inputs. */
export class Slowest {
  /** The slowest first. */
  readonly #found: Listed[] = [];

  /** Adds an input. `listed` is called only if it is among the slowest so far. */
  add(ms: number, listed: () => Listed): void {
    const found = this.#found;
    if (found.length === MAX && ms <= found[MAX - 1].ms) return;
    let at = found.length;
    while (at > 0 && found[at - 1].ms < ms) at--;
    found.splice(at, 0, listed());
    found.length = Math.min(found.length, MAX);
  }

  /** The inputs, the slowest first. */
  list(): Listed[] {
    return [...this.#found];
  }
}
