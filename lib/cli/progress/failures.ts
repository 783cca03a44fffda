/**
 * Shows the first failures as they happen, and counts the rest. A denied access is shown once, because most other inputs
 * fail of the same denial.
 */

import type { ErrorText } from "../task/error_text.ts";
import type { Denied } from "../task/denied.ts";
import { formatCount } from "./format.ts";
import { type Failure, failureLine } from "./json_lines.ts";
import { printLine, printObject } from "./terminal.ts";

/** Number of failures that are shown. The rest are counted. */
const SHOWN = 10;

interface FailuresInit {
  text: ErrorText;
  asObjects: boolean;
  /** Whether the tasks run on the workers of a broker, which have permissions of their own. */
  isOverBroker?: boolean;
  beforePrinting?(): void;
}

export class Failures {
  readonly #init: FailuresInit;
  /** Number of failures that no denied permission caused. */
  #count = 0;
  readonly #denied = new Map<string, number>();
  readonly #accesses = new Set<string>();

  constructor(init: FailuresInit) {
    this.#init = init;
  }

  /** Shows a failure, or only counts it. `denied` is the access that was denied, if that caused it. */
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
    const flag = `--allow-${permission}${this.#init.isOverBroker ? " of polyloop worker" : ""}`;
    printLine(
      `polyloop: ${flag} grants this (polyloop help permissions); further failures for this reason are only counted`,
    );
  }

  /** Prints how many failures were not shown. `hint` says how to see them. */
  finish(hint: string): void {
    for (const [name, count] of this.#denied) {
      if (count === 0) continue;
      const inputs = `${formatCount(count)} more ${count === 1 ? "input" : "inputs"}`;
      printLine(`… and ${inputs} failed for the same reason: --allow-${name} is not granted`);
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
