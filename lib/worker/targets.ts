/**
 * The functions that a worker was told to run, by the numbers that stand for them in messages.
 *
 * @module
 */

import { type ErrorData, toErrorData } from "../wire/error_data.ts";
import type { TargetSpec } from "../wire/message.ts";
import { resolveTarget, type Target, type TargetSource } from "./target.ts";

/** A function, or why there is none. */
export type ResolvedTarget = { found: Target; error: undefined } | { found: undefined; error: ErrorData };

/** The targets of one worker. */
export class Targets {
  readonly #targets: ResolvedTarget[] = [];

  /** From now on, `number` stands for the target of `spec`. */
  set(number: number, spec: TargetSpec, source: TargetSource): void {
    try {
      this.#targets[number] = { found: resolveTarget(spec, source), error: undefined };
    } catch (error) {
      this.#targets[number] = { found: undefined, error: toErrorData(error) };
    }
  }

  /** What a number stands for. */
  get(number: number): ResolvedTarget {
    return this.#targets[number];
  }
}
