/**
 * Names the first failures as they come, and counts the rest. What was denied is named once: others were denied it, too.
 *
 * @module
 */

import type { ErrorText } from "../error_text.ts";
import type { Denied } from "../permissions.ts";
import type { Failure } from "./failure.ts";
import { formatCount } from "./format.ts";
import { failureLine } from "./json_lines.ts";
import { printLine, printObject } from "./terminal.ts";

/** So many are shown one by one. */
const SHOWN = 10;

/** How failures are shown. */
export interface FailuresInit {
  text: ErrorText;
  /** Whether as objects for programs. */
  asObjects: boolean;
  /** Called before one is printed. */
  beforePrinting?(): void;
}

/** The failures of one run. */
export class Failures {
  readonly #init: FailuresInit;
  /** How many failed of what else. */
  #count = 0;
  /** How many failed for want of a permission, and were not shown. */
  readonly #denied = new Map<string, number>();
  /** The accesses of which that was said. */
  readonly #accesses = new Set<string>();

  constructor(init: FailuresInit) {
    this.#init = init;
  }

  /** Shows a failure, or only counts it. `denied` is what it was denied. */
  add(failure: Failure, error: unknown, denied?: Denied): void {
    if (denied !== undefined) return this.#addDenied(failure, error, denied);
    if (this.#count < SHOWN) this.#show(failure, error);
    this.#count++;
  }

  #addDenied(failure: Failure, error: unknown, { permission, access }: Denied): void {
    const counted = this.#denied.get(permission);
    if (this.#accesses.has(access) || this.#accesses.size >= SHOWN) {
      this.#denied.set(permission, (counted ?? 0) + 1);
      return;
    }
    this.#accesses.add(access);
    this.#show(failure, error);
    if (counted !== undefined) return;
    this.#denied.set(permission, 0);
    printLine(
      `polyloop: --allow-${permission} grants that (polyloop help permissions); others that are denied it are only counted`,
    );
  }

  /** Says how many were not shown, with `hint` on how to see them. */
  finish(hint: string): void {
    for (const [name, count] of this.#denied) {
      if (count > 0) printLine(`… and ${formatCount(count)} more for want of --allow-${name}`);
    }
    const more = this.#count - SHOWN;
    if (more > 0) printLine(`… and ${formatCount(more)} more${hint ? ` (${hint})` : ""}`);
  }

  #show(failure: Failure, error: unknown): void {
    const { text, asObjects, beforePrinting } = this.#init;
    beforePrinting?.();
    const line = text.line(error);
    if (!asObjects) return printLine(`${failure.place}: ${line}`);
    const { name, message } = text.record(error);
    printObject(failureLine(failure, { name, message, text: line }));
  }
}
