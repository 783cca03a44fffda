/** The functions that a worker was told to run, by their numbers in messages. */

import { type ErrorData, toErrorData } from "../wire/error_data.ts";
import type { TargetSpec } from "../wire/encoding.ts";
import { resolveTarget, type Target, type TargetSource } from "./target.ts";

/** A function, or the error why there is none. */
type ResolvedTarget = { found: Target; error: undefined } | { found: undefined; error: ErrorData };

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

  get(number: number): ResolvedTarget {
    return this.#targets[number];
  }
}
