/**
 * Names the first failures as they come, and counts the rest. What was denied is named once: others were denied it, too.
 *
 * @module
 */

import type { Denied } from "../permissions.ts";
import { formatCount } from "./format.ts";

/** So many are shown one by one. */
const SHOWN = 10;

/** The failures of one run. */
export class Failures {
  readonly #print: (line: string) => void;
  /** How many failed of what else. */
  #count = 0;
  /** How many failed for want of a permission, and were not shown. */
  readonly #denied = new Map<string, number>();
  /** The accesses of which that was said. */
  readonly #accesses = new Set<string>();

  /** `print` receives each line to show. */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Whether the next one would be shown: finding out what to say of it has its cost. */
  get wanted(): boolean {
    return this.#count < SHOWN;
  }

  /** Shows a failure, with where its input stands, or only counts it. `denied` is what it was denied. */
  add(place: string, text: () => string, denied?: Denied): void {
    if (denied !== undefined) return this.#addDenied(place, text, denied);
    if (this.wanted) this.#print(`${place}: ${text()}`);
    this.#count++;
  }

  #addDenied(place: string, text: () => string, { permission, access }: Denied): void {
    const counted = this.#denied.get(permission);
    if (this.#accesses.has(access) || this.#accesses.size >= SHOWN) {
      this.#denied.set(permission, (counted ?? 0) + 1);
      return;
    }
    this.#accesses.add(access);
    this.#print(`${place}: ${text()}`);
    if (counted !== undefined) return;
    this.#denied.set(permission, 0);
    this.#print(
      `polyloop: --allow-${permission} grants that (polyloop help permissions); others that are denied it are only counted`,
    );
  }

  /** Says how many were not shown, with `hint` on how to see them. */
  finish(hint: string): void {
    for (const [name, count] of this.#denied) {
      if (count > 0) this.#print(`… and ${formatCount(count)} more for want of --allow-${name}`);
    }
    const more = this.#count - SHOWN;
    if (more > 0) this.#print(`… and ${formatCount(more)} more${hint ? ` (${hint})` : ""}`);
  }
}
