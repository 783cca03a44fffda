/**
 * Names the first failures as they come, and counts the rest.
 *
 * @module
 */

import { formatCount } from "./format.ts";

/** So many are shown one by one. */
const SHOWN = 10;

/** The failures of one run. */
export class Failures {
  readonly #print: (line: string) => void;
  #count = 0;

  /** `print` receives each line to show. */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Whether the next one would be shown: finding out what to say of it has its cost. */
  get wanted(): boolean {
    return this.#count < SHOWN;
  }

  /** Shows a failure, with where its input stands, or only counts it. */
  add(place: string, text: () => string): void {
    if (this.wanted) this.#print(`${place}: ${text()}`);
    this.#count++;
  }

  /** Says how many were not shown, with `hint` on how to see them. */
  finish(hint: string): void {
    const more = this.#count - SHOWN;
    if (more > 0) this.#print(`… and ${formatCount(more)} more${hint ? ` (${hint})` : ""}`);
  }
}
